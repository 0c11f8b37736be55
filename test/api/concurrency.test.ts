import { ClientRow } from '../../src/clients/client.entity';
import { ServiceBusy } from '../../src/database/repetition';
import { newId } from '../../src/platform/ids';
import { HARBOR, MAPLE, MAPLE_RETELL_AGENT } from '../demo-ids';
import { managerOf } from '../database';
import { startTestApp, type TestApp } from '../harness';
import { CLEAR_CLIENT, CLIENT_KEYS, codes, RESOLUTION, SET_CLIENT, type UserErrors } from '../operations';

let first: TestApp;
let second: TestApp;
beforeEach(async () => {
  first = await startTestApp();
  second = await first.another();
});
afterEach(async () => {
  await second.close();
  await first.close();
});

interface Payload extends UserErrors {
  readonly apiKeys: readonly { provider: string; version: number }[];
}

interface Cleared {
  readonly agentsWithoutKey: readonly { id: string }[];
}

const set = async (on: TestApp, keys: readonly object[]) =>
  (await on.data<{ setClientApiKeys: Payload }>(SET_CLIENT, { input: { clientId: MAPLE, keys } }))
    .setClientApiKeys;
const clear = async (on: TestApp, providers: readonly string[]) =>
  (await on.data<{ clearClientApiKeys: Payload }>(CLEAR_CLIENT, { input: { clientId: MAPLE, providers } }))
    .clearClientApiKeys;
const versions = async () => {
  const { client } = await first.data<{
    client: { apiKeys: { provider: string; version: number; isSet: boolean }[] };
  }>(CLIENT_KEYS, { id: MAPLE });
  return client.apiKeys;
};
const changed = (payloads: readonly Payload[]) =>
  payloads.filter(({ userErrors }) => userErrors.length === 0).length;
const agencyId = async () =>
  (await first.app.database.read.findOneByOrFail(ClientRow, { id: HARBOR })).agencyId;

describe('changes of one key at once, on two instances', () => {
  test('lose none: the version is the number of changes that were made', async () => {
    const payloads = await Promise.all(
      Array.from({ length: 40 }, (_, index) => {
        const on = index % 2 ? first : second;
        return index % 4 === 3
          ? clear(on, ['RETELL'])
          : set(on, [{ provider: 'RETELL', apiKey: `key_number_${index}_abcdef` }]);
      }),
    );
    expect((await versions()).find(({ provider }) => provider === 'RETELL')?.version).toBe(changed(payloads));
  });

  test('to the keys of several providers all succeed, in whatever order they are named', async () => {
    const key = (provider: string) => ({ provider, apiKey: `key_of_${provider}_012345` });
    const payloads = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const keys = [key('RETELL'), key('VAPI'), key('BLAND')];
        return set(index % 2 ? first : second, index % 3 ? keys : keys.reverse());
      }),
    );
    expect(changed(payloads)).toBe(20);
    expect((await versions()).map(({ version }) => version)).toEqual([20, 20, 20]);
  });

  test('that are based on the same version have one winner', async () => {
    const payloads = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        set(index % 2 ? first : second, [
          { provider: 'RETELL', apiKey: `key_bet_${index}_abcdef`, expectedVersion: 0 },
        ]),
      ),
    );
    expect(changed(payloads)).toBe(1);
    expect(payloads.flatMap(codes)).toEqual(Array(9).fill('VERSION_CONFLICT input.keys.0.expectedVersion'));
  });

  test('leave exactly one secret', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        set(index % 2 ? first : second, [{ provider: 'RETELL', apiKey: `key_one_${index}_abcdef` }]),
      ),
    );
    const live: unknown[] = await managerOf(first.app.database.read).query(
      'SELECT version FROM api_keys WHERE ownerId = ? AND sealed IS NOT NULL',
      [MAPLE],
    );
    expect(live).toEqual([{ version: 20 }]);
  });

  test("that clear a client's and its agency's key name the agents that are left without a key in at least one of the two answers", async () => {
    const INPUT = { providers: ['RETELL'] };
    const SET =
      'mutation ($input: SetAgencyApiKeysInput!) { setAgencyApiKeys(input: $input) { userErrors { code } } }';
    const CLEAR =
      'mutation ($input: ClearAgencyApiKeysInput!) { clearAgencyApiKeys(input: $input) { agentsWithoutKey { id } } }';
    for (let round = 0; round < 10; round += 1) {
      await set(first, [{ provider: 'RETELL', apiKey: 'key_round_01234567' }]);
      await first.data(SET, { input: { keys: [{ provider: 'RETELL', apiKey: 'key_of_agency_01234' }] } });
      const [ofClient, ofAgency] = await Promise.all([
        first.data<{ clearClientApiKeys: Cleared }>(CLEAR_CLIENT, { input: { clientId: MAPLE, ...INPUT } }),
        second.data<{ clearAgencyApiKeys: Cleared }>(CLEAR, { input: INPUT }),
      ]);
      const left = [
        ...ofClient.clearClientApiKeys.agentsWithoutKey,
        ...ofAgency.clearAgencyApiKeys.agentsWithoutKey,
      ].map(({ id }) => id);
      expect(left).toContain(MAPLE_RETELL_AGENT);
    }
  });

  test('are in force for the very next request on the other instance', async () => {
    const source = async (on: TestApp) =>
      (
        await on.data<{ agent: { keyResolution: { source: string } } }>(RESOLUTION, {
          id: MAPLE_RETELL_AGENT,
        })
      ).agent.keyResolution.source;
    for (let round = 0; round < 10; round += 1) {
      await set(first, [{ provider: 'RETELL', apiKey: 'key_round_01234567' }]);
      expect(await source(second)).toBe('CLIENT');
      await clear(second, ['RETELL']);
      expect(await source(first)).toBe('AGENCY');
    }
  });
});

