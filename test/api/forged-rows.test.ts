import { ApiKeyRow } from '../../src/keys/api-key.entity';
import { newId } from '../../src/platform/ids';
import { HARBOR, HARBOR_RETELL_AGENT, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import {
  CLEAR_CLIENT,
  codes,
  RESOLUTION,
  SET_AGENCY,
  SET_CLIENT,
  START_CALL,
  VERIFY_CLIENT,
  type UserErrors,
} from '../operations';

const BRIGHTLINE = '01900000-0000-7000-8000-000000000001';
const NORTHWIND = '01900000-0000-7000-8000-000000000002';
const HARBOR_BLAND_AGENT = '01900000-0000-7000-8000-000000000403';
const MAPLE_RETELL_AGENT = '01900000-0000-7000-8000-000000000404';

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
  await set(running.sandbox.retell.keys.secondAccount);
});
afterEach(() => running.close());

const rowOf = (ownerId: string, provider: 'RETELL' | 'VAPI' | 'BLAND') =>
  running.app.database.read.findOneByOrFail(ApiKeyRow, { ownerId, provider });
/** Writes to the database as somebody who may write to it, and has no key. */
const forge = async (
  change: Partial<ApiKeyRow>,
  ownerId = HARBOR,
  provider: 'RETELL' | 'VAPI' = 'RETELL',
) => {
  const { id } = await rowOf(ownerId, provider);
  await running.app.database.write((tx) => tx.update(ApiKeyRow, { id }, change));
};
const insert = (row: ApiKeyRow) => running.app.database.write((tx) => tx.insert(ApiKeyRow, row));

const call = async (agentId = HARBOR_RETELL_AGENT) =>
  (
    await running.data<{ startTestCall: UserErrors & { call: { keySource: string } | null } }>(START_CALL, {
      input: { agentId, toNumber: '+14155550123' },
    })
  ).startTestCall;
const resolution = async (id = HARBOR_RETELL_AGENT) =>
  (await running.data<{ agent: { keyResolution: { source: string; status: string } } }>(RESOLUTION, { id }))
    .agent.keyResolution;

interface Shown {
  readonly provider: string;
  readonly isSet: boolean;
  readonly status: string;
  readonly maskedKey: string | null;
}
const LIST = (more: string) =>
  `query ($id: ID!) { client(id: $id) { apiKeys { provider isSet status maskedKey ${more} } } }`;
const shown = async (more = '', id = HARBOR) =>
  (await running.data<{ client: { apiKeys: Shown[] } }>(LIST(more), { id })).client.apiKeys.find(
    ({ provider }) => provider === 'RETELL',
  );
const verify = async () =>
  (
    await running.data<{
      verifyClientApiKeys: UserErrors & { results: { status: string; apiKey: Shown }[] };
    }>(VERIFY_CLIENT, {
      input: { clientId: HARBOR, providers: ['RETELL'] },
    })
  ).verifyClientApiKeys;
const PREVIEW = `mutation ($input: PreviewClientApiKeyChangeInput!) {
  previewClientApiKeyChange(input: $input) { preview { sourceBefore sourceAfter } userErrors { code } } }`;
const preview = async () =>
  (
    await running.data<{
      previewClientApiKeyChange: { preview: { sourceBefore: string; sourceAfter: string } };
    }>(PREVIEW, {
      input: { clientId: HARBOR, provider: 'RETELL' },
    })
  ).previewClientApiKeyChange.preview;
const PREVIEW_AGENCY = `mutation ($input: PreviewAgencyApiKeyChangeInput!) {
  previewAgencyApiKeyChange(input: $input) { preview { affectedAgents { id } } } }`;
const paidByAgency = async () =>
  (
    await running.data<{ previewAgencyApiKeyChange: { preview: { affectedAgents: { id: string }[] } } }>(
      PREVIEW_AGENCY,
      {
        input: { provider: 'RETELL' },
      },
    )
  ).previewAgencyApiKeyChange.preview.affectedAgents.map(({ id }) => id);
const set = async (apiKey: string) =>
  (
    await running.data<{ setClientApiKeys: UserErrors & { apiKeys: { version: number }[] } }>(SET_CLIENT, {
      input: { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey }] },
    })
  ).setClientApiKeys;
