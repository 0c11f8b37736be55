import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ChangedOwnerRow } from '../../src/agencies/changed-owner';
import { verifyAuditTrail } from '../../src/audit/audit-verifier';
import { AuditHeadRow } from '../../src/audit/audit-head.entity';
import { CallRow } from '../../src/calls/call.entity';
import { readConfig } from '../../src/config';
import { LeaseRow } from '../../src/database/lease';
import type { Persona } from '../../src/demo/seed';
import { entities } from '../../src/entities';
import { OutgoingMessageRow } from '../../src/outbox/message.entity';
import { readStatedPlaces } from '../../src/keys/stated-places';
import { sealedTables } from '../../src/sealed-tables';
import { openStore, type Store } from '../../src/store';
import { KeyRing } from '../../src/vault/master-keys/key-ring';
import { rotateMasterKeys } from '../../src/vault/master-keys/rotation';
import { countByMasterKey } from '../../src/vault/master-keys/sealed-table';
import { HARBOR, HARBOR_RETELL_AGENT, MAPLE } from '../demo-ids';
import { Copies } from '../fixtures/copies';
import { killAtEach } from '../fixtures/victim';
import { handInSteps } from '../hand-ins';
import { startTestApp, type TestApp } from '../harness';
import {
  ACCEPT_HAND_IN,
  CLEAR_AGENCY,
  CLEAR_CLIENT,
  CREATE_WEBHOOK,
  HAND_IN,
  SET_AGENCY,
  SET_CLIENT,
  SET_WEBHOOK_SECRET,
  START_CALL,
} from '../operations';
import { sealFor } from '../seal';

// Databases are made and filled for each of some thirty statements.
let running: TestApp;
let folder: string;
let copies: Copies;
/** All that the database held before, as text. */
let known: string;
let before: string[];
/** Keys as a frontend seals them. */
const sealed = { RETELL: '', VAPI: '', BLAND: '' };
let keyHandInId: string;

const steps = handInSteps(() => running);

beforeAll(async () => {
  running = await startTestApp();
  folder = await mkdtemp(join(tmpdir(), 'latchkey-killed-'));
  const { retell, vapi, bland } = running.sandbox;
  const keys = { RETELL: retell.keys.valid, VAPI: vapi.keys.valid, BLAND: bland.keys.valid };
  for (const provider of ['RETELL', 'VAPI', 'BLAND'] as const)
    sealed[provider] = await sealFor(running, keys[provider], { owner: HARBOR, provider });
  // With these, every table with secrets has one.
  await running.data(CREATE_WEBHOOK, {
    input: { url: 'https://example.com/hooks', types: ['CALL_ENDED'] },
  });
  await running.data(SET_WEBHOOK_SECRET, {
    input: { clientId: HARBOR, provider: 'RETELL', secret: 'whs_0123456789abcdef' },
  });
  keyHandInId = (await steps.handedIn()).id;
  await steps.acceptValid();
  await running.chained();
  known = JSON.stringify(await rowsOf(running.app));
  before = await stateOf(running.app);
  copies = new Copies(running);
});
afterEach(() => copies.giveBack());
afterAll(async () => {
  await copies.drop();
  await running.close();
  await rm(folder, { recursive: true });
});

/** Ids, times, digests, and the names that providers give to calls. */
const VOLATILE =
  /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{64}|call_[0-9a-f]+/g;
/** Columns that differ each time. What they protect is opened and verified instead. */
const OPAQUE = new Set(['sealed', 'mac', 'hash', 'sequence']);

type Read = Pick<Store, 'database' | 'vault'>;

