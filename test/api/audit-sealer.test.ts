import { createHmac } from 'node:crypto';
import { AuditSealer } from '../../src/audit/audit-sealer';
import { readPrintout, printed } from '../../src/audit/audit-printout';
import { verifyAuditTrail } from '../../src/audit/audit-verifier';
import { operator } from '../../src/audit/audit-event';
import { AuditHeadRow } from '../../src/audit/audit-head.entity';
import { AuditEventRow } from '../../src/audit/audit.entity';
import type { Database } from '../../src/database/database';
import { Lease } from '../../src/database/lease';
import type { Transaction } from '../../src/database/transaction';
import { readStatedPlaces } from '../../src/keys/stated-places';
import { createAgency } from '../../src/people/enrol';
import { newId } from '../../src/platform/ids';
import { readVaultKey } from '../../src/vault/vault-keys';
import { BRIGHTLINE, HARBOR, NEVER_GIVEN_OUT } from '../demo-ids';
import { until } from '../e2e/process';
import { writingThrough } from '../database';
import { startTestApp, type TestApp } from '../harness';
import { CREATE_CLIENT, SET_CLIENT } from '../operations';
import { whenChained } from '../../src/upkeep';

const NORTHWIND = '01900000-0000-7000-8000-000000000002';
const EVENTS_OF_DEMO = 6;

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

const create = (name: string, as?: 'otherAgencyAdmin') =>
  running.data(CREATE_CLIENT, { input: { name } }, as);
const set = () =>
  running.data(SET_CLIENT, {
    input: { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey: 'key_of_test_0123456' }] },
  });
const write = (sql: string, ...values: unknown[]) => running.app.database.write((tx) => tx.run(sql, values));
const unchained = () =>
  running.app.database.read.rows<{ id: string }>(
    'SELECT id FROM audit_events WHERE sequence IS NULL ORDER BY id',
  );
const isChained = async () => (await unchained()).length === 0;

async function reports() {
  const { database, audit, vault } = running.app;
  const places = (id: string) => readStatedPlaces(database.read, vault.placeMacs, id);
  const all = [];
  for await (const report of verifyAuditTrail(database, audit, places)) all.push(report);
  return all;
}
const faults = async () => (await reports()).flatMap((report) => report.faults);

/** Lets another instance take the lease. */
const goOn = () => write('UPDATE leases SET expiresAt = ?', new Date(0));

test('events are chained within two seconds, and nobody has to ask for it', async () => {
  running.app.upkeep.sealer.start();
  await create('One');
  const [event] = await running.app.database.read.find(AuditEventRow, { order: { id: 'DESC' }, take: 1 });
  await until(isChained);
  expect(Date.now() - (event?.at.getTime() ?? 0)).toBeLessThan(2_000);
});

test('an instance that ends leaves no event unchained and the lease to others', async () => {
  const second = await running.another();
  await second.data(CREATE_CLIENT, { input: { name: 'One' } });
  await Promise.all([second.close(), running.chained()]);
  expect(await isChained()).toBe(true);
});