const clear = async () =>
  (
    await running.data<{ clearClientApiKeys: UserErrors & { apiKeys: { version: number }[] } }>(
      CLEAR_CLIENT,
      {
        input: { clientId: HARBOR, providers: ['RETELL'] },
      },
    )
  ).clearClientApiKeys;

const CLEARED = {
  isSet: false,
  sealed: null,
  masterKey: null,
  maskedKey: null,
  fingerprint: null,
  status: 'NOT_SET',
} as const;

/**
 * Each alters the row of Harbor's Retell key, which is set; Brightline has one as well, which must not take
 * its place.
 */
const forgeries: [string, () => Promise<unknown>][] = [
  ['says that no key is set', () => forge({ isSet: false })],
  ['lost its secret', () => forge({ sealed: null })],
  ['looks cleared in every column', () => forge(CLEARED)],
  ['looks cleared, one version later', () => forge({ ...CLEARED, version: 3 })],
  ['says another version', () => forge({ version: 7 })],
  ['says a version that is none', () => forge({ version: -1 })],
  ['says another region', () => forge({ region: 'EU' })],
  ['says that it is of the agency', () => forge({ ownerType: 'AGENCY' })],
  ['says another agency', () => forge({ agencyId: NORTHWIND })],
  ['says another agency and looks cleared', () => forge({ agencyId: NORTHWIND, ...CLEARED })],
  ['says another provider', () => forge({ provider: 'BLAND' })],
  ['says another provider and version', () => forge({ provider: 'BLAND', version: 3 })],
  ['says a provider that there is not', () => forge({ provider: 'NONE' as ApiKeyRow['provider'] })],
  ['has another id', async () => forge({ id: newId() })],
  ['has no MAC', () => forge({ mac: null })],
  ['has the MAC of another row', async () => forge({ mac: (await rowOf(BRIGHTLINE, 'RETELL')).mac })],
  // The end of the secret begins within a character, where it is taken by bytes.
  ['has a secret of other characters', () => forge({ sealed: `${'€'.repeat(60)}a` })],
  ['has the secret of another row', async () => forge({ sealed: (await rowOf(HARBOR, 'VAPI')).sealed })],
  [
    'has everything but the owner of a row that is cleared',
    async () => {
      await running.data(SET_CLIENT, {
        input: { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey: 'key_of_maple_0123456' }] },
      });
      await running.data(CLEAR_CLIENT, { input: { clientId: MAPLE, providers: ['RETELL'] } });
      const { id: _id, ownerId: _ownerId, ...cleared } = await rowOf(MAPLE, 'RETELL');
      await forge(cleared);
    },
  ],
  [
    'was exchanged with the one of another provider',
    async () => {
      await forge({ provider: 'NONE' as ApiKeyRow['provider'] });
      await forge({ provider: 'RETELL' }, HARBOR, 'VAPI');
    },
  ],
];

describe.each(forgeries)("the row of a client's key that %s", (_what, alter) => {
  test('is unreadable wherever it is used or shown, and nobody else pays in its place', async () => {
    await alter();
    expect([await call().then(codes), running.sandbox.retell.requests]).toEqual([
      ['KEY_UNREADABLE input.agentId'],
      [],
    ]);
    expect(await resolution()).toMatchObject({ source: 'CLIENT', status: 'UNREADABLE' });
    const unreadable = { isSet: true, status: 'UNREADABLE', maskedKey: null };
    expect(await shown()).toMatchObject(unreadable);
    expect(await shown('region updatedAt lastVerifiedAt')).toMatchObject({
      ...unreadable,
      region: null,
      updatedAt: null,
    });
    expect(await verify()).toMatchObject({
      results: [{ status: 'UNREADABLE', apiKey: { status: 'UNREADABLE' } }],
      userErrors: [],
    });
    expect(await preview()).toEqual({ sourceBefore: 'CLIENT', sourceAfter: 'AGENCY' });
    expect(await paidByAgency()).not.toContain(HARBOR_RETELL_AGENT);
    expect(running.sandbox.retell.requests).toEqual([]);
  });

  test('is put right by an admin, who sets the key again or clears it, with the next version', async () => {
    await alter();
    const stored = await set(running.sandbox.retell.keys.secondAccount);
    const version = stored.apiKeys[0]?.version ?? 0;
    // Version 2 was the last one, whatever the row says.
    expect([codes(stored), version > 2]).toEqual([[], true]);
    expect((await call()).call).toMatchObject({ keySource: 'CLIENT' });
    await alter().catch(() => forge({ isSet: false }));
    const cleared = await clear();
    expect([codes(cleared), cleared.apiKeys]).toMatchObject([[], [{ status: 'NOT_SET' }]]);
    expect(cleared.apiKeys[0]?.version).toBeGreaterThan(version);
    expect((await call()).call).toMatchObject({ keySource: 'AGENCY' });
  });
});

