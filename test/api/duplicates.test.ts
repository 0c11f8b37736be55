import { ApiKeyRow } from '../../src/keys/api-key.entity';
import { VaultKeyRow } from '../../src/vault/vault-key.entity';
import { CEDAR, HARBOR, MAPLE, OTHER_AGENCYS_CLIENT } from '../demo-ids';
import { managerOf } from '../database';
import { startTestApp, type TestApp } from '../harness';
import {
  CLEAR_CLIENT,
  codes,
  CREATE_CLIENT,
  PREVIEW,
  SET_AGENCY,
  SET_CLIENT,
  VERIFY_CLIENT,
  type UserErrors,
} from '../operations';

interface Warning {
  readonly code: string;
  readonly provider: string;
  readonly message: string;
  readonly sharedWithAgency: boolean;
  readonly clients: readonly { id: string; name: string }[];
}

interface Payload extends UserErrors {
  readonly apiKeys: readonly { isSet: boolean; version: number }[];
  readonly warnings: readonly Warning[];
}

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

const KEY = 'key_that_two_share_0123456789';
const keyOf = (provider: string, apiKey: string) => ({ provider, apiKey });

const set = async (
  clientId: string,
  keys: readonly object[] = [keyOf('RETELL', KEY)],
  on = running,
  as: 'agencyAdmin' | 'otherAgencyAdmin' = 'agencyAdmin',
) =>
  (await on.data<{ setClientApiKeys: Payload }>(SET_CLIENT, { input: { clientId, keys } }, as))
    .setClientApiKeys;
const setAgency = async (keys: readonly object[] = [keyOf('RETELL', KEY)]) =>
  (await running.data<{ setAgencyApiKeys: Payload }>(SET_AGENCY, { input: { keys } })).setAgencyApiKeys;
const preview = async (clientId: string, apiKey: string | null) =>
  (
    await running.data<{ previewClientApiKeyChange: Payload }>(PREVIEW, {
      input: { clientId, provider: 'RETELL', apiKey },
    })
  ).previewClientApiKeyChange;
const clear = (clientId: string) =>
  running.data(CLEAR_CLIENT, { input: { clientId, providers: ['RETELL'] } });
const namesOf = ({ warnings }: Payload) => warnings.map(({ clients }) => clients.map(({ name }) => name));
const rows = (where: object = {}) =>
  running.app.database.read.find(ApiKeyRow, { where, order: { id: 'ASC' } });

describe('a key that someone else of the agency uses', () => {
  test('is set, with a warning that names the other client', async () => {
    await set(HARBOR);
    const { apiKeys, warnings, userErrors } = await set(MAPLE);
    expect([apiKeys[0]?.isSet, userErrors]).toEqual([true, []]);
    const message =
      'The same Retell key is used by another client: what their calls cost cannot be told apart.';
    expect(warnings).toEqual([
      {
        code: 'DUPLICATE_KEY',
        provider: 'RETELL',
        message,
        sharedWithAgency: false,
        clients: [{ id: HARBOR, name: 'Harbor Dental' }],
      },
    ]);
  });

  test("is warned of when it is the agency's own, and when the agency takes a client's", async () => {
    const [{ sharedWithAgency, clients } = {}] = (
      await set(MAPLE, [keyOf('BLAND', running.sandbox.bland.keys.valid)])
    ).warnings;
    expect([sharedWithAgency, clients]).toEqual([true, []]);
    await set(HARBOR);
    expect(namesOf(await setAgency())).toEqual([['Harbor Dental']]);
  });

  test('is warned of when the agency and several clients have it, all in one warning', async () => {
    await Promise.all([setAgency(), set(HARBOR), set(CEDAR)]);
    const { warnings } = await set(MAPLE);
    expect(
      warnings.map(({ message, sharedWithAgency, clients }) => [
        message,
        sharedWithAgency,
        clients.map(({ id }) => id),
      ]),
    ).toEqual([
      [
        'The same Retell key is used by the agency itself and 2 other clients: what their calls cost cannot be told apart.',
        true,
        [HARBOR, CEDAR],
      ],
    ]);
  });

  test('is warned of for each provider of a request by itself', async () => {
    await set(HARBOR, [keyOf('RETELL', KEY), keyOf('VAPI', `${KEY}_vapi`)]);
    const { warnings } = await set(MAPLE, [
      keyOf('VAPI', `${KEY}_vapi`),
      keyOf('BLAND', `${KEY}_bland`),
      keyOf('RETELL', KEY),
    ]);
    expect(warnings.map(({ provider }) => provider)).toEqual(['VAPI', 'RETELL']);
  });

  test('is warned of by a preview as well, which stores nothing', async () => {
    await set(HARBOR);
    expect(namesOf(await preview(MAPLE, KEY))).toEqual([['Harbor Dental']]);
    expect(namesOf(await preview(MAPLE, null))).toEqual([]);
    expect(await rows({ ownerId: MAPLE })).toEqual([]);
  });

  test('lists ten clients and tells how many there are', async () => {
    for (let number = 0; number < 12; number += 1) {
      const { createClient } = await running.data<{ createClient: { client: { id: string } } }>(
        CREATE_CLIENT,
        { input: { name: `Client ${number}` } },
      );
      await set(createClient.client.id);
    }
    const [{ message, clients } = { message: '', clients: [] }] = (await set(MAPLE)).warnings;
    expect(message).toContain('12 other clients');
    expect(clients.map(({ name }) => name)).toEqual(
      Array.from({ length: 10 }, (_, number) => `Client ${number}`),
    );
  });

  test('is warned of by at least one of two requests that set it at the same time, on two instances', async () => {
    const other = await running.another();
    for (let round = 0; round < 10; round += 1) {
      const key = [keyOf('RETELL', `${KEY}_${round}`)];
      const payloads = await Promise.all([set(HARBOR, key), set(MAPLE, key, other)]);
      expect(payloads.flatMap(codes)).toEqual([]);
      expect(payloads.flatMap(({ warnings }) => warnings).length).toBeGreaterThan(0);
    }
    await other.close();
  });
});

