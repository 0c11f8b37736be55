import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { dataSourceOptions, openDatabase, openToRead } from '../../src/database/database';
import { entities } from '../../src/entities';
import { ConfigError } from '../../src/platform/config-error';
import { createTestDatabase, type TestDatabase } from '../database';

let database: TestDatabase;
beforeEach(async () => (database = await createTestDatabase()));
afterEach(async () => {
  jest.restoreAllMocks();
  await database.drop();
});

const release = (...names: string[]) => ({
  entities: [],
  migrations: names.map(
    (name) =>
      class {
        name = name;
        up = () => Promise.resolve();
        down = () => Promise.resolve();
      },
  ),
});

test.each([
  ['use', openDatabase],
  ['read', openToRead],
] as const)(
  'a release does not open the database of a newer one to %s it, and names the migration',
  async (_purpose, open) => {
    const newer = release('First1700000000000', 'Second1700000000001');
    await (await openDatabase(database.url, newer)).close();
    await expect(open(database.url, release('First1700000000000'))).rejects.toThrow(
      new ConfigError(
        'DATABASE_URL: the database belongs to a newer release, which has run the migration Second1700000000001',
      ),
    );
    await (await openDatabase(database.url, newer)).close();
  },
);

/** Makes a table as another program would, and opens the database after that. */
async function openAfter(statement: string): Promise<unknown> {
  const source = new DataSource(dataSourceOptions(database.url, { entities: [], migrations: [] }));
  await (await source.initialize()).query(statement);
  await source.destroy();
  return openDatabase(database.url, { entities, migrations }).catch((error: unknown) => error);
}

test.each([
  ['others', 'CREATE TABLE clients (number INTEGER)'],
  [
    'the same and more',
    'CREATE TABLE agencies (id VARCHAR(36), name VARCHAR(200), createdAt DATETIME(3), number INTEGER)',
  ],
])(
  'a database with a table of another program is refused in one line, with the migration and the code: its columns are %s',
  async (_columns, statement) => {
    const printed = jest.spyOn(console, 'log').mockReturnValue();
    const error = await openAfter(statement);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).toMatch(
      /^DATABASE_URL: the migration Initial1763900000000 failed \((ER_TABLE_EXISTS_ERROR|SQLITE_ERROR)\)$/,
    );
    expect(printed).not.toHaveBeenCalled();
  },
);

test('a database in which another program has noted its migrations is refused in one line, with the code', async () => {
  const error = await openAfter('CREATE TABLE migrations (version INTEGER)');
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).message).toMatch(
    /^DATABASE_URL: the database cannot be opened \((ER_BAD_FIELD_ERROR|SQLITE_ERROR)\)$/,
  );
});
