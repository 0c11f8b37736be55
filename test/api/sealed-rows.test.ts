import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../src/app';
import { readConfig } from '../../src/config';
import { KeyRing } from '../../src/vault/master-keys/key-ring';
import { HARBOR, HARBOR_RETELL_AGENT, HARBOR_VAPI_AGENT, MAPLE } from '../demo-ids';
import { managerOf } from '../database';
import { startTestApp, type TestApp } from '../harness';
import {
  CLEAR_CLIENT,
  codes,
  RESOLUTION,
  SET_CLIENT,
  START_CALL,
  VERIFY_CLIENT,
  type UserErrors,
} from '../operations';

interface KeyRow {
  readonly id: string;
  readonly version: number;
  readonly sealed: string;
}

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

const sql = (statement: string, parameters: unknown[]): Promise<unknown> =>
  running.app.database.write((tx) => managerOf(tx).query(statement, parameters));

async function rowOf(ownerId: string, provider: string): Promise<KeyRow> {
  const rows: KeyRow[] = await managerOf(running.app.database.read).query(
    'SELECT id, version, sealed FROM api_keys WHERE ownerId = ? AND provider = ?',
    [ownerId, provider],
  );
  if (!rows[0]) throw new Error('There is no such row');
  return rows[0];
}

const set = (apiKey: string, clientId = HARBOR, provider = 'RETELL') =>
  running.data(SET_CLIENT, { input: { clientId, keys: [{ provider, apiKey }] } });
const startCall = async (agentId = HARBOR_RETELL_AGENT) =>
  (
    await running.data<{
      startTestCall: UserErrors & { call: { status: string; keySource: string } | null };
    }>(START_CALL, {
      input: { agentId, toNumber: '+14155550123' },
    })
  ).startTestCall;
const resolution = async (id = HARBOR_RETELL_AGENT) =>
  (await running.data<{ agent: { keyResolution: { source: string; status: string } } }>(RESOLUTION, { id }))
    .agent.keyResolution;
const verify = async () =>
  (
    await running.data<{ verifyClientApiKeys: { results: { status: string }[] } }>(VERIFY_CLIENT, {
      input: { clientId: HARBOR, providers: ['RETELL'] },
    })
  ).verifyClientApiKeys.results[0]?.status;

const setSealed = (id: string, sealed: string) =>
  sql('UPDATE api_keys SET sealed = ? WHERE id = ?', [sealed, id]);

/** Each leaves Harbor's Retell key in a state in which it must not open. */
const tamperings: [string, () => Promise<unknown>][] = [
  [
    "that holds another client's secret",
    async () => {
      await set('key_of_maple_0123456', MAPLE);
      await setSealed((await rowOf(HARBOR, 'RETELL')).id, (await rowOf(MAPLE, 'RETELL')).sealed);
    },
  ],
  [
    "that holds the same client's secret for another provider",
    async () => setSealed((await rowOf(HARBOR, 'RETELL')).id, (await rowOf(HARBOR, 'VAPI')).sealed),
  ],
  [
    'that holds the secret of an earlier version',
    async () => {
      const { id, sealed } = await rowOf(HARBOR, 'RETELL');
      await set('key_of_harbor_second_1');
      await setSealed(id, sealed);
    },
  ],
  [
    'that was truncated',
    async () => {
      const { id, sealed } = await rowOf(HARBOR, 'RETELL');
      await setSealed(id, sealed.slice(0, -8));
    },
  ],
  [
    'that lost its secret',
    async () => sql('UPDATE api_keys SET sealed = NULL WHERE id = ?', [(await rowOf(HARBOR, 'RETELL')).id]),
  ],
  [
    'that was put back to an earlier version',
    async () => {
      const { id, version } = await rowOf(HARBOR, 'RETELL');
      await set('key_of_harbor_second_1');
      await sql('UPDATE api_keys SET version = ? WHERE id = ?', [version, id]);
    },
  ],
  [
    'that was cleared, of which the secret came back',
    async () => {
      const { id, sealed } = await rowOf(HARBOR, 'RETELL');
      await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
      await sql("UPDATE api_keys SET sealed = ?, masterKey = 'test' WHERE id = ?", [sealed, id]);
    },
  ],
  [
    'that was put back to the time when it was not set',
    async () =>
      sql('UPDATE api_keys SET isSet = ?, version = 0 WHERE id = ?', [0, (await rowOf(HARBOR, 'RETELL')).id]),
  ],
  [
    'that was sealed with a master key that is gone',
    async () => {
      const { id, sealed } = await rowOf(HARBOR, 'RETELL');
      await setSealed(id, sealed.replace('.test.', '.gone.'));
    },
  ],
];

