import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { ApiKeyRow } from '../../src/keys/api-key.entity';
import { encrypt, IV_BYTES, KeyRing } from '../../src/vault/master-keys/key-ring';
import { MasterKeyCheckRow } from '../../src/vault/master-keys/master-key.entity';
import { VaultKeyRow } from '../../src/vault/vault-key.entity';
import { HARBOR, HARBOR_RETELL_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { codes, RESOLUTION, SET_CLIENT, START_CALL, type UserErrors } from '../operations';

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

/** Seals as releases did before places had MACs: not bound to the region. */
function sealAsBefore(ring: KeyRing, text: string, key: ApiKeyRow): string {
  const place = [key.agencyId, key.ownerType, key.ownerId, key.provider, key.version];
  const dataKey = randomBytes(32);
  const bound = (purpose: string) => JSON.stringify(['lk1', purpose, ...place]);
  const body = encrypt(dataKey, Buffer.from(text), bound('secret'), randomBytes(IV_BYTES));
  const wrapped = ring.wrap(dataKey, bound('data-key'));
  return `lk1.${ring.activeName}.${Buffer.concat([wrapped, body]).toString('base64url')}`;
}

function checkAsBefore(ring: KeyRing): string {
  const known = Buffer.from('latchkey master key check: 32 by');
  return ring.wrap(known, JSON.stringify(['lk1', 'master-key-check', ring.activeName])).toString('base64url');
}

/** Makes the database what an older release left. Its rows can be altered before the next instance starts. */
async function makeOld(): Promise<void> {
  const ring = KeyRing.parse(readFileSync(running.keyRingFile, 'utf8'));
  const { database } = running.app;
  const harbor = await database.read.findOneByOrFail(ApiKeyRow, { ownerId: HARBOR, provider: 'RETELL' });
  const sealed = sealAsBefore(ring, running.sandbox.retell.keys.secondAccount, harbor);
  await database.write(async (tx) => {
    await tx.run('UPDATE api_keys SET mac = NULL', []);
    await tx.update(ApiKeyRow, { id: harbor.id }, { sealed });
    await tx.delete(VaultKeyRow, { name: 'place' });
    await tx.update(MasterKeyCheckRow, { name: ring.activeName }, { sealed: checkAsBefore(ring) });
  });
}

const call = async (on: TestApp) =>
  (
    await on.data<{ startTestCall: UserErrors & { call: { keySource: string } | null } }>(START_CALL, {
      input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' },
    })
  ).startTestCall;
const status = async (on: TestApp) =>
  (await on.data<{ agent: { keyResolution: { status: string } } }>(RESOLUTION, { id: HARBOR_RETELL_AGENT }))
    .agent.keyResolution.status;

describe('a database from before places had MACs', () => {
  test('is used as it was: its places get their MACs at the first start, and keys sealed without a region open', async () => {
    await makeOld();
    const instance = await running.another();
    expect(await status(instance)).toBe('UNVERIFIED');
    expect((await call(instance)).call).toMatchObject({ keySource: 'CLIENT' });
    expect(await running.app.database.read.countBy(ApiKeyRow, { mac: '' })).toBe(0);
    const input = { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey: 'key_of_harbor_second_1' }] };
    expect(await instance.data(SET_CLIENT, { input })).toMatchObject({
      setClientApiKeys: { apiKeys: [{ version: 2 }] },
    });
    await instance.close();
  });

  test('gets them once, also where two instances start together', async () => {
    await makeOld();
    const instances = await Promise.all([running.another(), running.another()]);
    for (const instance of instances) expect(await status(instance)).toBe('UNVERIFIED');
    await Promise.all(instances.map((instance) => instance.close()));
  });

  test('gives none to a row that contradicts itself', async () => {
    await makeOld();
    const unset = { isSet: false };
    await running.app.database.write((tx) =>
      tx.update(ApiKeyRow, { ownerId: HARBOR, provider: 'RETELL' }, unset),
    );
    const instance = await running.another();
    expect(codes(await call(instance))).toEqual(['KEY_UNREADABLE input.agentId']);
    await instance.close();
  });

  test('is opened by a ring with a new master key in front, too', async () => {
    await makeOld();
    writeFileSync(
      running.keyRingFile,
      KeyRing.generateLine('next') + readFileSync(running.keyRingFile, 'utf8'),
    );
    const instance = await running.another();
    expect((await call(instance)).call).toMatchObject({ keySource: 'CLIENT' });
    await instance.close();
  });
});

describe('whoever can write to the database cannot make it look like one', () => {
  const forge = async (more: () => Promise<unknown>) => {
    await running.app.database.write((tx) =>
      tx.update(
        ApiKeyRow,
        { ownerId: HARBOR, provider: 'RETELL' },
        { isSet: false, sealed: null, masterKey: null, mac: null },
      ),
    );
    await more();
    const instance = await running.another();
    const refused = await call(instance);
    await instance.close();
    return refused;
  };
  const remove = (row: typeof VaultKeyRow | typeof MasterKeyCheckRow, where: object) =>
    running.app.database.write((tx) => tx.delete(row, where));

  test.each<[string, () => Promise<unknown>]>([
    ['by removing a MAC', () => Promise.resolve()],
    ['by removing the key of the MACs', () => remove(VaultKeyRow, { name: 'place' })],
    [
      'by removing the key of the MACs and what the master keys are checked with',
      async () => {
        await remove(VaultKeyRow, { name: 'place' });
        await remove(MasterKeyCheckRow, { name: 'test' });
      },
    ],
    [
      'by undoing the migration',
      async () => {
        await remove(VaultKeyRow, { name: 'place' });
        await running.app.database.write((tx) => tx.run('ALTER TABLE api_keys DROP COLUMN mac', []));
        await running.app.database.write((tx) =>
          tx.run("DELETE FROM migrations WHERE name LIKE 'PlacesCarryAMac%'", []),
        );
      },
    ],
  ])('%s: a forged row stays unreadable after the next start', async (_what, more) => {
    expect(codes(await forge(more))).toEqual(['KEY_UNREADABLE input.agentId']);
  });
});
