import fs from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, QueryFailedError } from 'typeorm';
import { dataSourceOptions, openDatabase, ping } from '../../src/database/database';
import { isUnavailable } from '../../src/database/database-errors';
import { ConfigError } from '../../src/platform/config-error';
import { createTestDatabase } from '../database';

const mapping = { entities: [], migrations: [] };

test.each([
  [' SQLite:latchkey.sqlite', { type: 'better-sqlite3', database: 'latchkey.sqlite' }],
  [' MySQL://root@db.internal/latchkey', { type: 'mysql', host: 'db.internal', database: 'latchkey' }],
  ['MARIADB://root@db.internal/latchkey ', { type: 'mariadb', host: 'db.internal', database: 'latchkey' }],
])(
  'the address %j is opened as the configuration accepts it, whatever its case and blanks',
  (url, options) => {
    expect(dataSourceOptions(url, mapping)).toMatchObject(options);
  },
);

test.each([
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_DISK_FULL',
  'SQLITE_BUSY',
  'SQLITE_FULL',
  'SQLITE_READONLY',
  'SQLITE_READONLY_DBMOVED',
  'SQLITE_IOERR_WRITE',
  // SQLITE_READONLY_DIRECTORY, for which the driver has no name.
  'UNKNOWN_SQLITE_ERROR_1544',
])('a statement that failed with %s may succeed later', (code) => {
  expect(isUnavailable(new QueryFailedError('', [], Object.assign(new Error(), { code })))).toBe(true);
});

test.each([1927, 1969])(
  'an error of MariaDB that the driver has no name for, %d, is known by its number',
  (errno) => {
    expect(isUnavailable(new QueryFailedError('', [], Object.assign(new Error(), { errno })))).toBe(true);
  },
);

test.each([
  'ER_DUP_ENTRY',
  'ER_PARSE_ERROR',
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_ERROR',
  'UNKNOWN_SQLITE_ERROR_2067',
])('a statement that failed with %s fails again', (code) => {
  expect(isUnavailable(new QueryFailedError('', [], Object.assign(new Error(), { code })))).toBe(false);
});

test('a database is ready while it takes writes', async () => {
  const created = await createTestDatabase();
  const { url } = created;
  const database = await openDatabase(url, mapping);
  await ping(database);
  if (!url.startsWith('sqlite:')) {
    // What a replica answers.
    jest.spyOn(database.read, 'rows').mockResolvedValue([{ refusing: 1 }]);
    await expect(ping(database)).rejects.toThrow('The database takes no writes');
  }
  await database.close();
  await created.drop();
});

if (process.env.TEST_DATABASE_SERVER === undefined) {
  test('a SQLite file that another process has locked stops neither the process nor reads, and is told of as unavailable in time', async () => {
    const created = await createTestDatabase();
    const { url } = created;
    const database = await openDatabase(url, mapping);
    await database.write((tx) => tx.run('CREATE TABLE things (id INTEGER)', []));
    const insert = () => database.write((tx) => tx.run('INSERT INTO things VALUES (1)', []));
    const other = await new DataSource(dataSourceOptions(url, mapping)).initialize();
    await other.query('BEGIN IMMEDIATE');
    const started = Date.now();
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 10);
    const refused = await Promise.all([1, 2, 3].map(() => insert().catch((error: unknown) => error)));
    clearInterval(turning);
    expect(refused.map(isUnavailable)).toEqual([true, true, true]);
    expect(Date.now() - started).toBeLessThan(9_000);
    expect(turns).toBeGreaterThan(50);
    const waiting = insert();
    expect(await database.read.rows('SELECT id FROM things')).toEqual([]);
    await other.query('ROLLBACK');
    expect(await waiting).toBe(1);
    await database.close();
    await other.destroy();
    await created.drop();
  });

  test('a write that SQLite refuses because nothing can be written may succeed later', async () => {
    const created = await createTestDatabase();
    const { url } = created;
    const database = await openDatabase(url, mapping);
    await database.write((tx) => tx.run('CREATE TABLE things (id INTEGER)', []));
    await database.write((tx) => tx.run('PRAGMA query_only = 1', []));
    const refused = await database
      .write((tx) => tx.run('INSERT INTO things VALUES (1)', []))
      .catch((error: unknown) => error);
    expect(isUnavailable(refused)).toBe(true);
    await database.close();
    await created.drop();
  });
}

test('a SQLite file in a folder that cannot be written is not opened, and the message says that it must be', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-folder-'));
  const file = join(folder, 'latchkey.sqlite');
  await writeFile(file, '');
  // Whoever runs the tests may be allowed to write everywhere.
  const access = jest.spyOn(fs, 'accessSync').mockImplementation((path) => {
    expect(path).toBe(folder);
    throw Object.assign(new Error(), { code: 'EACCES' });
  });
  await expect(openDatabase(`sqlite:${file}`, mapping)).rejects.toThrow(
    new ConfigError(
      'DATABASE_URL: the folder of the file must be writable, because SQLite writes its log beside the file (EACCES)',
    ),
  );
  access.mockRestore();
  await rm(folder, { recursive: true });
});