async function rowsOf({ database, vault }: Read): Promise<unknown[]> {
  const { read } = database;
  const rows: unknown[] = [];
  // What is announced and noted comes with the chain, which is made at any time.
  const later: readonly unknown[] = [LeaseRow, AuditHeadRow, OutgoingMessageRow, ChangedOwnerRow];
  for (const entity of entities.filter((each) => !later.includes(each))) {
    for (const row of await read.find<object>(entity))
      rows.push([entity.name, ...Object.entries(row).filter(([column]) => !OPAQUE.has(column))]);
  }
  const wrapped = new Map<string, number>();
  for (const table of sealedTables) {
    for (const secret of await table.wrappedByOthers(read, '', null, 1_000)) {
      const text = vault.cipher.openBytes(secret.sealed ?? '', secret.place, 'VAULT_KEY').toString('base64');
      const masterKey = secret.sealed?.split('.')[1] ?? '';
      wrapped.set(masterKey, (wrapped.get(masterKey) ?? 0) + 1);
      rows.push([table.name, secret.key, masterKey, text]);
    }
  }
  expect(await countByMasterKey(read, sealedTables)).toEqual(wrapped);
  return rows;
}

/** All that an instance finds in its database, with every secret opened. What is new there is alike. */
const stateOf = async (store: Read) => (await rowsOf(store)).map(alike).sort();

function alike(value: unknown): string {
  return JSON.stringify(value).replace(VOLATILE, (text) => (known.includes(text) ? text : 'NEW'));
}

/** What `audit:verify` finds. */
async function faultsOf({ database, audit, vault }: Store): Promise<string[]> {
  const places = (id: string) => readStatedPlaces(database.read, vault.placeMacs, id);
  const faults: string[] = [];
  for await (const report of verifyAuditTrail(database, audit, places)) faults.push(...report.faults);
  return faults;
}

/** How often the provider was asked to place the calls of a database. */
async function placements({ database }: Read): Promise<number> {
  const bodies = running.sandbox.retell.requests.map(({ body }) => JSON.stringify(body ?? null));
  const calls = await database.read.find(CallRow);
  return bodies.filter((body) => calls.some(({ id }) => body.includes(id))).length;
}

/** Starts again over a database, as the product or its command line does. */
async function started<T>(
  databaseUrl: string,
  work: (store: Store) => Promise<T>,
  env: NodeJS.ProcessEnv = running.env,
): Promise<T> {
  const store = await openStore(readConfig({ ...env, DATABASE_URL: databaseUrl }));
  try {
    return await work(store);
  } finally {
    await store.database.close();
  }
}

/** A state in which databases were left by kills at consecutive statements. */
interface Stage {
  readonly state: readonly string[];
  readonly left: string[];
  /** How often the provider was asked to place a call, for each of them. */
  readonly placements: number[];
}

async function stagesOf(left: readonly string[], env?: NodeJS.ProcessEnv): Promise<Stage[]> {
  const stages: Stage[] = [];
  for (const url of left) {
    const [faults, state, asked] = await started(
      url,
      async (store) => [await faultsOf(store), await stateOf(store), await placements(store)] as const,
      env,
    );
    expect(faults).toEqual([]);
    let stage = stages.at(-1);
    if (!stage || !isDeepStrictEqual(stage.state, state))
      stages.push((stage = { state, left: [], placements: [] }));
    stage.left.push(url);
    stage.placements.push(asked);
  }
  return stages;
}

interface Operation {
  readonly as: Persona;
  readonly query: string;
  readonly input: () => object;
  /** What it adds to the audit trail. */
  readonly events: readonly string[];
  /**
   * What a repetition is answered after each transaction that leaves something behind. `done` is the answer
   * of the operation when nothing happens to it.
   */
  readonly repeated: readonly ((done: string) => unknown)[];
}

const refused = (field: string, nothing: object, ...userErrors: object[]) => ({
  data: { [field]: { ...nothing, userErrors } },
});
const same = (done: string): unknown => JSON.parse(done);
const conflict = (index: number) => ({
  code: 'VERSION_CONFLICT',
  field: ['input', 'keys', String(index), 'expectedVersion'],
  message: expect.any(String) as string,
});
const notSet = (index: number) => ({ code: 'KEY_NOT_SET', field: ['input', 'providers', String(index)] });
const USED = { code: 'SEALED_KEY_USED', field: ['input', 'apiKey'], message: expect.any(String) as string };
const NOTHING_CLEARED = { apiKeys: [], agentsWithoutKey: [], effects: [] };

