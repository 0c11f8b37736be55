import {
  DataSource,
  type DataSourceOptions,
  type EntityTarget,
  type FindOptionsWhere,
  type ObjectLiteral,
} from 'typeorm';
import { ConfigError } from '../platform/config-error';
import { databaseCode, isDuplicate } from './database-errors';
import { MAX_PREPARED, MysqlManager, SqliteManager, type Manager, type MysqlConnection } from './manager';
import { migrate } from './migrate';

/**
 * The two doors to the database. `read` never sees an open transaction and is never a stale cache. `write` runs `work` in one
 * transaction, alone where the database has a single writer, and again from its start when it lost a race: so `work` touches
 * nothing but the database, and waits for nothing else.
 */
export interface Database {
  readonly read: Manager;
  write<T>(work: (tx: Manager) => Promise<T>): Promise<T>;
  /** Reads a row, and makes writers that lock the same one wait for each other until their transactions end. */
  lock<T extends ObjectLiteral & { id: string }>(
    tx: Manager,
    row: EntityTarget<T>,
    id: string,
  ): Promise<T | null>;
  close(): Promise<void>;
}

/** Thrown inside `write` by work that found its rows changed by someone else since it read them. */
export class ConcurrentChange extends Error {}

export interface Mapping {
  readonly entities: NonNullable<DataSourceOptions['entities']>;
  readonly migrations: NonNullable<DataSourceOptions['migrations']>;
}

const WRITE_ATTEMPTS = 8;
const BUSY_TIMEOUT_MS = 5_000;
const POOL_SIZE = 20;
const CONNECT_TIMEOUT_MS = 10_000;
/**
 * Lists of values from this length on, which are ids of a page of clients, are planned by statistics: otherwise the optimizer looks into
 * the index for each of them, and then reads it. Shorter ones, e.g. of types of events, of which some are rare, are looked at.
 */
export const LONG_LIST = 50;

/** Options for one connection (SQLite) or one pool (MySQL, MariaDB). Errors: an address of no known kind. */
export function dataSourceOptions(url: string, mapping: Mapping): DataSourceOptions {
  const common = { ...mapping, synchronize: false, logging: false, migrationsRun: false } as const;
  if (url.startsWith('sqlite:')) {
    return {
      ...common,
      type: 'better-sqlite3',
      // libsql has better-sqlite3's interface and ships its binaries in the package: nothing is compiled or downloaded.
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- a driver is handed over as a module
      driver: require('libsql') as unknown,
      database: url.slice('sqlite:'.length),
      enableWAL: true,
      timeout: BUSY_TIMEOUT_MS,
      prepareDatabase: (connection: { pragma(text: string): unknown }) =>
        void connection.pragma('synchronous = FULL'),
    };
  }
  const { protocol } = new URL(url);
  if (protocol !== 'mysql:' && protocol !== 'mariadb:')
    throw new Error('DATABASE_URL: use sqlite:, mysql: or mariadb:');
  return {
    ...common,
    type: protocol === 'mysql:' ? 'mysql' : 'mariadb',
    url,
    timezone: 'Z',
    charset: 'utf8mb4',
    connectTimeout: CONNECT_TIMEOUT_MS,
    extra: { connectionLimit: POOL_SIZE, maxPreparedStatements: MAX_PREPARED },
  };
}

/** Connects, and brings the database up to date. Throws `ConfigError` where it cannot connect. */
export async function openDatabase(url: string, mapping: Mapping): Promise<Database> {
  const options = dataSourceOptions(url, mapping);
  const main = await connect(options);
  try {
    await prepareSessions(main);
    await migrate(main);
    if (options.type !== 'better-sqlite3') return new PooledDatabase(main);
    // A second connection for reads: TypeORM's SQLite driver has one connection, on which a read would see the open transaction.
    return new SqliteDatabase(main, await new DataSource(options).initialize());
  } catch (error) {
    await main.destroy();
    throw error;
  }
}

// The driver's message may name the user and the host; its code is enough.
async function connect(options: DataSourceOptions): Promise<DataSource> {
  try {
    return await new DataSource(options).initialize();
  } catch (error) {
    const { code = 'it failed' } = error as NodeJS.ErrnoException;
    throw new ConfigError(`DATABASE_URL: the database cannot be opened (${code})`);
  }
}

export type ReadOnlyDatabase = Pick<Database, 'read' | 'close'>;

/** Connects, and changes nothing: no migration is run. Null for a database that never saw one. */
export async function openToRead(url: string, mapping: Mapping): Promise<ReadOnlyDatabase | null> {
  const source = await connect(dataSourceOptions(url, mapping));
  try {
    await prepareSessions(source);
    if (await isMigrated(source)) return { read: readerOf(source), close: () => source.destroy() };
  } catch (error) {
    await source.destroy();
    throw error;
  }
  await source.destroy();
  return null;
}

