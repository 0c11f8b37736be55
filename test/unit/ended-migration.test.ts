/** @jest-environment node */
import { setTimeout as pause } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { dataSourceOptions, type Database, type openDatabase } from '../../src/database/database';
import type { endOnSignals } from '../../src/platform/process';
import { createTestDatabase, type TestDatabase } from '../database';

let exit: jest.SpyInstance;
let database: TestDatabase;
let ran: string[];
let open: () => Promise<Database>;
beforeEach(async () => {
  exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  ran = [];
  database = await createTestDatabase();
  // A process is told to end once.
  jest.resetModules();
  jest.requireActual<{ endOnSignals: typeof endOnSignals }>('../../src/platform/process').endOnSignals();
  const own = jest.requireActual<{ openDatabase: typeof openDatabase }>('../../src/database/database');
  const migrations = [migration('First1700000000000'), migration('Second1700000000001')];
  open = () => own.openDatabase(database.url, { entities: [], migrations });
});
afterEach(async () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.removeAllListeners(signal);
  jest.restoreAllMocks();
  await database.drop();
});

let fault: Error | null = null;
const migration = (name: string) =>
  class {
    name = name;
    up = async () => {
      if (ran.push(name) === 1) process.emit('SIGTERM');
      await new Promise(setImmediate);
      ran.push(exit.mock.calls.length === 0 ? 'goes on' : 'has ended');
      if (fault) throw fault;
    };
    down = () => Promise.resolve();
  };

test('a process that is told to end while it migrates does so after the migration that runs, and keeps no other waiting', async () => {
  const instance = await open();
  const { read } = instance;
  expect([ran, exit.mock.calls]).toEqual([['First1700000000000', 'goes on'], [[0]]]);
  expect(await read.rows('SELECT name FROM migrations')).toEqual([{ name: 'First1700000000000' }]);
  expect(await read.rows('SELECT * FROM migration_lock')).toEqual([]);
  await instance.close();
});

test('a process that is told to end while a migration fails tells the reason', async () => {
  fault = new Error('The migration has failed');
  await expect(open()).rejects.toThrow(fault);
  expect(exit).not.toHaveBeenCalled();
  fault = null;
});

test('a process that is told to end while it waits for another one that migrates ends at once', async () => {
  const options = dataSourceOptions(database.url, { entities: [], migrations: [] });
  const other = await new DataSource(options).initialize();
  await other.query(
    'CREATE TABLE migration_lock (id INTEGER NOT NULL PRIMARY KEY, holder VARCHAR(36) NOT NULL, expires_at BIGINT NOT NULL)',
  );
  await other.query('INSERT INTO migration_lock VALUES (1, ?, ?)', ['other', Date.now() + 60_000]);
  const opening = open();
  await pause(500);
  process.emit('SIGTERM');
  expect([ran, exit.mock.calls]).toEqual([[], [[0]]]);
  // Here the process has not really ended.
  await other.query('DELETE FROM migration_lock');
  await (await opening).close();
  await other.destroy();
});