describe('audit:verify, of events that are not chained yet,', () => {
  test('tells how many there are and how old', async () => {
    await create('One');
    await set();
    const [report] = await reports();
    expect(report).toMatchObject({
      events: EVENTS_OF_DEMO + 2,
      end: { sequence: EVENTS_OF_DEMO },
      faults: [],
    });
    const [line = ''] = report ? printed(report) : [];
    expect(line).toMatch(
      /; 2 not chained yet, the youngest \d+\.\d s and the oldest \d+\.\d s old; the last is 6 /,
    );
    expect(readPrintout(line).get(BRIGHTLINE)?.sequence).toBe(EVENTS_OF_DEMO);
  });

  test.each(['type', 'actorName', 'actorId', 'clientId', 'details', 'requestId', 'sourceAddress', 'hash'])(
    'finds an altered %s, which is never chained',
    async (column) => {
      await create('One');
      await write(`UPDATE audit_events SET ${column} = 'x' WHERE sequence IS NULL`);
      const [{ id } = { id: '' }] = await unchained();
      const found = [`the unchained event ${id} is not as it was written`];
      expect(await faults()).toEqual(found);
      await create('Two', 'otherAgencyAdmin');
      for (let round = 0; round < 2; round += 1) await running.app.upkeep.sealer.seal();
      expect([await unchained(), await faults()]).toEqual([[{ id }], found]);
      expect(running.logs.filter((line) => line.includes('An event is not chained'))).toHaveLength(1);
    },
  );

  test('finds one that was made up, or moved here from another agency', async () => {
    await create('One', 'otherAgencyAdmin');
    await write('UPDATE audit_events SET agencyId = ? WHERE sequence IS NULL', BRIGHTLINE);
    const [{ id } = { id: '' }] = await unchained();
    const made = await running.app.database.read.findOneByOrFail(AuditEventRow, { id });
    await running.app.database.write((tx) => tx.insertRow('audit_events', { ...made, id: NEVER_GIVEN_OUT }));
    expect((await faults()).toSorted()).toEqual(
      [id, NEVER_GIVEN_OUT].toSorted().map((each) => `the unchained event ${each} is not as it was written`),
    );
  });

  test('finds nothing wrong in a chain that begins while it is verified', async () => {
    const { database, audit, upkeep } = running.app;
    const admin = { name: 'Ada', subject: 'somebody-new', issuer: running.issuer.issuer };
    const id = await createAgency(database, audit, 'A new one', admin);
    const find = database.read.existsBy.bind(database.read);
    let isBegun = false;
    // The end of the chain was read before this is asked.
    jest.spyOn(database.read, 'existsBy').mockImplementation(async (row, where) => {
      const found = await find(row, where);
      if (!isBegun && row === AuditEventRow && 'agencyId' in where && where.agencyId === id) {
        isBegun = true;
        await upkeep.sealer.seal();
      }
      return found;
    });
    expect([await faults(), isBegun]).toEqual([[], true]);
  });

  test('finds a removed one that tells of a key, by the place of that key', async () => {
    await set();
    await write('DELETE FROM audit_events WHERE sequence IS NULL');
    expect(await faults()).toEqual([
      `the RETELL key of client ${HARBOR} stands as set as version 2, but event 3 set as version 1`,
    ]);
  });

  test('finds a chained one that was made to look unchained, before and after it is chained again', async () => {
    const sequence = EVENTS_OF_DEMO - 1;
    await write(
      'UPDATE audit_events SET sequence = NULL WHERE agencyId = ? AND sequence = ?',
      BRIGHTLINE,
      sequence,
    );
    expect(await faults()).toContain(`events ${sequence} to ${sequence} are missing`);
    await running.app.upkeep.sealer.seal();
    expect(await faults()).toContain(`events ${sequence} to ${sequence} are missing`);
  });
});

