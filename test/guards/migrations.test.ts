import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { entities } from '../../src/entities';
import { dataSourceOptions, openDatabase } from '../../src/platform/database';
import { createTestDatabase, type TestDatabase } from '../database';
import { HARBOR, HARBOR_RETELL_AGENT } from '../demo-ids';
import { startTestApp } from '../harness';
import { RESOLUTION, SET_CLIENT, START_CALL } from '../operations';

const mapping = { entities, migrations };
let database: TestDatabase;
let source: DataSource;

beforeEach(async () => {
  database = await createTestDatabase();
  source = await new DataSource(dataSourceOptions(database.url, mapping)).initialize();
});

afterEach(async () => {
  await source.destroy();
  await database.drop();
});

const drift = async () => (await source.driver.createSchemaBuilder().log()).upQueries.map(({ query }) => query);

describe('the migrations', () => {
  test('leave no difference between the database and the row classes', async () => {
    expect(await drift()).not.toEqual([]);
    await source.runMigrations();
    expect(await drift()).toEqual([]);
  });

  test('go down to an empty database and up again', async () => {
    await source.runMigrations();
    for (const _ of migrations) await source.undoLastMigration();
    const empty = await drift();
    expect(empty.length).toBeGreaterThanOrEqual(entities.length);
    await source.runMigrations();
    expect(await drift()).toEqual([]);
  });

  test('run once when several instances start at the same time', async () => {
    const instances = await Promise.all(Array.from({ length: 6 }, () => openDatabase(database.url, mapping)));
    const applied: unknown[] = await source.query('SELECT * FROM migrations');
    await Promise.all(instances.map((instance) => instance.close()));
    expect(applied).toHaveLength(migrations.length);
  });

  test('are taken over from an instance that was killed while it migrated', async () => {
    await source.query('CREATE TABLE migration_lock (id INTEGER NOT NULL PRIMARY KEY, holder VARCHAR(36) NOT NULL, expires_at BIGINT NOT NULL)');
    await source.query('INSERT INTO migration_lock VALUES (1, ?, ?)', ['killed', Date.now() - 1]);
    const instance = await openDatabase(database.url, mapping);
    await instance.close();
    expect(await source.query('SELECT * FROM migration_lock')).toEqual([]);
  });
});

test('the migrations after the first go down and up over a database that is in use, and keep what the first knew', async () => {
  const running = await startTestApp();
  const used = await new DataSource(dataSourceOptions(running.databaseUrl, mapping)).initialize();
  const rows = async (secrets: string) => {
    const tables = ['agencies', 'clients', 'people', 'agents', 'api_keys', secrets];
    return Promise.all(tables.map((table) => used.query<{ id: string }[]>(`SELECT * FROM ${table} ORDER BY 1`).then((found) => found.length)));
  };
  const before = await rows('api_key_secrets');
  expect(Math.min(...before)).toBeGreaterThan(1);
  for (const _ of migrations.slice(1)) await used.undoLastMigration();
  expect(await rows('api_key_versions')).toEqual(before);
  await used.runMigrations();
  expect(await rows('api_key_secrets')).toEqual(before);
  await used.destroy();
  await running.close();
});

