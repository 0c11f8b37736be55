import { verifyAuditTrail } from '../../src/audit/audit-verifier';
import { ApiKeyRow } from '../../src/keys/api-key.entity';
import { readStatedPlaces } from '../../src/keys/stated-places';
import { newId } from '../../src/platform/ids';
import { HARBOR, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { CLEAR_CLIENT, SET_CLIENT } from '../operations';

const BRIGHTLINE = '01900000-0000-7000-8000-000000000001';
const NORTHWIND = '01900000-0000-7000-8000-000000000002';
const KEY = `the RETELL key of client ${HARBOR}`;
const WHERE = { ownerId: HARBOR, provider: 'RETELL' } as const;

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

const faults = async () => {
  const { database, audit, vault } = running.app;
  const found: string[] = [];
  const places = (id: string) => readStatedPlaces(database.read, vault.placeMacs, id);
  for await (const report of verifyAuditTrail(database, audit, places)) found.push(...report.faults);
  return found;
};
const row = () => running.app.database.read.findOneByOrFail(ApiKeyRow, WHERE);
const change = (columns: Partial<ApiKeyRow>) =>
  running.app.database.write((tx) => tx.update(ApiKeyRow, WHERE, columns));
const set = (clientId = HARBOR) =>
  running.data(SET_CLIENT, {
    input: { clientId, keys: [{ provider: 'RETELL', apiKey: 'key_of_test_0123456' }] },
  });
const clear = () => running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });

describe('audit:verify compares the place of each key with the last event that tells of it', () => {
  test('and finds nothing after sets and clears on two instances, and while they go on', async () => {
    const second = await running.another();
    const changes = Array.from({ length: 10 }, (_, index) =>
      (index % 2 ? second : running).data(SET_CLIENT, {
        input: {
          clientId: index % 3 ? HARBOR : MAPLE,
          keys: [{ provider: 'RETELL', apiKey: `key_of_test_${index}_012` }],
        },
      }),
    );
    const meanwhile = await faults();
    await Promise.all(changes);
    await clear();
    await second.close();
    expect([meanwhile, await faults()]).toEqual([[], []]);
  });

  test.each<[string, () => Promise<unknown>, string[]]>([
    [
      'was deleted',
      () => running.app.database.write((tx) => tx.delete(ApiKeyRow, WHERE)),
      [`${KEY} is missing, which event 3 set as version 1`],
    ],
    [
      'looks cleared',
      () => change({ isSet: false, sealed: null, masterKey: null }),
      [`${KEY} is not as it was written`],
    ],
    [
      'was given to another client',
      () => change({ ownerId: MAPLE }),
      [
        `the RETELL key of client ${MAPLE} is not as it was written`,
        `${KEY} is missing, which event 3 set as version 1`,
      ],
    ],
    [
      'was given to an owner whose name looks like a line of the output',
      () => change({ ownerId: 'x\nagency x: 1 events' }),
      [
        'the RETELL key of an unknown client is not as it was written',
        `${KEY} is missing, which event 3 set as version 1`,
      ],
    ],
    [
      'was given to another agency',
      () => change({ agencyId: NORTHWIND }),
      [`${KEY} is missing, which event 3 set as version 1`, `${KEY} is not as it was written`],
    ],
    [
      'was copied to another provider',
      async () => {
        const copy = { ...(await row()), id: newId(), provider: 'BLAND' } as const;
        await running.app.database.write((tx) => tx.insert(ApiKeyRow, copy));
      },
      [`the BLAND key of client ${HARBOR} is not as it was written`],
    ],
  ])('and names the one whose row %s', async (_what, alter, expected) => {
    await alter();
    expect(await faults()).toEqual(expected);
  });

  test('and names the one that was put back as a whole, with its MAC of then, which no call can tell', async () => {
    await clear();
    const cleared = await row();
    await set();
    await change(cleared);
    await running.chained();
    expect(await faults()).toEqual([`${KEY} stands as cleared as version 2, but event 8 set as version 3`]);
    // What comes after does not hide it.
    await set();
    await running.chained();
    expect(await faults()).toEqual([`event 9 gives ${KEY} version 3, which event 8 gave`]);
  });

  test('and finds no more once an admin has set what was deleted', async () => {
    await set();
    await running.app.database.write((tx) => tx.delete(ApiKeyRow, WHERE));
    expect(await faults()).toHaveLength(1);
    await set();
    expect(await faults()).toEqual([]);
    expect((await row()).version).toBe(3);
  });

  test('and finds no more once an admin has set what was forged', async () => {
    await change({ isSet: false, version: 9 });
    expect(await faults()).toEqual([`${KEY} is not as it was written`]);
    await set();
    expect(await faults()).toEqual([]);
    expect((await row()).version).toBe(10);
  });

  test('also of an agency of which nothing else is left', async () => {
    const { database } = running.app;
    await database.write(async (tx) => {
      await tx.run('DELETE FROM audit_events WHERE agencyId = ?', [BRIGHTLINE]);
      await tx.run('DELETE FROM audit_heads WHERE id = ?', [BRIGHTLINE]);
    });
    expect((await faults()).filter((fault) => /no event tells of it$/.test(fault))).toHaveLength(5);
  });
});