describe('events that a release from before the sealer has chained', () => {
  const where = 'WHERE agencyId = ? AND sequence';

  /** Adds three events as that release did: in the transaction of their change, each with its number. */
  async function chainAsBefore(): Promise<void> {
    const { database, vault } = running.app;
    const key = (await readVaultKey(database.read, vault.cipher, 'audit')) ?? '';
    const mac = (...parts: unknown[]) =>
      createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex');
    await database.write(async (tx) => {
      const head = await tx.findOneByOrFail(AuditHeadRow, { id: BRIGHTLINE });
      let { sequence, hash } = head;
      for (const name of ['One', 'Two', 'Three']) {
        const [id, at, details] = [newId(), new Date(), JSON.stringify({ clientId: HARBOR, name })];
        const who = { actorKind: 'OPERATOR', actorId: null, actorName: 'Ada', requestId: newId() };
        const from = { ...who, sourceAddress: '127.0.0.1', clientId: HARBOR, details };
        const what = { id, agencyId: BRIGHTLINE, sequence: (sequence += 1), type: 'CLIENT_RENAMED' };
        hash = mac(hash, ...Object.values(what), at.toISOString(), ...Object.values(from));
        await tx.insertRow('audit_events', { ...what, at, ...from, hash });
      }
      const seal = mac('end', BRIGHTLINE, sequence, hash);
      await tx.updateRow('audit_heads', { sequence, hash, seal }, { id: BRIGHTLINE });
    });
  }

  beforeEach(async () => {
    await chainAsBefore();
    expect(await faults()).toEqual([]);
    await create('Since');
    await running.app.upkeep.sealer.seal();
  });

  test('stay verifiable, and later ones are chained behind them', async () => {
    expect(await faults()).toEqual([]);
    const [report] = await reports();
    expect(report?.end?.sequence).toBe(EVENTS_OF_DEMO + 4);
  });

  test('are found where one was altered, removed, or made up behind them', async () => {
    const [first, second, last] = [1, 2, 4].map((count) => EVENTS_OF_DEMO + count);
    await write(`UPDATE audit_events SET actorName = 'Eve' ${where} = ?`, BRIGHTLINE, first);
    await write(`DELETE FROM audit_events ${where} = ?`, BRIGHTLINE, second);
    await write(`UPDATE audit_events SET sequence = 99 ${where} = ?`, BRIGHTLINE, last);
    expect(await faults()).toEqual([
      `event ${first} is not as it was written`,
      `events ${second} to ${second} are missing`,
      expect.stringMatching(/^events \d+ to 98 are missing$/),
      expect.stringMatching(/^the chain does not reach event/),
    ]);
  });
});

describe('a chain whose end was removed', () => {
  test('is not begun anew, and keeps no other agency from being chained', async () => {
    await running.app.database.write((tx) => tx.delete(AuditHeadRow, { id: BRIGHTLINE }));
    await create('One');
    await create('Two', 'otherAgencyAdmin');
    for (let round = 0; round < 2; round += 1) await running.app.upkeep.sealer.seal();
    const { read } = running.app.database;
    expect(await read.existsBy(AuditEventRow, { agencyId: NORTHWIND, sequence: 3 })).toBe(true);
    expect(await faults()).toEqual(['the end of the chain is not on record']);
    expect(running.logs.filter((line) => line.includes('cannot be chained'))).toHaveLength(1);
  });
});

test('an end of a chain that somebody made up is never gone on from, which would hide what was cut off', async () => {
  const where = 'WHERE agencyId = ? AND sequence';
  await write(`DELETE FROM audit_events ${where} > 4`, BRIGHTLINE);
  await write(
    `UPDATE audit_heads SET sequence = 4, seal = 'x', hash = (SELECT hash FROM audit_events ${where} = 4) WHERE id = ?`,
    BRIGHTLINE,
    BRIGHTLINE,
  );
  await create('One');
  for (let round = 0; round < 2; round += 1) await running.app.upkeep.sealer.seal();
  expect(await faults()).toContain('the end of the chain is not as it was written');
  expect(await unchained()).toHaveLength(1);
});

test('a made-up event of an agency whose id only a database takes for another one keeps neither from being chained', async () => {
  const agencyId = 'abcdef00-0000-7000-8000-000000000001';
  const { database, audit, upkeep } = running.app;
  const record = (clientId: string) =>
    database.write((tx) => audit.record(tx, operator(agencyId), { type: 'CLIENT_ARCHIVED', clientId }));
  await record(HARBOR);
  await upkeep.sealer.seal();
  const made = await database.read.findOneByOrFail(AuditEventRow, { agencyId });
  const forged = { ...made, id: NEVER_GIVEN_OUT, agencyId: agencyId.toUpperCase(), sequence: null };
  await database.write((tx) => tx.insertRow('audit_events', forged));
  for (let round = 0; round < 2; round += 1) {
    await record(HARBOR);
    await upkeep.sealer.seal();
  }
  expect(await unchained()).toEqual([{ id: NEVER_GIVEN_OUT }]);
  expect(await faults()).toContain(`the unchained event ${NEVER_GIVEN_OUT} is not as it was written`);
  expect(running.logs.filter((line) => line.includes('cannot be chained'))).toEqual([]);
});