describe.each(tamperings)('a row %s', (_what, tamper) => {
  test("is not taken for no key: nobody else's key is used, and no provider is asked", async () => {
    await tamper();
    const { call, ...refused } = await startCall();
    expect([call, codes(refused)]).toEqual([null, ['KEY_UNREADABLE input.agentId']]);
    expect(running.sandbox.retell.requests).toEqual([]);
    expect((await resolution()).source).toBe('CLIENT');
  });

  test('is reported as unreadable, for that key alone', async () => {
    await tamper();
    expect(await verify()).toBe('UNREADABLE');
    expect(await resolution()).toEqual(expect.objectContaining({ source: 'CLIENT', status: 'UNREADABLE' }));
    expect((await startCall(HARBOR_VAPI_AGENT)).call).toMatchObject({
      status: 'QUEUED',
      keySource: 'CLIENT',
    });
  });

  test('is put right by setting the key again, and by clearing it', async () => {
    await tamper();
    await set(running.sandbox.retell.keys.secondAccount);
    expect((await startCall()).call).toMatchObject({ status: 'QUEUED', keySource: 'CLIENT' });
    await tamper();
    const { clearClientApiKeys } = await running.data<{ clearClientApiKeys: UserErrors }>(CLEAR_CLIENT, {
      input: { clientId: HARBOR, providers: ['RETELL'] },
    });
    expect(codes(clearClientApiKeys)).toEqual([]);
    expect((await resolution()).source).toBe('AGENCY');
  });
});

test("a client's key of which the secret came back is not taken for none where the agency's key is previewed or cleared", async () => {
  const { id, sealed } = await rowOf(HARBOR, 'RETELL');
  await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
  const INPUT = { provider: 'RETELL', apiKey: running.sandbox.retell.keys.secondAccount };
  const PREVIEW =
    'mutation ($input: PreviewAgencyApiKeyChangeInput!) { previewAgencyApiKeyChange(input: $input) { preview { affectedAgents { id } } } }';
  const affected = async () =>
    (
      await running.data<{ previewAgencyApiKeyChange: { preview: { affectedAgents: { id: string }[] } } }>(
        PREVIEW,
        { input: INPUT },
      )
    ).previewAgencyApiKeyChange.preview.affectedAgents.map((agent) => agent.id);
  expect(await affected()).toContain(HARBOR_RETELL_AGENT);
  await sql("UPDATE api_keys SET sealed = ?, masterKey = 'test' WHERE id = ?", [sealed, id]);
  expect(await affected()).not.toContain(HARBOR_RETELL_AGENT);
});

describe('the key ring', () => {
  const startWith = async (lines: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
    const file = join(folder, 'master.keys');
    writeFileSync(file, lines);
    const env = {
      DATABASE_URL: running.databaseUrl,
      LATCHKEY_MASTER_KEY_FILE: file,
      AUTH_ISSUER: running.issuer.issuer,
      AUTH_AUDIENCE: running.audience,
    };
    try {
      return await createApp(readConfig(env), { logStream: { write: () => undefined } });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test('stops the start when it lacks a key that seals secrets, which it names', async () => {
    await expect(startWith(KeyRing.generateLine('other'))).rejects.toThrow(
      'The key ring lacks master keys that seal stored keys: test',
    );
  });

  test('stops the start when a key is not what it was', async () => {
    await expect(startWith(KeyRing.generateLine('test'))).rejects.toThrow(
      'Not the master key that this database knows by this name: test',
    );
  });

  test('with a new key in front still opens what the old one sealed, and seals with the new one', async () => {
    const lines = KeyRing.generateLine('next') + readFileSync(running.keyRingFile, 'utf8');
    const app = await startWith(lines);
    expect(app.vault.cipher.masterKeyName).toBe('next');
    const { sealed, version } = await rowOf(HARBOR, 'RETELL');
    const agencyId = '01900000-0000-7000-8000-000000000001';
    const place = {
      agencyId,
      ownerType: 'CLIENT',
      ownerId: HARBOR,
      provider: 'RETELL',
      version,
      region: 'US',
    };
    expect(app.vault.cipher.open(sealed, place, 'CALL').mask).toBe('••••••••0002');
    await app.close();
  });
});
