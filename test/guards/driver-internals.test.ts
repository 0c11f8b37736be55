import { QueryFailedError } from 'typeorm';
import { ClientRow } from '../../src/clients/client.entity';
import { openDatabase, type Database } from '../../src/database/database';
import { LeaseRow } from '../../src/database/lease';
import {
  forceIndex,
  poolOf,
  sendTogether,
  type PooledConnection,
} from '../../src/database/typeorm-internals';
import type { Beginning } from '../../src/database/transaction';
import { migrations } from '../../migrations';
import { entities } from '../../src/entities';
import { createMigratedDatabase, managerOf, type TestDatabase } from '../database';

const version = (name: string) =>
  jest.requireActual<{ version: string }>(`../../node_modules/${name}/package.json`).version;

let file: TestDatabase;
let database: Database;
beforeAll(async () => {
  file = await createMigratedDatabase();
  database = await openDatabase(file.url, { entities, migrations });
});
afterAll(async () => {
  await database.close();
  await file.drop();
});

// With another version: read src/database/typeorm-internals.ts, src/database/waiting.ts and the reader of
// rows in src/database/sqlite.ts again beside it, run this file on SQLite and on MariaDB, and then name the
// new version here.
test('the code that reaches behind TypeORM and the drivers was tried with the versions that are installed', () => {
  expect(['typeorm', 'mysql2', 'libsql'].map((name) => `${name} ${version(name)}`)).toEqual([
    'typeorm 1.1.1',
    'mysql2 3.24.6',
    'libsql 0.5.29',
  ]);
});