test('a lease that ends later than any holder would say keeps nobody from chaining events', async () => {
  await write("UPDATE leases SET holder = 'x', expiresAt = ?", new Date(Date.now() + 3_600_000));
  await create('One');
  await running.app.upkeep.sealer.seal();
  expect(await isChained()).toBe(true);
});

test('events that are not chained for more than a minute are a fault: until then, nobody would miss them', async () => {
  await create('One');
  const now = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
  expect(await faults()).toEqual([expect.stringMatching(/^events are not chained for more than 60 s/)]);
  now.mockRestore();
});

describe('chains of two sealers', () => {
  test('that work at once are whole, and each event stands in them once', async () => {
    const second = await running.another();
    const sealers = [running.app.upkeep.sealer, second.app.upkeep.sealer];
    for (let round = 0; round < 20; round += 1) {
      const asked = [create(`Of ${round}`), create(`Of another ${round}`, 'otherAgencyAdmin'), set()];
      await Promise.all([...asked, ...sealers.map((sealer) => sealer.seal())]);
      await goOn();
    }
    await running.chained();
    await second.close();
    expect(await faults()).toEqual([]);
    const [of = { events: 0 }] = await reports();
    expect(of.events).toBe(EVENTS_OF_DEMO + 40);
  });

  test('are not written by one that was away while another took its lease', async () => {
    const { database } = running.app;
    const away = new Lease(database, 'work', 60_000);
    const other = new Lease(database, 'work', 60_000);
    expect([await away.take(), await other.take()]).toEqual([true, false]);
    await goOn();
    expect(await other.take()).toBe(true);
    expect(await database.write((tx) => away.renew(tx))).toBe(false);
    await away.release();
    expect([await away.take(), await database.write((tx) => other.renew(tx))]).toEqual([false, true]);
  });
});

test('a sealer that is killed before any of its statements leaves a chain that is whole, and another goes on', async () => {
  const { read } = running.app.database;
  const notes = () => read.rows('SELECT id FROM changed_owners WHERE ownerId = ?', [HARBOR]);
  let statements = 0;
  for (let at = 1; statements === at - 1; at += 1) {
    await create(`Of Brightline ${at}`);
    await create(`Of Northwind ${at}`, 'otherAgencyAdmin');
    await set();
    await write('DELETE FROM changed_owners WHERE ownerId = ?', HARBOR);
    await goOn();
    statements = 0;
    const killed = killedAt(running.app.database, () => (statements += 1) === at);
    await new AuditSealer(killed, running.app.audit, fail, whenChained).seal().catch(() => undefined);
    expect(await faults()).toEqual([]);
    await goOn();
    await running.chained();
    expect(await faults()).toEqual([]);
    // The owner of the key was noted once, by the transaction that has chained the event.
    expect(await notes()).toHaveLength(1);
  }
  expect(statements).toBeGreaterThanOrEqual(5);
});

function fail(error: Error): never {
  throw error;
}

/** A database whose transactions lose their connection before one of their statements. */
function killedAt(database: Database, isTime: () => boolean): Database {
  const statements = new Set<PropertyKey>(['run', 'insertRow', 'updateRow', 'lockRows', 'rows']);
  const failing = (tx: Transaction) =>
    new Proxy(tx, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function' || !statements.has(property)) return value;
        return (...args: unknown[]): unknown => {
          if (isTime()) throw new Error('Killed');
          return Reflect.apply(value, target, args);
        };
      },
    });
  return writingThrough(database, (work) => database.write((tx) => work(failing(tx))));
}
