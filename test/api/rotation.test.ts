import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { verifyAuditTrail } from '../../src/audit/audit-verifier';
import { entities } from '../../src/entities';
import { ApiKeyRow } from '../../src/keys/api-key.entity';
import { readStatedPlaces } from '../../src/keys/stated-places';
import type { Database } from '../../src/database/database';
import { sealedTables } from '../../src/sealed-tables';
import { Cipher } from '../../src/vault/cipher';
import { KeyRing } from '../../src/vault/master-keys/key-ring';
import { noteMasterKeys } from '../../src/vault/master-keys/master-key-check';
import { rotateMasterKeys, type RotationStep } from '../../src/vault/master-keys/rotation';
import { countByMasterKey } from '../../src/vault/master-keys/sealed-table';
import { VaultKeyRow } from '../../src/vault/vault-key.entity';
import { HARBOR, HARBOR_RETELL_AGENT, MAPLE } from '../demo-ids';
import { addKeys } from '../fixtures/many-keys';
import { managerOf, writingThrough } from '../database';
import { startTestApp, type TestApp } from '../harness';
import { ACCEPT_HAND_IN, CLEAR_CLIENT, HAND_IN, RESOLUTION, SET_CLIENT, START_CALL } from '../operations';
import { sealFor } from '../seal';

const nextLine = KeyRing.generateLine('next');
let testLine: string;
let running: TestApp;

beforeEach(async () => {
  running = await startTestApp();
  testLine = readFileSync(running.keyRingFile, 'utf8');
});
afterEach(() => running.close());

const cipherOf = (lines: string) => new Cipher(KeyRing.parse(lines));
const toNext = () => cipherOf(nextLine + testLine);
const toTest = () => cipherOf(testLine + nextLine);

async function rotate(
  cipher: Cipher = toNext(),
  database: Database = running.app.database,
): Promise<RotationStep[]> {
  const steps: RotationStep[] = [];
  for await (const step of rotateMasterKeys(database, cipher, sealedTables)) steps.push(step);
  return steps;
}

async function startWith(lines: string): Promise<TestApp> {
  writeFileSync(running.keyRingFile, lines);
  return running.another();
}

/** The database with something done before the work of each of its writes. */
function before(work: (write: number) => Promise<unknown>): Database {
  const { database } = running.app;
  let writes = 0;
  return writingThrough(database, async (inside) => {
    await work((writes += 1));
    return database.write(inside);
  });
}

const inUse = async () => Object.fromEntries(await countByMasterKey(running.app.database.read, sealedTables));
const secretsOf = (manager = running.app.database.read) => manager.find(ApiKeyRow, { order: { id: 'ASC' } });
const set = (on: TestApp, apiKey: string, clientId = MAPLE) =>
  on.data(SET_CLIENT, { input: { clientId, keys: [{ provider: 'RETELL', apiKey }] } });
const clear = (on: TestApp, clientId = MAPLE) =>
  on.data(CLEAR_CLIENT, { input: { clientId, providers: ['RETELL'] } });
const call = async (on: TestApp) =>
  (
    await on.data<{ startTestCall: { call: { status: string; keySource: string } } }>(START_CALL, {
      input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' },
    })
  ).startTestCall.call;

/** How many stored secrets there are, once each of them has opened. */
async function opened(cipher: Cipher): Promise<number> {
  const { read } = running.app.database;
  const places = sealedTables.map((table) => table.wrappedByOthers(read, '', null, 1_000));
  const secrets = (await Promise.all(places)).flat();
  for (const { sealed, place } of secrets) {
    if (sealed === null) throw new Error('A secret is lost');
    cipher.openBytes(sealed, place, 'VAULT_KEY');
  }
  return secrets.length;
}