test('a row that was added where no key was set is unreadable, and so refused', async () => {
  await clear();
  const { id: _id, ...model } = await rowOf(HARBOR, 'VAPI');
  const bland = (await rowOf(BRIGHTLINE, 'BLAND')).sealed;
  await insert({ ...model, id: newId(), provider: 'BLAND', sealed: bland, mac: null });
  expect(codes(await call(HARBOR_BLAND_AGENT))).toEqual(['KEY_UNREADABLE input.agentId']);
  expect(await resolution(HARBOR_BLAND_AGENT)).toMatchObject({ source: 'CLIENT', status: 'UNREADABLE' });
  // The place that was cleared has a row that Latchkey wrote, and is as it was.
  expect((await call()).call).toMatchObject({ keySource: 'AGENCY' });
});

test('the next version of a key whose row was deleted is one that was never given out', async () => {
  const remove = (ownerId: string) =>
    running.app.database.write((tx) => tx.delete(ApiKeyRow, { ownerId, provider: 'RETELL' }));
  const versionOf = (ownerId: string) => rowOf(ownerId, 'RETELL').then(({ version }) => version);
  const before = await versionOf(HARBOR);
  await remove(HARBOR);
  await set('key_after_it_0123456');
  expect(await versionOf(HARBOR)).toBe(before + 1);
  await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
  await remove(HARBOR);
  await set('key_after_it_6543210');
  expect(await versionOf(HARBOR)).toBe(before + 3);

  const ofAgency = await versionOf(BRIGHTLINE);
  await remove(BRIGHTLINE);
  await running.data(SET_AGENCY, {
    input: { keys: [{ provider: 'RETELL', apiKey: 'key_after_it_0123456' }] },
  });
  expect(await versionOf(BRIGHTLINE)).toBe(ofAgency + 1);
});

test("the rows of two clients' keys that were exchanged are unreadable for both", async () => {
  const input = {
    clientId: MAPLE,
    keys: [{ provider: 'RETELL', apiKey: running.sandbox.retell.keys.valid }],
  };
  await running.data(SET_CLIENT, { input });
  const { id } = await rowOf(MAPLE, 'RETELL');
  const move = (where: object, ownerId: string) =>
    running.app.database.write((tx) => tx.update(ApiKeyRow, where, { ownerId }));
  await move({ id: (await rowOf(HARBOR, 'RETELL')).id }, newId());
  await move({ id }, HARBOR);
  expect(codes(await call())).toEqual(['KEY_UNREADABLE input.agentId']);
  expect(await shown()).toMatchObject({ status: 'UNREADABLE', maskedKey: null });
});

test("another agency's row that was moved to a client shows nothing of that agency's key", async () => {
  await running.app.database.write((tx) => tx.delete(ApiKeyRow, { ownerId: HARBOR, provider: 'RETELL' }));
  const { id } = await rowOf(NORTHWIND, 'RETELL');
  await running.app.database.write((tx) => tx.update(ApiKeyRow, { id }, { ownerId: HARBOR }));
  expect(codes(await call())).toEqual(['KEY_UNREADABLE input.agentId']);
  expect(await shown('region updatedAt')).toEqual({
    provider: 'RETELL',
    isSet: true,
    status: 'UNREADABLE',
    maskedKey: null,
    region: null,
    updatedAt: null,
  });
});

test("an agency's own key that looks cleared is unreadable, and not missing", async () => {
  await forge(CLEARED, BRIGHTLINE);
  expect(codes(await call(MAPLE_RETELL_AGENT))).toEqual(['KEY_UNREADABLE input.agentId']);
  expect(await resolution(MAPLE_RETELL_AGENT)).toMatchObject({ source: 'AGENCY', status: 'UNREADABLE' });
  expect((await call()).call).toMatchObject({ keySource: 'CLIENT' });
});