describe('no warning is given', () => {
  test('when the same owner sets its own key again', async () => {
    await set(MAPLE);
    expect((await set(MAPLE)).warnings).toEqual([]);
  });

  test('for a key of another agency, in neither of the two agencies', async () => {
    expect((await set(OTHER_AGENCYS_CLIENT, undefined, running, 'otherAgencyAdmin')).apiKeys).toHaveLength(1);
    expect((await set(MAPLE)).warnings).toEqual([]);
    expect((await set(OTHER_AGENCYS_CLIENT, undefined, running, 'otherAgencyAdmin')).warnings).toEqual([]);
  });

  test('for the same text at another provider', async () => {
    await set(HARBOR, [keyOf('VAPI', KEY)]);
    expect((await set(MAPLE)).warnings).toEqual([]);
  });

  test('for a key that was replaced or cleared', async () => {
    await set(HARBOR);
    await set(HARBOR, [keyOf('RETELL', `${KEY}_next`)]);
    await set(CEDAR);
    await clear(CEDAR);
    expect((await set(MAPLE)).warnings).toEqual([]);
  });

  test('for a change that is refused', async () => {
    await set(HARBOR);
    const input = { clientId: MAPLE, keys: [{ ...keyOf('RETELL', KEY), expectedVersion: 7 }] };
    const { setClientApiKeys } = await running.data<{ setClientApiKeys: Payload }>(SET_CLIENT, { input });
    expect([codes(setClientApiKeys), setClientApiKeys.warnings]).toEqual([
      ['VERSION_CONFLICT input.keys.0.expectedVersion'],
      [],
    ]);
  });
});

describe('a fingerprint', () => {
  test('differs between agencies and providers, and is gone when the key is cleared', async () => {
    await set(MAPLE, [keyOf('RETELL', KEY), keyOf('VAPI', KEY)]);
    await set(OTHER_AGENCYS_CLIENT, undefined, running, 'otherAgencyAdmin');
    const stored = await Promise.all([rows({ ownerId: MAPLE }), rows({ ownerId: OTHER_AGENCYS_CLIENT })]);
    const fingerprints = stored.flat().map(({ fingerprint }) => fingerprint);
    expect([
      new Set(fingerprints).size,
      fingerprints.every((each) => /^[0-9a-f]{64}$/.test(each ?? '')),
    ]).toEqual([3, true]);
    await clear(MAPLE);
    expect((await rows({ ownerId: MAPLE, provider: 'RETELL' }))[0]?.fingerprint).toBeNull();
  });

  test('is found without opening: a secret that no longer opens is a duplicate all the same', async () => {
    await set(HARBOR);
    await running.app.database.write((tx) =>
      managerOf(tx).query("UPDATE api_keys SET sealed = 'lk2.test.broken'"),
    );
    expect(namesOf(await set(MAPLE))).toEqual([['Harbor Dental']]);
  });

  test('is made with a key that is the same on every instance and after a restart', async () => {
    await set(HARBOR);
    const instances = await Promise.all([running.another(), running.another(), running.another()]);
    for (const instance of instances)
      expect(namesOf(await set(MAPLE, undefined, instance))).toEqual([['Harbor Dental']]);
    expect(await running.app.database.read.countBy(VaultKeyRow, { name: 'fingerprint' })).toBe(1);
    for (const instance of instances) await instance.close();
  });

  test('is put right by a verification, after an instance of an older release replaced the key', async () => {
    await set(HARBOR);
    await running.app.database.write((tx) =>
      tx.update(ApiKeyRow, { ownerId: HARBOR }, { fingerprint: 'f'.repeat(64) }),
    );
    await running.data(VERIFY_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    expect(namesOf(await set(MAPLE))).toEqual([['Harbor Dental']]);
  });
});