describe('after a change of master keys, the old one dropped', () => {
  test('keys that were set before are used, and compared, and what was sealed to the upload key opens', async () => {
    const { secondAccount } = running.sandbox.retell.keys;
    const sent = await sealFor(running, secondAccount, { owner: MAPLE, provider: 'RETELL' });
    await rotate();
    const instance = await startWith(nextLine);
    expect(await call(instance)).toMatchObject({ status: 'QUEUED', keySource: 'CLIENT' });
    const keyHash = createHash('sha256').update(running.sandbox.retell.keys.secondAccount).digest('hex');
    expect(instance.sandbox.retell.requests.at(-1)?.authorization).toEqual({ scheme: 'Bearer', keyHash });
    const input = { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey: sent }] };
    const { setClientApiKeys } = await instance.data<{ setClientApiKeys: object }>(SET_CLIENT, { input });
    expect(setClientApiKeys).toMatchObject({
      warnings: [{ code: 'DUPLICATE_KEY', clients: [{ id: HARBOR }] }],
      userErrors: [],
    });
    await instance.close();
  });

  test('a key that was handed in before is accepted', async () => {
    const { handInApiKey } = await running.data<{ handInApiKey: { keyHandIn: { id: string } } }>(
      HAND_IN,
      { input: { provider: 'BLAND', apiKey: running.sandbox.bland.keys.valid } },
      'portalUser',
    );
    await rotate();
    const next = await startWith(nextLine);
    const answer = await next.data(ACCEPT_HAND_IN, { input: { keyHandInId: handInApiKey.keyHandIn.id } });
    await next.close();
    expect(answer).toMatchObject({
      acceptKeyHandIn: { apiKey: { provider: 'BLAND', version: 1 }, userErrors: [] },
    });
  });

  test('the audit trail goes on, and is as it was written', async () => {
    await rotate();
    const instance = await startWith(nextLine);
    await set(instance, 'key_after_the_change_1');
    const faults = [];
    const { database, audit, vault } = instance.app;
    const places = (id: string) => readStatedPlaces(database.read, vault.placeMacs, id);
    for await (const report of verifyAuditTrail(database, audit, places)) faults.push(...report.faults);
    expect(faults).toEqual([]);
    await instance.close();
  });

  test('the database refuses another key of the old name: backups may still be sealed with the first', async () => {
    await rotate();
    await (await startWith(nextLine)).close();
    await expect(startWith(nextLine + KeyRing.generateLine('test'))).rejects.toThrow(
      'Not the master key that this database knows by this name: test',
    );
  });
});

test('a start that is refused for one master key does not note the others, whose names stay free', async () => {
  await expect(startWith(nextLine + KeyRing.generateLine('test'))).rejects.toThrow(
    'Not the master key that this database knows by this name: test',
  );
  await expect(startWith(nextLine)).rejects.toThrow('The key ring lacks master keys');
  await (await startWith(testLine + KeyRing.generateLine('next'))).close();
});

test('of two starts that bring different master keys of one new name, one is refused', async () => {
  const { database } = running.app;
  const rings = [1, 2].map(() => KeyRing.parse(testLine + KeyRing.generateLine('next')));
  const outcomes = await Promise.allSettled(rings.map((ring) => noteMasterKeys(database, ring)));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const [again] = await Promise.allSettled(
    rings
      .filter((_, index) => outcomes[index]?.status === 'fulfilled')
      .map((ring) => noteMasterKeys(database, ring)),
  );
  expect(again?.status).toBe('fulfilled');
});

