import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { entities } from '../../src/entities';
import { dataSourceOptions, openDatabase } from '../../src/platform/database';
import { createTestDatabase, type TestDatabase } from '../database';
import { startTestApp } from '../harness';

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
  const rows = async () => {
    const tables = ['agencies', 'clients', 'people', 'agents', 'api_keys', 'api_key_versions'];
    return Promise.all(tables.map((table) => used.query<{ id: string }[]>(`SELECT * FROM ${table} ORDER BY 1`).then((found) => found.length)));
  };
  const before = await rows();
  expect(Math.min(...before)).toBeGreaterThan(1);
  for (const _ of migrations.slice(1)) await used.undoLastMigration();
  expect(await rows()).toEqual(before);
  await used.runMigrations();
  expect(await rows()).toEqual(before);
  await used.destroy();
  await running.close();
});
