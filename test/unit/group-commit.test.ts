import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AbstractLogger } from 'typeorm';
import { openDatabase } from '../../src/database/database';
import type { Database } from '../../src/database/dialect';

const COUNT = 20;

let folder: string;
let database: Database;
let statements: jest.SpiedFunction<AbstractLogger['logQuery']>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-group-'));
  database = await openDatabase(`sqlite:${join(folder, 'group.sqlite')}`, { entities: [], migrations: [] });
  await database.write((tx) => tx.run('CREATE TABLE numbers (n INTEGER PRIMARY KEY)', []));
  statements = jest.spyOn(AbstractLogger.prototype, 'logQuery');
});

afterEach(async () => {
  statements.mockRestore();
  await database.close();
  await rm(folder, { recursive: true });
});

const insert = (n: number) => database.write((tx) => tx.run('INSERT INTO numbers VALUES (?)', [n]));
const sent = (sql: string) => statements.mock.calls.filter(([text]) => text === sql).length;
const stored = async () =>
  (await database.read.rows<{ n: number }>('SELECT n FROM numbers ORDER BY n')).map(({ n }) => n);
const numbers = Array.from({ length: COUNT }, (_, n) => n);

test('transactions of SQLite that wait together are committed together', async () => {
  await Promise.all(numbers.map(insert));
  expect(await stored()).toEqual(numbers);
  expect(sent('COMMIT')).toBe(1);
});

test('a transaction that fails is undone by itself, and the others that wait with it are done', async () => {
  const outcomes = await Promise.allSettled(
    numbers.map((n) =>
      database.write(async (tx) => {
        await tx.run('INSERT INTO numbers VALUES (?)', [n]);
        if (n % 2) throw new Error(`No odd number like ${n}`);
        return n;
      }),
    ),
  );
  expect(outcomes.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)))).toEqual(
    numbers.map((n) => (n % 2 ? `Error: No odd number like ${n}` : n)),
  );
  expect(await stored()).toEqual(numbers.filter((n) => n % 2 === 0));
});

test('where the commit fails, each transaction is done again by itself, and nobody has heard of it before', async () => {
  // The constraint is looked at when the transaction is committed, and not before.
  await database.write(async (tx) => {
    await tx.run('CREATE TABLE kinds (k INTEGER PRIMARY KEY)', []);
    await tx.run(
      'CREATE TABLE things (k INTEGER REFERENCES kinds (k) DEFERRABLE INITIALLY DEFERRED, n INTEGER)',
      [],
    );
  });
  const add = (n: number, kind: number | null) =>
    database.write((tx) => tx.run('INSERT INTO things VALUES (?, ?)', [kind, n]));
  const outcomes = await Promise.allSettled([add(1, null), add(2, 7), add(3, null)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  const things = await database.read.rows<{ n: number }>('SELECT n FROM things ORDER BY n');
  expect(things.map(({ n }) => n)).toEqual([1, 3]);
  expect(sent('COMMIT')).toBeGreaterThan(2);
});

test('where SQLite itself has rolled everything back, the transactions before are done again', async () => {
  const outcomes = await Promise.allSettled([
    insert(1),
    database.write((tx) => tx.run('INSERT OR ROLLBACK INTO numbers VALUES (1), (1)', [])),
    insert(3),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await stored()).toEqual([1, 3]);
});

test('the database is closed only when the transactions that wait have ended', async () => {
  const inserted = Promise.all(numbers.map(insert));
  await database.close();
  await expect(inserted).resolves.toHaveLength(COUNT);
  database = await openDatabase(`sqlite:${join(folder, 'group.sqlite')}`, { entities: [], migrations: [] });
  expect(await stored()).toEqual(numbers);
});
