import fs from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DataSource, QueryFailedError } from 'typeorm';
import { dataSourceOptions, openDatabase, openToRead, ping } from '../../src/database/database';
import { isUnavailable } from '../../src/database/database-errors';
import { ConfigError } from '../../src/platform/config-error';
import { createTestDatabase } from '../database';
import { until } from '../e2e/process';

const mapping = { entities: [], migrations: [] };

/** Whoever runs the tests may be allowed to write everywhere. */
const forbidWriting = (folder: string) =>
  jest.spyOn(fs, 'accessSync').mockImplementation((path) => {
    if (path === folder) throw Object.assign(new Error(), { code: 'EROFS' });
  });

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
  /** A file in which something is stored, and how to store more. */
  async function openFile() {
    const created = await createTestDatabase();
    const database = await openDatabase(created.url, mapping);
    await database.write((tx) => tx.run('CREATE TABLE things (id INTEGER)', []));
    const close = () => database.close().then(() => created.drop());
    const insert = () => database.write((tx) => tx.run('INSERT INTO things VALUES (1)', []));
    return { file: created.url.slice('sqlite:'.length), database, insert, close, drop: () => created.drop() };
  }
  const refusalOf = (work: Promise<unknown>) => work.then(String, (error: unknown) => error);

  test.each<[string, (file: string) => Promise<void>]>([
    ['file was deleted', (file) => rm(file)],
    [
      'file was replaced by a backup',
      (file) => copyFile(file, `${file}.new`).then(() => rename(`${file}.new`, file)),
    ],
    ['log was deleted', (file) => rm(`${file}-wal`)],
  ])(
    'a SQLite database whose %s is not ready, and stores nothing that would be lost',
    async (_what, change) => {
      const { file, database, insert, close } = await openFile();
      await ping(database);
      await change(file);
      for (const refusal of [await refusalOf(ping(database)), await refusalOf(insert())]) {
        expect(String(refusal)).toContain('The file of the database, or its log, was deleted or replaced');
        expect(isUnavailable(refusal)).toBe(true);
      }
      await close();
    },
  );

  test('a SQLite file that cannot be written is not ready, with the reason, until it can be written again', async () => {
    const { database, close } = await openFile();
    const { writer } = database as unknown as { readonly writer: DataSource };
    await writer.query('PRAGMA query_only = 1');
    expect(String(await refusalOf(ping(database)))).toContain(
      'The database takes no writes (SQLITE_READONLY)',
    );
    await writer.query('PRAGMA query_only = 0');
    await until(() =>
      ping(database).then(
        () => true,
        () => false,
      ),
    );
    await close();
  });

  test('a SQLite file in a folder that cannot be written is opened to read, and nothing comes to be beside it', async () => {
    const { file, database, insert, drop } = await openFile();
    // As one in which migrations were run.
    await database.write((tx) => tx.run('CREATE TABLE migrations (id INTEGER, name VARCHAR)', []));
    await insert();
    await database.close();
    const copy = join(dirname(file), 'copy');
    await mkdir(copy);
    await rename(file, join(copy, 'backup %3F.sqlite'));
    const access = forbidWriting(copy);
    const opened = await openToRead(`sqlite:${join(copy, 'backup %3F.sqlite')}`, mapping);
    expect(await opened?.read.rows('SELECT id FROM things')).toEqual([{ id: 1 }]);
    expect(await readdir(copy)).toEqual(['backup %3F.sqlite']);
    await opened?.close();
    access.mockRestore();
    await drop();
  });

  test('a SQLite file whose log cannot be read where it is, is not read without it, and the message says what to do', async () => {
    const { file, insert, close } = await openFile();
    await insert();
    const copy = join(dirname(file), 'copy');
    await mkdir(copy);
    for (const end of ['', '-wal']) await copyFile(file + end, join(copy, `backup.sqlite${end}`));
    const access = forbidWriting(copy);
    await expect(openToRead(`sqlite:${join(copy, 'backup.sqlite')}`, mapping)).rejects.toThrow(
      /can only be read in a folder that is writable: copy both there \(EROFS\)$/,
    );
    access.mockRestore();
    await close();
  });

  test('a SQLite file that is not there is not made in order to read it', async () => {
    const created = await createTestDatabase();
    await expect(openToRead(created.url, mapping)).rejects.toThrow(
      new ConfigError('DATABASE_URL: the database cannot be opened (ENOENT)'),
    );
    expect(await readdir(dirname(created.url.slice('sqlite:'.length)))).toEqual([]);
    await created.drop();
  });

  test('a SQLite file is written once for all who ask at one time whether it is ready', async () => {
    const { database, close } = await openFile();
    const write = jest.spyOn(database, 'write');
    await Promise.all(Array.from({ length: 100 }, () => ping(database)));
    expect(write).toHaveBeenCalledTimes(1);
    await close();
  });

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
  const access = forbidWriting(folder);
  await expect(openDatabase(`sqlite:${file}`, mapping)).rejects.toThrow(
    new ConfigError(
      'DATABASE_URL: the folder of the file must be writable, because SQLite writes its log beside the file (EROFS)',
    ),
  );
  access.mockRestore();
  await rm(folder, { recursive: true });
});
