import { HARBOR, MAPLE, NEVER_GIVEN_OUT } from '../demo-ids';
import { seedHandIns } from '../../src/demo/hand-ins';
import { startTestApp, type TestApp } from '../harness';

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
  const { database, vault, audit } = running.app;
  await seedHandIns(database, vault, audit, running.sandbox);
});
afterEach(() => running.close());

interface ShownKey {
  readonly id: string;
  readonly provider: string;
  readonly version: number;
}

const KEYS_OF_ALL = `{ agency { id apiKeys { id provider version } }
  clients { nodes { id apiKeys { id provider version } } } }`;
const keysOfAll = async (query = KEYS_OF_ALL) => {
  const { agency, clients } = await running.data<{
    agency: { id: string; apiKeys: ShownKey[] };
    clients: { nodes: { id: string; apiKeys: ShownKey[] }[] };
  }>(query);
  return [agency, ...clients.nodes].flatMap(({ id: ownerId, apiKeys }) =>
    apiKeys.map((key) => ({ ownerId, ...key })),
  );
};
const placesOf = (keys: Awaited<ReturnType<typeof keysOfAll>>) =>
  keys.map(({ ownerId, provider, id }) => [ownerId, provider, id]);
const CLIENT = 'client { id apiKeys { id version } }';
const OWNERS = `${CLIENT} agency { id apiKeys { id version } }`;

/** Sends a mutation that asks for whose keys it changed, and gives its payload. */
const change = async (field: string, input: object, owners = OWNERS) => {
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input!`;
  const mutation = `mutation ($input: ${type}) { ${field}(input: $input) { ${owners} userErrors { code } } }`;
  const data = await running.data<Record<string, Payload>>(mutation, { input });
  return data[field] as Payload;
};

interface Owner {
  readonly id: string;
  readonly apiKeys: readonly { readonly id: string; readonly version: number }[];
}

interface Payload {
  readonly client: Owner | null;
  readonly agency?: Owner | null;
  readonly userErrors: readonly unknown[];
}

const versions = (owner: Owner | null | undefined) => owner?.apiKeys.map(({ version }) => version);

describe('the id of a place of a key', () => {
  test('belongs to this place alone, and stays when a key is set there for the first time, replaced and cleared', async () => {
    const before = await keysOfAll();
    expect(new Set(before.map(({ id }) => id)).size).toBe(before.length);
    expect(new Set(before.map(({ version }) => version))).toEqual(new Set([0, 1]));
    const keys = [{ provider: 'BLAND', apiKey: running.sandbox.bland.keys.valid }];
    for (const clientId of [MAPLE, HARBOR]) {
      await change('setClientApiKeys', { clientId, keys });
      await change('setClientApiKeys', { clientId, keys });
      await change('clearClientApiKeys', { clientId, providers: ['BLAND'] });
    }
    const after = await keysOfAll();
    expect(after.filter(({ version }) => version === 3)).toHaveLength(2);
    expect(placesOf(after)).toEqual(placesOf(before));
  });

  test('is the same whatever else is asked for, and on every instance', async () => {
    const all = KEYS_OF_ALL.replaceAll('version', 'version updatedAt lastError { code }');
    expect(placesOf(await keysOfAll(all))).toEqual(placesOf(await keysOfAll()));
    const other = await running.another();
    expect(await other.data(KEYS_OF_ALL)).toEqual(await running.data(KEYS_OF_ALL));
    await other.close();
  });
});

describe('the id of the viewer', () => {
  test('differs between people and service tokens, and is not the id of a person', async () => {
    const ids = new Set<string>();
    for (const persona of ['agencyAdmin', 'agencyMember', 'portalUser', 'otherAgencyAdmin'] as const) {
      const ask = () => running.data<{ viewer: { id: string } }>('{ viewer { id } }', {}, persona);
      const { viewer } = await ask();
      expect(await ask()).toEqual({ viewer });
      ids.add(viewer.id);
    }
    const { people } = await running.data<{ people: { nodes: { id: string }[] } }>(
      '{ people { nodes { id } } }',
    );
    expect(ids.size).toBe(4);
    expect(people.nodes.filter(({ id }) => ids.has(id))).toEqual([]);
  });
});

describe('the client or the agency whose keys a mutation changed', () => {
  test('is in the answer as it is after a set, a verification and a clear of a client', async () => {
    const keys = [{ provider: 'BLAND', apiKey: running.sandbox.bland.keys.valid }];
    const set = await change('setClientApiKeys', { clientId: MAPLE, keys });
    expect([set.client?.id, versions(set.client), set.agency]).toEqual([MAPLE, [0, 0, 1], null]);
    const verified = await change('verifyClientApiKeys', { clientId: MAPLE });
    expect(versions(verified.client)).toEqual([0, 0, 1]);
    const cleared = await change('clearClientApiKeys', { clientId: MAPLE, providers: ['BLAND'] });
    expect([cleared.client?.id, versions(cleared.client)]).toEqual([MAPLE, [0, 0, 2]]);
  });

  test('is in the answer as it is after a set, a verification and a clear of the agency', async () => {
    const keys = [{ provider: 'RETELL', apiKey: running.sandbox.retell.keys.valid }];
    const set = await change('setAgencyApiKeys', { keys });
    expect([set.client, versions(set.agency)]).toEqual([null, [2, 1, 1]]);
    expect(versions((await change('verifyAgencyApiKeys', {})).agency)).toEqual([2, 1, 1]);
    const cleared = await change('clearAgencyApiKeys', { providers: ['VAPI'] });
    expect([cleared.client, versions(cleared.agency)]).toEqual([null, [2, 2, 1]]);
  });

  test('is in the answer when a key that was handed in is accepted', async () => {
    const { keyHandIns } = await running.data<{ keyHandIns: { nodes: { id: string }[] } }>(
      'query ($clientId: ID!) { keyHandIns(clientId: $clientId, status: PENDING) { nodes { id } } }',
      { clientId: HARBOR },
    );
    const accepted = await change('acceptKeyHandIn', { keyHandInId: keyHandIns.nodes[0]?.id }, CLIENT);
    expect([accepted.client?.id, versions(accepted.client)]).toEqual([HARBOR, [1, 1, 1]]);
  });

  test('is in the answer to a change that was refused, too, unless there is no such client', async () => {
    const keys = [{ provider: 'RETELL', apiKey: 'key_good_form_1', expectedVersion: 7 }];
    const stale = await change('setClientApiKeys', { clientId: HARBOR, keys });
    expect([stale.userErrors, versions(stale.client)]).toEqual([[{ code: 'VERSION_CONFLICT' }], [1, 1, 0]]);
    const missing = await change('setClientApiKeys', { clientId: NEVER_GIVEN_OUT, keys });
    expect([missing.userErrors, missing.client, missing.agency]).toEqual([
      [{ code: 'NOT_FOUND' }],
      null,
      null,
    ]);
  });
});