test('a change that loses its races until its time is over is answered as one that may succeed later', async () => {
  jest.spyOn(first.app.database, 'writeAfter').mockRejectedValueOnce(new ServiceBusy('It lost its races'));
  const keys = [{ provider: 'RETELL', apiKey: 'key_of_a_lost_race_01' }];
  const { status, headers, errors } = await first.ask('agencyAdmin', SET_CLIENT, {
    input: { clientId: MAPLE, keys },
  });
  expect([status, headers.get('retry-after'), errors[0]?.extensions.code]).toEqual([
    503,
    '5',
    'SERVICE_BUSY',
  ]);
  expect(changed([await set(first, keys)])).toBe(1);
});

describe('the database', () => {
  const client = async (name: string): Promise<ClientRow> => ({
    id: newId(),
    agencyId: await agencyId(),
    name,
    archivedAt: null,
    portalPermissions: [],
    acceptsValidHandIns: false,
    createdAt: new Date(),
  });

  test('shows no reader what is not committed', async () => {
    const { database } = first.app;
    const row = await client('Half done');
    let inserted: () => void = () => undefined;
    let finish: () => void = () => undefined;
    const insertedIt = new Promise<void>((resolve) => (inserted = resolve));
    const mayFinish = new Promise<void>((resolve) => (finish = resolve));
    const writing = database.write(async (tx) => {
      await tx.insert(ClientRow, row);
      inserted();
      await mayFinish;
    });
    await insertedIt;
    expect(await database.read.existsBy(ClientRow, { id: row.id })).toBe(false);
    finish();
    await writing;
    expect(await database.read.existsBy(ClientRow, { id: row.id })).toBe(true);
  });

  test('undoes what came before a transaction of TypeORM inside of another one, with the other one', async () => {
    const { database } = first.app;
    const rows = [await client('Outer'), await client('Inner')] as const;
    const writing = database.write(async (tx) => {
      await tx.insert(ClientRow, rows[0]);
      await managerOf(tx).transaction((inner) => inner.insert(ClientRow, rows[1]));
      throw new Error('changed its mind');
    });
    await expect(writing).rejects.toThrow();
    expect(await Promise.all(rows.map((row) => database.read.existsBy(ClientRow, { id: row.id })))).toEqual([
      false,
      false,
    ]);
  });

  test('loses nothing of 40 writers at once, of which every second one fails after its write', async () => {
    const { database } = first.app;
    const rows = await Promise.all(Array.from({ length: 40 }, (_, index) => client(`Writer ${index}`)));
    const outcomes = await Promise.allSettled(
      rows.map((row, index) =>
        database.write(async (tx) => {
          await tx.insert(ClientRow, row);
          if (index % 2) throw new Error('changed its mind');
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(20);
    const kept = await Promise.all(rows.map((row) => database.read.existsBy(ClientRow, { id: row.id })));
    expect(kept).toEqual(rows.map((_, index) => index % 2 === 0));
  });
});
