import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiKeyRow } from '../../src/keys/api-key.entity';
import { sealedTables } from '../../src/sealed-tables';
import { KeyRing } from '../../src/vault/master-keys/key-ring';
import { countByMasterKey } from '../../src/vault/master-keys/sealed-table';
import { HARBOR_RETELL_AGENT, MAPLE } from '../demo-ids';
import { addKeys } from '../fixtures/many-keys';
import { startTestApp, type TestApp } from '../harness';
import { SET_CLIENT, START_CALL } from '../operations';
import { Process } from './process';

const nextLine = KeyRing.generateLine('next');
let folder: string;
let testLine: string;
let running: TestApp;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-rotation-'));
  running = await startTestApp();
  testLine = readFileSync(running.keyRingFile, 'utf8');
});
afterEach(async () => {
  await running.close();
  rmSync(folder, { recursive: true });
});

function rotate(): Process {
  const file = join(folder, 'master.keys');
  writeFileSync(file, nextLine + testLine, { mode: 0o600 });
  const env = {
    DATABASE_URL: running.databaseUrl,
    LATCHKEY_MASTER_KEY_FILE: file,
    AUTH_ISSUER: running.issuer.issuer,
    AUTH_AUDIENCE: running.audience,
  };
  return new Process('src/cli.js', folder, env, ['keys-rotate']);
}

async function startWith(lines: string): Promise<TestApp> {
  writeFileSync(running.keyRingFile, lines);
  return running.another();
}

const inUse = async () => Object.fromEntries(await countByMasterKey(running.app.database.read, sealedTables));
const call = (on: TestApp) =>
  on.data<{ startTestCall: object }>(START_CALL, {
    input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' },
  });

describe('npm run keys:rotate', () => {
  test('says how far it is, and which master key may be dropped; without it everything starts and opens', async () => {
    await addKeys(running.app, 150);
    const rotation = rotate();
    expect(await rotation.ended()).toBe(0);
    expect(rotation.output.trim().split('\n')).toEqual([
      'vault_keys: 100 %, 5 of 5',
      'api_keys: 64 %, 100 of 156',
      'api_keys: 100 %, 156 of 156',
      'master key next seals 161 of the stored keys: it is the active one',
      'master key test seals 0 of the stored keys: its line may be dropped',
    ]);
    const instance = await startWith(nextLine);
    expect(await call(instance)).toMatchObject({
      startTestCall: { call: { status: 'QUEUED', keySource: 'CLIENT' } },
    });
    await instance.close();
  });

  test('goes on where it was when it is killed, however often', async () => {
    await addKeys(running.app, 2_000);
    const left: number[] = [];
    for (let kills = 0; kills < 3; kills += 1) {
      const rotation = rotate();
      await rotation.prints(/api_keys: .*\n/);
      rotation.signal('SIGKILL');
      expect(await rotation.ended()).toBeNull();
      left.push((await inUse()).test ?? 0);
    }
    expect(left[0]).toBeLessThan(2_011);
    expect(left).toEqual([...new Set(left)].sort((one, other) => other - one));
    expect(left.at(-1)).toBeGreaterThan(0);
    const rest = rotate();
    expect(await rest.ended()).toBe(0);
    expect(await inUse()).toEqual({ next: 2_011 });
    await (await startWith(nextLine)).close();
  });

  test('twice at once, beside a server that sets keys and places calls: nobody notices', async () => {
    await addKeys(running.app, 2_000);
    const instance = await startWith(nextLine + testLine);
    const rotations = [rotate(), rotate()];
    const state = { ended: false };
    const all = Promise.all(rotations.map((rotation) => rotation.ended())).finally(
      () => (state.ended = true),
    );
    let calls = 0;
    for (; !state.ended; calls += 1) {
      expect(await call(instance)).toMatchObject({
        startTestCall: { call: { status: 'QUEUED', keySource: 'CLIENT' } },
      });
      const input = { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey: `key_set_meanwhile_${calls}` }] };
      expect(await instance.data(SET_CLIENT, { input })).toMatchObject({
        setClientApiKeys: { apiKeys: [{ version: calls + 1 }], userErrors: [] },
      });
    }
    expect(await all).toEqual([0, 0]);
    expect(calls).toBeGreaterThan(1);
    expect(Object.keys(await inUse())).toEqual(['next']);
    await instance.close();
  });

  test('names what does not open, by its table and id alone, ends with 1 and keeps its master key', async () => {
    const [broken] = await running.app.database.read.find(ApiKeyRow, { take: 1 });
    if (!broken?.sealed) throw new Error('There is no key');
    const sealed = `${broken.sealed.slice(0, 9)}AAAA${broken.sealed.slice(13)}`;
    await running.app.database.write((tx) => tx.update(ApiKeyRow, { id: broken.id }, { sealed }));
    const rotation = rotate();
    expect(await rotation.ended()).toBe(1);
    expect(rotation.output.trim().split('\n').slice(1)).toEqual([
      `api_keys: DOES NOT OPEN, left as it is: ${broken.id}`,
      'api_keys: 83 %, 5 of 6',
      'master key next seals 10 of the stored keys: it is the active one',
      'master key test seals 1 of the stored keys: keep its line',
    ]);
  });
});