async function isMigrated(source: DataSource): Promise<boolean> {
  const runner = source.createQueryRunner();
  try {
    return await runner.hasTable('migrations');
  } finally {
    await runner.release();
  }
}

function readerOf(source: DataSource): Manager {
  return source.options.type === 'better-sqlite3'
    ? new SqliteManager(source)
    : new MysqlManager(source, poolOf(source));
}

interface Pool extends MysqlConnection {
  on(event: 'connection', listener: (connection: { query(sql: string): unknown }) => void): void;
}

function poolOf(source: DataSource): Pool {
  return (source.driver as unknown as { pool: Pool }).pool;
}

// Every connection sees what is committed when it asks: with REPEATABLE READ, MySQL's own, a transaction would still see a key that is cleared.
async function prepareSessions(source: DataSource): Promise<void> {
  if (source.options.type === 'better-sqlite3') return;
  const settings = [
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    `SET SESSION eq_range_index_dive_limit = ${LONG_LIST}`,
  ];
  // On a Galera cluster, a read on one node does not see what another has just committed unless it waits for it.
  const known: unknown[] = await source.query("SHOW VARIABLES LIKE 'wsrep_sync_wait'");
  if (known.length > 0) settings.push('SET SESSION wsrep_sync_wait = 1');
  poolOf(source).on('connection', (connection) => settings.forEach((setting) => connection.query(setting)));
  // The one connection that is open already.
  for (const setting of settings) await source.query(setting);
}

class PooledDatabase implements Database {
  readonly read: Manager;

  constructor(private readonly source: DataSource) {
    this.read = new MysqlManager(source, poolOf(source));
  }

  write<T>(work: (tx: Manager) => Promise<T>): Promise<T> {
    return untilItWins(() => this.#transaction(work));
  }

  lock<T extends ObjectLiteral & { id: string }>(
    tx: Manager,
    row: EntityTarget<T>,
    id: string,
  ): Promise<T | null> {
    return tx.findOne(row, { where: { id } as FindOptionsWhere<T>, lock: { mode: 'pessimistic_write' } });
  }

  close(): Promise<void> {
    return this.source.destroy();
  }

  async #transaction<T>(work: (tx: Manager) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    try {
      const connection = (await runner.connect()) as MysqlConnection;
      // TypeORM would take as long to begin and to end a transaction as two of its statements take. It has to know of it: otherwise it locks
      // no rows, and one that it began itself inside of it would commit what was done before.
      Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
      return await inTransaction(
        new MysqlManager(this.source, connection, runner),
        'START TRANSACTION',
        work,
      );
    } finally {
      await runner.release();
    }
  }
}

class SqliteDatabase implements Database {
  readonly read: Manager;
  readonly #tx: Manager;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly writer: DataSource,
    private readonly reader: DataSource,
  ) {
    this.read = new SqliteManager(reader);
    this.#tx = new SqliteManager(writer);
  }

  write<T>(work: (tx: Manager) => Promise<T>): Promise<T> {
    // IMMEDIATE takes the write lock first: a transaction that reads before it writes could otherwise not get it any more.
    return untilItWins(() => this.#afterOthers(() => inTransaction(this.#tx, 'BEGIN IMMEDIATE', work)));
  }

  // Every writer is alone from its first statement on.
  lock<T extends ObjectLiteral & { id: string }>(
    tx: Manager,
    row: EntityTarget<T>,
    id: string,
  ): Promise<T | null> {
    return tx.findOneBy(row, { id } as FindOptionsWhere<T>);
  }

  async close(): Promise<void> {
    await this.#last;
    await this.reader.destroy();
    // The driver closes a file when the last of its statements is collected; until then much of the database lies beside it, where it is
    // safe, too: what cannot be moved into the file, e.g. of a disk that is full, stays there.
    await this.writer.query('PRAGMA wal_checkpoint').catch(() => undefined);
    await this.writer.destroy();
  }

  #afterOthers<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

async function inTransaction<T>(tx: Manager, begin: string, work: (tx: Manager) => Promise<T>): Promise<T> {
  await tx.command(begin);
  try {
    const result = await work(tx);
    await tx.command('COMMIT');
    return result;
  } catch (error) {
    // What failed first is what to tell of. After some faults, e.g. of a disk that is full, SQLite has rolled back by itself; and where the
    // connection is lost, nothing can be rolled back any more.
    await tx.command('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function untilItWins<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === WRITE_ATTEMPTS || !lostARace(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * tries));
    }
  }
}

function lostARace(error: unknown): boolean {
  return (
    error instanceof ConcurrentChange || isDuplicate(error) || databaseCode(error) === 'ER_LOCK_DEADLOCK'
  );
}