test('a query is made to read along an index', () => {
  const query = database.read.createQueryBuilder(ClientRow, 'client').where({ agencyId: 'a' });
  forceIndex(query, database.read.indexHint('clients_by_agency'));
  const sqlite = managerOf(database.read).dataSource.options.type === 'better-sqlite3';
  const hint = sqlite ? 'INDEXED BY clients_by_agency' : 'FORCE INDEX (clients_by_agency)';
  expect(query.getQuery()).toContain(`client${sqlite ? '"' : '`'} ${hint} WHERE `);
});

test('two databases share what TypeORM derives from the classes of rows, and no rows', async () => {
  const otherFile = await createMigratedDatabase();
  const other = await openDatabase(otherFile.url, { entities, migrations });
  try {
    const [one, two] = [database, other].map(({ read }) => managerOf(read).dataSource);
    expect(two?.getMetadata(ClientRow)).toBe(one?.getMetadata(ClientRow));
    const name = 'of the other database';
    const row = { name, holder: 'a', fence: 1, expiresAt: new Date() };
    await other.write((tx) => tx.insert(LeaseRow, row));
    expect(await other.read.findOneBy(LeaseRow, { name })).toEqual(row);
    expect(await database.read.findOneBy(LeaseRow, { name })).toBeNull();
  } finally {
    await other.close();
    await otherFile.drop();
  }
});

test('TypeORM knows of a transaction that it did not begin', async () => {
  // On SQLite there is one connection, and no query runner of a transaction.
  const known = await database.write((tx) =>
    Promise.resolve(managerOf(tx).queryRunner?.isTransactionActive ?? true),
  );
  expect(known).toBe(true);
});

describe('what a transaction begins with', () => {
  const valueOf = async (tx: Beginning, value: number) =>
    Number((await tx.rows<{ value: unknown }>('SELECT ? AS value', [value]))[0]?.value);

  test('is answered in its order, whether or not it was prepared before', async () => {
    for (const round of [1, 2, 3]) {
      const begun = database.writeAfter(
        (tx) => Promise.all([valueOf(tx, round), valueOf(tx, 2 * round), valueOf(tx, 3 * round)]),
        async (tx, found) => [...found, await valueOf(tx, 4 * round)],
      );
      expect(await begun).toEqual([round, 2 * round, 3 * round, 4 * round]);
    }
  });

  test('fails as a whole where one statement fails, and the next transaction is none the worse', async () => {
    let hasWorked = false;
    const failing = database.writeAfter(
      (tx) => Promise.all([valueOf(tx, 1), tx.rows('SELECT nothing FROM nowhere'), valueOf(tx, 2)]),
      () => Promise.resolve((hasWorked = true)),
    );
    await expect(failing).rejects.toThrow(QueryFailedError);
    expect(hasWorked).toBe(false);
    expect(await database.write((tx) => valueOf(tx, 3))).toBe(3);
  });

  if (process.env.TEST_DATABASE_SERVER === undefined) return;

  const connected = () =>
    new Promise<PooledConnection>((resolve, reject) =>
      poolOf(managerOf(database.read).dataSource).getConnection((error, connection) =>
        connection ? resolve(connection) : reject(error ?? new Error('There is no connection')),
      ),
    );
  const TEXTS = ['SELECT 1 AS value', 'SELECT 2 AS value', 'SELECT 3 AS value'];
  const sendAll = (connection: PooledConnection) =>
    sendTogether(connection, () =>
      TEXTS.map(
        (sql) =>
          new Promise((resolve) => connection.query(sql, (error, rows) => resolve(error?.message ?? rows))),
      ),
    );

  test('is sent before anything is answered', async () => {
    const connection = await connected();
    const before = connection.stream.bytesWritten;
    const answers = sendAll(connection);
    expect(connection.stream.bytesWritten - before).toBeGreaterThan(TEXTS.join('').length);
    expect(await Promise.all(answers)).toEqual([[{ value: 1 }], [{ value: 2 }], [{ value: 3 }]]);
    connection.release();
  });

  test.each(['before it is sent', 'before it is answered'])(
    'fails with a connection that is lost %s',
    async (when) => {
      const connection = await connected();
      const lose = () => connection.stream.destroy(new Error('Lost'));
      if (when === 'before it is sent') {
        lose();
        await new Promise((resolve) => connection.stream.once('close', resolve));
      }
      const answers = sendAll(connection);
      lose();
      for (const answer of answers) expect(await answer).toMatch(/Lost|closed state/);
    },
  );
});

describe('what is read together', () => {
  const valueOf = async (value: number) =>
    Number((await database.read.rows<{ value: unknown }>('SELECT ? AS value', [value]))[0]?.value);
  const ask = (round: number) =>
    database.together(() => Promise.all([1, 2, 3].map((factor) => valueOf(factor * round))));

  test('is answered each by itself, whether or not it was prepared before, however many ask', async () => {
    const rounds = Array.from({ length: 50 }, (_, index) => index);
    const answers = await Promise.all(rounds.map(ask));
    expect(answers).toEqual(rounds.map((round) => [round, 2 * round, 3 * round]));
    expect(database.load()).toEqual({ inUse: 0, waiting: 0 });
  });

  test('does not suffer from a statement beside it that fails, nor does what is read afterwards', async () => {
    const failing = database.together(() =>
      Promise.allSettled([valueOf(1), database.read.rows('SELECT nothing FROM nowhere'), valueOf(2)]),
    );
    expect(await failing).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: expect.any(QueryFailedError) as unknown },
      { status: 'fulfilled', value: 2 },
    ]);
    expect(await ask(5)).toEqual([5, 10, 15]);
    expect(database.load()).toEqual({ inUse: 0, waiting: 0 });
  });

  test('is read as ever after something failed before it waited', async () => {
    const failing = () =>
      database.together(() => {
        throw new Error('Asked wrongly');
      });
    expect(failing).toThrow('Asked wrongly');
    expect(await Promise.all([valueOf(6), ask(7)])).toEqual([6, [7, 14, 21]]);
  });

  test('fails by itself when the database is closed', async () => {
    const closed = await openDatabase(file.url, { entities, migrations });
    await closed.close();
    const answers = closed.together(() => Promise.allSettled([1, 2].map(() => closed.read.rows('SELECT 1'))));
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  if (process.env.TEST_DATABASE_SERVER === undefined) return;

  test('does not suffer from a statement beside it that cannot be sent', async () => {
    const failing = database.together(() =>
      Promise.allSettled([valueOf(1), database.read.rows('SELECT ? AS value', [undefined]), valueOf(2)]),
    );
    const statuses = (await failing).map(({ status }) => status);
    expect(statuses).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await ask(5)).toEqual([5, 10, 15]);
    expect(database.load()).toEqual({ inUse: 0, waiting: 0 });
  });

  test('gives nobody who waits a connection that is lost', async () => {
    const pool = poolOf(managerOf(database.read).dataSource);
    const connection = new Promise<PooledConnection>((resolve) => pool.on('acquire', resolve));
    const lost = database.together(() =>
      Promise.allSettled([1, 2, 3].map((each) => database.read.rows(`SELECT SLEEP(30) AS s${each}`))),
    );
    const { stream } = await connection;
    const others = Array.from({ length: 19 }, () => database.read.rows('SELECT SLEEP(0.5)'));
    const waiting = valueOf(9);
    expect(database.load()).toEqual({ inUse: 20, waiting: 1 });
    stream.destroy(new Error('Lost'));
    expect(await waiting).toBe(9);
    for (const { status } of await lost) expect(status).toBe('rejected');
    await Promise.all(others);
    expect(database.load()).toEqual({ inUse: 0, waiting: 0 });
  });

  test('takes one connection also where it is asked for by parts', async () => {
    const parts = database.together(() => [valueOf(1), database.together(() => valueOf(2)), valueOf(3)]);
    expect(database.load()).toEqual({ inUse: 1, waiting: 0 });
    expect(await Promise.all(parts)).toEqual([1, 2, 3]);
  });

  test('takes one connection, and fails with it', async () => {
    const pool = poolOf(managerOf(database.read).dataSource);
    const connection = new Promise<PooledConnection>((resolve) => pool.on('acquire', resolve));
    const answers = database.together(() =>
      Promise.allSettled([database.read.rows('SELECT SLEEP(30)'), valueOf(1), valueOf(2)]),
    );
    (await connection).stream.destroy(new Error('Lost'));
    expect(database.load().inUse).toBe(1);
    for (const { status } of await answers) expect(status).toBe('rejected');
    expect(await ask(8)).toEqual([8, 16, 24]);
    expect(database.load()).toEqual({ inUse: 0, waiting: 0 });
  });
});

