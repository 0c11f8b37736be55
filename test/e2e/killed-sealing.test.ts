import { ChangedOwnerRow } from '../../src/agencies/changed-owner';
import { AuditSealer } from '../../src/audit/audit-sealer';
import { verifyAuditTrail } from '../../src/audit/audit-verifier';
import { AuditHeadRow } from '../../src/audit/audit-head.entity';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { readConfig } from '../../src/config';
import { readStatedPlaces } from '../../src/keys/stated-places';
import { OutgoingMessageRow } from '../../src/outbox/message.entity';
import { createAgency } from '../../src/people/enrol';
import { openStore, type Store } from '../../src/store';
import { whenChained } from '../../src/upkeep';
import { HARBOR } from '../demo-ids';
import { Copies } from '../fixtures/copies';
import { killAtEach } from '../fixtures/victim';
import { startTestApp, type TestApp } from '../harness';
import { CLEAR_CLIENT, CREATE_CLIENT, CREATE_WEBHOOK, SET_CLIENT } from '../operations';

// A database is made and filled for each statement.
let running: TestApp;
let copies: Copies;

beforeAll(async () => {
  running = await startTestApp();
  const { database, audit } = running.app;
  await running.data(CREATE_WEBHOOK, {
    input: { url: 'https://example.com/hooks', types: ['API_KEY_SET', 'API_KEY_CLEARED'] },
  });
  await running.chained();
  // The events of two chains that go on and of one that begins, some of which are announced and noted.
  const keys = [{ provider: 'RETELL', apiKey: 'key_of_test_0123456' }];
  await running.data(SET_CLIENT, { input: { clientId: HARBOR, keys } });
  await running.data(CREATE_CLIENT, { input: { name: 'One' } }, 'otherAgencyAdmin');
  const admin = { name: 'Ada', subject: 'somebody-new', issuer: running.issuer.issuer };
  await createAgency(database, audit, 'A new one', admin);
  await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
  await letOthersSeal(running.app);
  copies = new Copies(running);
});
afterAll(async () => {
  await copies.drop();
  await running.close();
});

/** What a killed process has taken, it has for as long as nobody knows that it is gone. */
function letOthersSeal({ database }: Pick<Store, 'database'>): Promise<unknown> {
  return database.write((tx) => tx.run('UPDATE leases SET expiresAt = ?', [new Date(0)]));
}

/** All that sealing changes. */
async function stateOf({ database: { read } }: Store) {
  const [events, heads] = [await read.find(AuditEventRow), await read.find(AuditHeadRow)];
  const [messages, notes] = [await read.find(OutgoingMessageRow), await read.find(ChangedOwnerRow)];
  return {
    events: events.map(({ id, sequence, hash }) => `${id} ${sequence} ${hash}`).sort(),
    heads: heads.map(({ id, sequence, seal }) => `${id} ${sequence} ${seal}`).sort(),
    announced: messages.map(({ body }) => body).sort(),
    noted: notes.map(({ ownerId }) => ownerId).sort(),
  };
}

async function faultsOf({ database, audit, vault }: Store): Promise<string[]> {
  const places = (id: string) => readStatedPlaces(database.read, vault.placeMacs, id);
  const faults: string[] = [];
  for await (const report of verifyAuditTrail(database, audit, places)) faults.push(...report.faults);
  return faults;
}

/** Starts again over a database, as another instance does. */
async function started<T>(databaseUrl: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(readConfig({ ...running.env, DATABASE_URL: databaseUrl }));
  try {
    return await work(store);
  } finally {
    await store.database.close();
  }
}

function fail(error: Error): never {
  throw error;
}

test('a process that chains events, killed at any statement, leaves whole chains, and another instance goes on: nothing is announced or noted twice', async () => {
  const { statements, unharmed, left } = await killAtEach(copies, 'SEALING', running.env);
  // The lease is taken by one transaction, and the events are chained by another.
  expect(statements.filter((sql) => sql === 'COMMIT')).toHaveLength(2);
  const before = await stateOf(running.app);
  const after = await started(unharmed, stateOf);
  expect(after.announced).toHaveLength(2);
  expect(after.noted.filter((ownerId) => ownerId === HARBOR).length).toBe(
    before.noted.filter((ownerId) => ownerId === HARBOR).length + 1,
  );
  const found: Awaited<ReturnType<typeof stateOf>>[] = [];
  for (const url of left) {
    await started(url, async (store) => {
      expect(await faultsOf(store)).toEqual([]);
      found.push(await stateOf(store));
      await letOthersSeal(store);
      await new AuditSealer(store.database, store.audit, fail, whenChained).seal();
      expect([await faultsOf(store), await stateOf(store)]).toEqual([[], after]);
    });
  }
  // Until the last COMMIT is done, nothing of it is there.
  expect(found.length).toBeGreaterThan(10);
  expect(found).toEqual(found.map((_, index) => (index < found.length - 1 ? before : after)));
});