describe('a change of master keys', () => {
  test('wraps every data key anew, and leaves the secrets themselves as they lie there', async () => {
    const bodies = async () =>
      (await secretsOf()).map(({ sealed }) =>
        Buffer.from(sealed?.split('.')[2] ?? '', 'base64url')
          .subarray(60)
          .toString('hex'),
      );
    const before = await bodies();
    expect(await rotate()).toEqual([
      { kind: 'PROGRESS', table: 'vault_keys', done: 5, total: 5 },
      { kind: 'PROGRESS', table: 'api_keys', done: 6, total: 6 },
    ]);
    expect(await bodies()).toEqual(before);
    expect(await inUse()).toEqual({ next: 11 });
    expect(await opened(cipherOf(nextLine))).toBe(11);
    expect(await rotate()).toEqual([]);
  });

  test('leaves keys that were cleared without a secret', async () => {
    await set(running, 'key_to_be_replaced_1');
    await clear(running);
    await rotate();
    expect((await secretsOf()).filter(({ sealed }) => sealed === null)).toMatchObject([
      { version: 2, masterKey: null },
    ]);
  });

  test('goes through as many keys as there are, in batches, and says how far it is', async () => {
    await addKeys(running.app, 230);
    expect((await rotate()).slice(1)).toEqual(
      [100, 200, 236].map((done) => ({ kind: 'PROGRESS', table: 'api_keys', done, total: 236 })),
    );
    expect(await opened(cipherOf(nextLine))).toBe(241);
  });

  test('that is ended at any row leaves every secret readable, and goes on from there', async () => {
    for (let last = 1; last <= 11; last += 1) {
      const [from, to] = last % 2 ? ['test', 'next'] : ['next', 'test'];
      const cipher = last % 2 ? toNext() : toTest();
      let rows = 0;
      const tables = sealedTables.map((table) => ({
        ...table,
        replace: (...args: Parameters<typeof table.replace>) =>
          (rows += 1) === last ? Promise.reject(new Error('killed')) : table.replace(...args),
      }));
      await expect(async () => {
        for await (const _ of rotateMasterKeys(running.app.database, cipher, tables));
      }).rejects.toThrow('killed');
      expect(await opened(cipher)).toBe(11);
      expect((await inUse())[from]).toBe(last <= 5 ? 11 : 6);
      await rotate(cipher);
      expect(await inUse()).toEqual({ [to]: 11 });
      expect(await opened(cipher)).toBe(11);
    }
  });

  test.each<[string, (on: TestApp) => Promise<unknown>, string | null]>([
    ['set', (on) => set(on, 'key_set_meanwhile_7777', HARBOR), '••••••••7777'],
    ['cleared', (on) => clear(on, HARBOR), null],
    [
      'cleared and set again',
      (on) => clear(on, HARBOR).then(() => set(on, 'key_set_meanwhile_7777', HARBOR)),
      '••••••••7777',
    ],
  ])('loses nothing of a key that is %s between its reading and its writing', async (_what, change, mask) => {
    const instance = await startWith(testLine + nextLine);
    await rotate(
      toNext(),
      before(async (write) => write === 2 && change(instance)),
    );
    expect(Object.keys(await inUse())).toEqual(['next']);
    const { agent } = await instance.data<{ agent: { keyResolution: { source: string; status: string } } }>(
      RESOLUTION,
      { id: HARBOR_RETELL_AGENT },
    );
    expect(agent.keyResolution).toMatchObject(
      mask === null ? { source: 'AGENCY' } : { source: 'CLIENT', status: 'UNVERIFIED' },
    );
    const { client } = await instance.data<{
      client: { apiKeys: { provider: string; maskedKey: string | null }[] };
    }>('query ($id: ID!) { client(id: $id) { apiKeys { provider maskedKey } } }', { id: HARBOR });
    expect(client.apiKeys.find(({ provider }) => provider === 'RETELL')?.maskedKey ?? null).toBe(mask);
    expect(await opened(cipherOf(nextLine))).toBe(mask === null ? 10 : 11);
    await instance.close();
  });

  test('finds the keys that another instance meanwhile seals with the old key', async () => {
    await rotate(
      toNext(),
      before(async (write) => write === 3 || set(running, `key_set_with_the_old_${write}`)),
    );
    expect(Object.keys(await inUse())).toEqual(['next']);
    expect(await opened(cipherOf(nextLine))).toBe(12);
  });

  test('loses nothing to another run that overtakes it at any batch', async () => {
    await addKeys(running.app, 230);
    for (const [cipher, overtaken] of [
      [toNext(), 1],
      [toTest(), 2],
      [toNext(), 4],
    ] as const) {
      await rotate(
        cipher,
        before(async (write) => write === overtaken && rotate(cipher)),
      );
      expect(await inUse()).toEqual({ [cipher.masterKeyName]: 241 });
      expect(await opened(cipher)).toBe(241);
    }
  });

  test('names a secret that does not open once, leaves it as it is, and wraps all others', async () => {
    await addKeys(running.app, 120);
    const [broken, lost] = await secretsOf();
    if (!broken?.sealed || !lost) throw new Error('There are no keys');
    const altered = {
      sealed: broken.sealed.slice(0, 20) + (broken.sealed[20] === 'A' ? 'B' : 'A') + broken.sealed.slice(21),
    };
    await running.app.database.write(async (tx) => {
      await tx.update(ApiKeyRow, { id: broken.id }, altered);
      await tx.update(ApiKeyRow, { id: lost.id }, { sealed: null });
      await tx.update(VaultKeyRow, { name: 'upload-1' }, { sealed: 'lk1.gone.AAAA' });
    });
    const steps = await rotate();
    expect(steps.filter(({ kind }) => kind === 'UNREADABLE')).toEqual([
      { kind: 'UNREADABLE', table: 'vault_keys', key: 'upload-1' },
      { kind: 'UNREADABLE', table: 'api_keys', key: broken.id },
      { kind: 'UNREADABLE', table: 'api_keys', key: lost.id },
    ]);
    expect(await inUse()).toEqual({ next: 128, test: 3 });
    expect(await secretsOf()).toEqual(
      expect.arrayContaining([
        { ...broken, ...altered },
        { ...lost, sealed: null },
      ]),
    );
  });
});

test('the list of sealed tables has every row class with a sealed secret', () => {
  const { dataSource } = managerOf(running.app.database.read);
  const metadata = entities.map((entity) => dataSource.getMetadata(entity));
  const sealed = metadata
    .filter((each) => each.findColumnWithPropertyName('masterKey'))
    .map(({ tableName }) => tableName);
  expect(sealedTables.map(({ name }) => name).sort()).toEqual(sealed.sort());
});