const operations: Record<string, Operation> = {
  'sets keys of a client, one in place of another and one for the first time': {
    as: 'agencyAdmin',
    query: SET_CLIENT,
    input: () => ({
      clientId: HARBOR,
      verify: true,
      keys: (['RETELL', 'BLAND'] as const).map((provider) => ({ provider, apiKey: sealed[provider] })),
    }),
    events: ['API_KEY_SET', 'API_KEY_SET'],
    repeated: [same],
  },
  'sets keys of the agency': {
    as: 'agencyAdmin',
    query: SET_AGENCY,
    input: () => ({
      keys: (['RETELL', 'VAPI'] as const).map((provider) => ({
        provider,
        apiKey: `key_of_the_agency_${provider}`,
        expectedVersion: 1,
      })),
    }),
    events: ['API_KEY_SET', 'API_KEY_SET'],
    repeated: [() => refused('setAgencyApiKeys', { apiKeys: [], warnings: [] }, conflict(0), conflict(1))],
  },
  'clears keys of a client': {
    as: 'agencyAdmin',
    query: CLEAR_CLIENT,
    input: () => ({ clientId: HARBOR, providers: ['RETELL', 'VAPI'] }),
    events: ['API_KEY_CLEARED', 'API_KEY_CLEARED'],
    repeated: [() => refused('clearClientApiKeys', NOTHING_CLEARED, notSet(0), notSet(1))],
  },
  'clears keys of the agency': {
    as: 'agencyAdmin',
    query: CLEAR_AGENCY,
    input: () => ({ providers: ['RETELL', 'BLAND'] }),
    events: ['API_KEY_CLEARED', 'API_KEY_CLEARED'],
    repeated: [() => refused('clearAgencyApiKeys', NOTHING_CLEARED, notSet(0), notSet(1))],
  },
  'accepts a key that was handed in': {
    as: 'agencyAdmin',
    query: ACCEPT_HAND_IN,
    input: () => ({ keyHandInId }),
    events: ['API_KEY_SET', 'HAND_IN_ACCEPTED'],
    repeated: [same],
  },
  'hands in a key that counts at once': {
    as: 'portalUser',
    query: HAND_IN,
    input: () => ({ provider: 'VAPI', apiKey: sealed.VAPI }),
    events: ['API_KEY_SET', 'HAND_IN_ACCEPTED', 'HAND_IN_RECEIVED', 'HAND_IN_VERIFIED'],
    // Killed in between, it waits for an admin.
    repeated: [1, 2].map(() => () => refused('handInApiKey', { keyHandIn: null }, USED)),
  },
  'places a test call': {
    as: 'agencyAdmin',
    query: START_CALL,
    input: () => ({ agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123', idempotencyKey: 'once' }),
    events: ['CALL_PLACED'],
    // Killed in between, nobody knows what became of the call.
    repeated: [
      (done) =>
        same(
          done
            .replace('"status":"QUEUED"', '"status":"UNKNOWN"')
            .replace('"providerCallId":"NEW"', '"providerCallId":null'),
        ),
      same,
    ],
  },
};

describe.each(Object.entries(operations))(
  'a process that %s, killed at any statement,',
  (_what, operation) => {
    const { as, query, input, events, repeated } = operation;

    test('leaves a whole change with its events, or nothing; a repetition does what is missing, once', async () => {
      const variables = { input: input() };
      const work = { token: running.tokens[as], query, variables: [variables] };
      const { answer, unharmed, left } = await killAtEach(copies, work, running.env);
      const done = alike((answer as unknown[])[0]);
      const after = await started(unharmed, stateOf);
      const stages = await stagesOf(left);
      expect(stages).toHaveLength(repeated.length + 1);
      expect([stages[0]?.state, stages.at(-1)?.state]).toEqual([before, after]);
      expect(newEvents(after)).toEqual(events);

      for (const [index, { state, left }] of stages.entries()) {
        for (const url of new Set([left[0], left.at(-1)])) {
          const instance = await running.another({ DATABASE_URL: url });
          const { data, errors } = await instance.ask(as, query, variables);
          expect(errors).toEqual([]);
          expect(JSON.parse(alike({ data }))).toEqual([same, ...repeated][index]?.(done));
          expect(await stateOf(instance.app)).toEqual(index === 0 ? after : state);
          await instance.chained();
          expect(await faultsOf(instance.app)).toEqual([]);
          expect(await placements(instance.app)).toBeLessThanOrEqual(1);
          await instance.close();
        }
      }
      if (query !== START_CALL) return;
      // It was killed between the record of the call and its placement, and after that before its outcome.
      expect(stages.map(({ placements }) => [...new Set(placements)])).toEqual([[0], [0, 1], [1]]);
    });
  },
);

// A server commits each transaction by itself.
if (!process.env.TEST_DATABASE_SERVER) {
  test('changes that SQLite commits together are left as a whole, each with its event, or not at all', async () => {
    const variables = [HARBOR, MAPLE].map((clientId) => ({
      input: { clientId, keys: [{ provider: 'RETELL', apiKey: `key_of_${clientId}` }] },
    }));
    const token = running.tokens.agencyAdmin;
    const work = { token, query: SET_CLIENT, variables };
    const { unharmed, left } = await killAtEach(copies, work, running.env);
    const after = await started(unharmed, stateOf);
    expect(newEvents(after)).toEqual(['API_KEY_SET', 'API_KEY_SET']);
    expect((await stagesOf(left)).map(({ state }) => state)).toEqual([before, after]);
  });
}

/** The types of the events that were not there before, in alphabetical order. */
function newEvents(state: readonly string[]): unknown[] {
  const ofEvent = state.filter((line) => line.startsWith('["AuditEventRow",["id","NEW"]'));
  return ofEvent.map((line) => /\["type","(\w+)"\]/.exec(line)?.[1]).sort();
}

test('a change of master keys that is killed at any statement leaves keys that open, and is finished by the next', async () => {
  const [testLine, nextLine] = [await readFile(running.keyRingFile, 'utf8'), KeyRing.generateLine('next')];
  const [both, nextAlone] = [join(folder, 'both.keys'), join(folder, 'next.keys')];
  await writeFile(both, nextLine + testLine, { mode: 0o600 });
  await writeFile(nextAlone, nextLine, { mode: 0o600 });
  const env = { ...running.env, LATCHKEY_MASTER_KEY_FILE: both };
  const { unharmed, left } = await killAtEach(copies, 'ROTATION', env);
  const after = await started(unharmed, stateOf, env);
  const stages = await stagesOf(left, env);
  // Each of the tables is done at once. A start notes the new master key.
  expect(stages).toHaveLength(sealedTables.length + 1);
  const noted = await started(await copies.take(), stateOf, env);
  expect([stages[0]?.state, stages.at(-1)?.state]).toEqual([noted, after]);
  for (const { left } of stages) {
    for (const url of new Set([left[0] ?? '', left.at(-1) ?? ''])) {
      await started(url, rotate, env);
      const opened = { ...env, LATCHKEY_MASTER_KEY_FILE: nextAlone };
      expect(
        await started(url, async (store) => [await stateOf(store), await faultsOf(store)], opened),
      ).toEqual([after, []]);
    }
  }
});

async function rotate({ database, vault }: Store): Promise<void> {
  for await (const _step of rotateMasterKeys(database, vault.cipher, sealedTables));
}