describe('rows come in the order of their statement', () => {
  const COUNT = 2_000;
  // No order of insertion: a permutation of all numbers below the count.
  const shuffled = Array.from({ length: COUNT }, (_, index) => (index * 1_237) % COUNT);
  beforeAll(() =>
    database.write(async (tx) => {
      await tx.run('CREATE TABLE numbered (id INTEGER PRIMARY KEY, place INTEGER, kind INTEGER)', []);
      for (const [id, place] of shuffled.entries())
        await tx.insertRow('numbered', { id, place, kind: place % 7 });
      await tx.run('CREATE INDEX numbered_by_kind ON numbered (kind, place)', []);
    }),
  );

  const places = Array.from({ length: COUNT }, (_, index) => index);
  const byKind = [...places].sort((one, other) => (one % 7) - (other % 7) || other - one);
  const numbered = `SELECT place, ROW_NUMBER() OVER (PARTITION BY kind ORDER BY place) AS position FROM numbered`;
  const orders: [string, readonly number[]][] = [
    ['SELECT place FROM numbered ORDER BY place', places],
    ['SELECT place FROM numbered ORDER BY place DESC', [...places].reverse()],
    ['SELECT place FROM numbered ORDER BY id', shuffled],
    ['SELECT place FROM numbered ORDER BY id DESC LIMIT 100', [...shuffled].reverse().slice(0, 100)],
    ['SELECT place FROM numbered ORDER BY place LIMIT 100', places.slice(0, 100)],
    ['SELECT place FROM numbered ORDER BY kind, place DESC', byKind],
    [
      'SELECT place FROM numbered WHERE kind IN (1, 3) ORDER BY kind DESC, place',
      [...places.filter((n) => n % 7 === 3), ...places.filter((n) => n % 7 === 1)],
    ],
    [`SELECT place FROM (${numbered}) n WHERE position <= 3 ORDER BY place`, places.slice(0, 21)],
    [
      'SELECT place FROM numbered WHERE kind = 1 UNION SELECT place FROM numbered WHERE kind = 2 ORDER BY place DESC',
      places.filter((n) => n % 7 === 1 || n % 7 === 2).reverse(),
    ],
    [
      'SELECT n.place FROM numbered n LEFT JOIN numbered o ON o.id = n.place ORDER BY n.place DESC',
      [...places].reverse(),
    ],
    [
      'SELECT kind AS place FROM numbered GROUP BY kind ORDER BY COUNT(*) DESC, kind DESC',
      [4, 3, 2, 1, 0, 6, 5],
    ],
  ];

  test.each(orders)('%s', async (sql, expected) => {
    const rows = await database.read.rows<{ place: number }>(sql);
    expect(rows.map(({ place }) => place)).toEqual(expected);
  });
});