describe('when the versions of keys become one secret a key', () => {
  const undone = migrations.length - migrations.findIndex(({ name }) => name.startsWith('OneSecretAKey'));
  const WHERE = 'WHERE apiKeyId = ?';
  const destroy = `UPDATE api_key_versions SET sealed = NULL, masterKey = NULL, retiredAt = createdAt ${WHERE}`;
  const retire = `UPDATE api_key_versions SET retiredAt = createdAt ${WHERE}`;
  const lose = `UPDATE api_key_versions SET sealed = NULL, masterKey = NULL ${WHERE}`;
  const remove = `DELETE FROM api_key_versions ${WHERE}`;
  const second = (retiredAt: string) => `INSERT INTO api_key_versions (apiKeyId, version, masterKey, sealed, createdAt, retiredAt) SELECT apiKeyId, 2, masterKey, sealed, createdAt, ${retiredAt} FROM api_key_versions ${WHERE}`;
  const cleared = 'UPDATE api_keys SET version = 2, isSet = 0 WHERE id = ?';
  const unset = 'UPDATE api_keys SET isSet = 0 WHERE id = ?';
  const FOUND_OUT = ['CLIENT UNREADABLE', 'KEY_UNREADABLE'] as const;

  test.each([
    ['set is used as it was', [], 'CLIENT UNVERIFIED', 'CLIENT', 2],
    ['set is used as it was also when the migration was killed after its first step', ['ALTER TABLE api_key_versions RENAME TO api_key_versions_before'], 'CLIENT UNVERIFIED', 'CLIENT', 2],
    ['cleared stays cleared', [cleared, destroy], 'AGENCY UNVERIFIED', 'AGENCY', 3],
    ['cleared stays cleared, and loses a secret that was left', [cleared, retire], 'AGENCY UNVERIFIED', 'AGENCY', 3],
    ['cleared so long ago that its versions are gone stays cleared', [cleared, remove], 'AGENCY UNVERIFIED', 'AGENCY', 3],
    ['older than its newest version is still found out', [second('createdAt')], ...FOUND_OUT, 3],
    ['cleared beside a live secret is still found out', [cleared], ...FOUND_OUT, 3],
    ['cleared beside a live version that lost its secret is still found out', [unset, lose], ...FOUND_OUT, 3],
    ['cleared beside an older version that is live again is still found out', [second('createdAt'), cleared], ...FOUND_OUT, 4],
    ['set beside two live versions is still found out', [second('NULL')], ...FOUND_OUT, 3],
    ['set without a live version is still found out', [retire], ...FOUND_OUT, 3],
    ['set without a live secret is still found out', [destroy], ...FOUND_OUT, 3],
    ['set without any version is still found out', [remove], ...FOUND_OUT, 3],
  ])('a key that is %s', async (_what, changes, resolved, outcome, nextVersion) => {
    const running = await startTestApp();
    const older = await new DataSource(dataSourceOptions(running.databaseUrl, mapping)).initialize();
    const [key] = await older.query<{ id: string }[]>("SELECT id FROM api_keys WHERE ownerId = ? AND provider = 'RETELL'", [HARBOR]);
    for (let index = 0; index < undone; index += 1) await older.undoLastMigration();
    for (const change of changes) await older.query(change, change.includes('?') ? [key?.id] : []);
    await older.runMigrations();
    await older.destroy();

    const { agent } = await running.data<{ agent: { keyResolution: { source: string; status: string } } }>(RESOLUTION, { id: HARBOR_RETELL_AGENT });
    expect(`${agent.keyResolution.source} ${agent.keyResolution.status}`).toBe(resolved);
    const { startTestCall: started } = await running.data<{ startTestCall: { call: { keySource: string } | null; userErrors: { code: string }[] } }>(START_CALL, {
      input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' },
    });
    expect(started.call?.keySource ?? started.userErrors[0]?.code).toBe(outcome);
    const set = await running.data(SET_CLIENT, { input: { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey: 'key_after_it_0123456' }] } });
    expect(set).toMatchObject({ setClientApiKeys: { apiKeys: [{ version: nextVersion }] } });
    await running.close();
  });

  test('a migration that was killed after its work and before it was noted down loses nothing', async () => {
    await source.runMigrations();
    await source.query('DELETE FROM migrations WHERE name = ?', ['OneSecretAKey1763990000000']);
    await source.query("INSERT INTO agencies (id, name, portalPermissions, createdAt) VALUES ('a', 'a', '', '2026-01-01 00:00:00')");
    await source.query("INSERT INTO api_keys (id, agencyId, ownerType, ownerId, provider, version, isSet, region, status, updatedAt) VALUES ('k', 'a', 'AGENCY', 'a', 'VAPI', 1, 1, 'US', 'VALID', '2026-01-01 00:00:00')");
    await source.query("INSERT INTO api_key_secrets (apiKeyId, version, masterKey, sealed) VALUES ('k', 1, 'm', 's')");
    await source.runMigrations();
    expect(await source.query('SELECT version, sealed FROM api_key_secrets')).toEqual([{ version: 1, sealed: 's' }]);
  });
});
