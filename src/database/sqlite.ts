import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { LRUCache } from 'lru-cache';
import {
  QueryFailedError,
  type DataSource,
  type DataSourceOptions,
  type EntityTarget,
  type ObjectLiteral,
} from 'typeorm';
import { ConfigError } from '../platform/config-error';
import { parseDatabaseUrl } from './address';
import { databaseCode, DatabaseUnavailable, isLocked } from './database-errors';
import { MAX_PREPARED, type Database, type Load, type Mapping, type Use } from './dialect';
import { GroupCommit } from './group-commit';
import { logOf, OpenedFile } from './opened-file';
import { repeatUntilCommitted } from './repetition';
import { byId, byIds, Session, type Beginning, type Reader, type Transaction } from './transaction';

import {
  openSource,
  sqliteConnectionOf,
  type SqliteConnection,
  type SqliteStatement,
} from './typeorm-internals';

/** How long a start, which serves nothing yet, may wait for the lock of another process. */
const START_TIMEOUT_MS = 5_000;
/**
 * How long the driver may wait for that lock afterwards. It stops the event loop meanwhile, so that the rest
 * of the waiting is done outside of it.
 */
const DRIVER_TIMEOUT_MS = 20;
const LOCK_TIMEOUT_MS = 5_000;
/**
 * The memory for pages of the file that reads keep, in KiB. SQLite keeps 2,000, and the pages of the clients
 * of a few agencies are more.
 */
const READ_CACHE_KIB = 16_384;
const RETRY_AFTER_MS = 100;
/** Whether the file can be written is tried once for all who ask within this time. */
const TRIED_EVERY_MS = 1_000;

type Driver = new (file: string, options: object) => object;

export function optionsOf(
  url: string,
  mapping: Mapping,
  use: Use,
): [DataSourceOptions, ...DataSourceOptions[]] {
  const file = fileOf(url);
  // libsql has better-sqlite3's interface and ships its binaries in the package, so that nothing is compiled
  // or downloaded.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a driver is handed over as a module
  const driver = require('libsql') as Driver;
  const common = { ...mapping, type: 'better-sqlite3', database: file } as const;
  if (use === 'READ' && whyUnwritable(file) !== null)
    return [{ ...common, driver: existsSync(logOf(file)) ? driver : readingUnchanged(driver) }];
  const options: DataSourceOptions = {
    ...common,
    driver,
    enableWAL: true,
    timeout: START_TIMEOUT_MS,
    prepareDatabase: (connection: { pragma(text: string): unknown }) =>
      void connection.pragma('synchronous = FULL'),
  };
  return [options];
}

/**
 * By itself, SQLite makes a log and its index beside each file that it reads. It does without them where it
 * is told that nobody changes the file. That is so where there is no log: whoever has it open has one.
 */
function readingUnchanged(driver: Driver): unknown {
  return function open(file: string, options: object) {
    return new driver(`${pathToFileURL(resolve(file)).href}?immutable=1`, options);
  };
}

function fileOf(url: string): string {
  const address = parseDatabaseUrl(url);
  if (address.kind !== 'sqlite') throw new Error('Not an address of SQLite');
  return address.file;
}

const REFUSED: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EROFS']);

/** What the operating system says where a file, or its folder, cannot be written. */
function whyUnwritable(file: string): NodeJS.ErrnoException | null {
  try {
    if (existsSync(file)) accessSync(file, constants.W_OK);
    accessSync(dirname(resolve(file)), constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

/**
 * The driver does not say why it cannot open a file: the operating system does, which is asked first. Nothing
 * is opened for that: where the process has the database open already, closing the file would take all its
 * locks away (POSIX), and another process that ends would delete the log.
 */
export function checkAccess(url: string, use: Use): void {
  const file = fileOf(url);
  if (use === 'READ' || existsSync(file))
    accessSync(file, use === 'READ' ? constants.R_OK : constants.R_OK | constants.W_OK);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
    throw new ConfigError('DATABASE_URL: the database cannot be opened (EISDIR)');
  const unwritable = whyUnwritable(file);
  if (!unwritable) return;
  const { code } = unwritable;
  if (code === undefined || !REFUSED.has(code)) throw unwritable;
  if (use === 'WRITE')
    throw new ConfigError(
      `DATABASE_URL: the folder of the file must be writable, because SQLite writes its log beside the file (${code})`,
    );
  // Without the index, which is in memory alone, SQLite does not read the log.
  if (existsSync(logOf(file)) && !existsSync(`${file}-shm`))
    throw new ConfigError(
      `DATABASE_URL: changes stand in the log of the file (${logOf(file)}), and can only be read in a folder that is writable: copy both there (${code})`,
    );
}

/** SQLite needs no settings on a connection. */
export function prepareSessions(): Promise<void> {
  return Promise.resolve();
}

/** A file has no settings that could be wrong. */
export function checkServer(): Promise<void> {
  return Promise.resolve();
}

export function readerOf(source: DataSource): Reader {
  return new SqliteSession(source);
}

export function close(source: DataSource): Promise<void> {
  return source.destroy();
}

/**
 * Opens a second connection for reads: TypeORM's SQLite driver has one connection, on which a read would see
 * the open transaction.
 */
export async function databaseOf(source: DataSource, url: string): Promise<Database> {
  const reader = await openSource(source.options);
  for (const connection of [source, reader])
    await connection.query(`PRAGMA busy_timeout = ${DRIVER_TIMEOUT_MS}`);
  await reader.query(`PRAGMA cache_size = -${READ_CACHE_KIB}`);
  return new SqliteDatabase(source, reader, new OpenedFile(resolve(fileOf(url))));
}

/**
 * Does the work again while another process has locked the file, until the time is over. Reads need no lock.
 */
async function whileLocked<T>(work: () => Promise<T>, deadline: number): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isLocked(error) || performance.now() > deadline) throw error;
    }
    await wait(Math.random() * RETRY_AFTER_MS);
  }
}

class SqliteDatabase implements Database {
  readonly read: Reader;
  readonly hasOneWriter = true;
  readonly #writes: GroupCommit;
  #tried: { readonly at: number; readonly outcome: Promise<void> } | null = null;
  onRetry: (() => void) | null = null;

  constructor(
    private readonly writer: DataSource,
    private readonly reader: DataSource,
    private readonly file: OpenedFile,
  ) {
    this.read = new SqliteSession(reader);
    this.#writes = new GroupCommit(new SqliteSession(writer), async (attempt, deadline) => {
      // What is written into a file that was deleted is lost, and nobody may be told that it is stored.
      file.check();
      return whileLocked(attempt, deadline);
    });
  }

  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const deadline = performance.now() + LOCK_TIMEOUT_MS;
    const ids: string[] = [];
    return repeatUntilCommitted(
      () => this.#writes.write(work, ids, deadline),
      () => this.onRetry?.(),
    );
  }

  writeAfter<F, T>(
    first: (tx: Beginning) => Promise<F>,
    work: (tx: Transaction, found: F) => Promise<T>,
  ): Promise<T> {
    return this.write(async (tx) => work(tx, await first(tx)));
  }

  together<T>(ask: () => T): T {
    return ask();
  }

  updateRow(table: string, change: object, where: object): Promise<boolean> {
    return this.write((tx) => tx.updateRow(table, change, where));
  }

  async ping(): Promise<void> {
    await this.read.rows('SELECT 1 AS one FROM migration_lock LIMIT 1');
    this.file.check();
    if (!this.#tried || performance.now() - this.#tried.at >= TRIED_EVERY_MS)
      this.#tried = { at: performance.now(), outcome: this.#tryToWrite() };
    await this.#tried.outcome;
  }

  // Only a write tells that the disk is full, over its quota or read-only: free space may be reserved, and a
  // log that is long enough takes more on a full disk. This writes one page, and changes nothing in it.
  async #tryToWrite(): Promise<void> {
    try {
      await this.write((tx) => tx.run('PRAGMA user_version = 0', []));
    } catch (error) {
      if (error instanceof DatabaseUnavailable) throw error;
      throw new DatabaseUnavailable(`The database takes no writes (${String(databaseCode(error))})`, {
        cause: error,
      });
    }
  }

  load(): Load {
    const { writers } = this.#writes;
    return { inUse: Math.min(1, writers), waiting: Math.max(0, writers - 1) };
  }

  async close(): Promise<void> {
    await this.#writes.idle;
    await this.reader.destroy();
    // The driver closes the file only when the last of its statements is garbage-collected. Until then recent
    // changes lie in the write-ahead log beside it. That is safe as well, so a checkpoint that fails, e.g.
    // because the disk is full, does no harm.
    await this.writer.query('PRAGMA wal_checkpoint').catch(() => undefined);
    await this.writer.destroy();
  }
}

type Cells = readonly unknown[];

interface RowReader {
  readonly statement: SqliteStatement;
  readonly toRow: (cells: Cells) => unknown;
}

class SqliteSession extends Session {
  readonly isRemote = false;
  // LIKE ignores the case of ASCII letters and compares all other characters by their code points.
  readonly byCodePoint = '';
  readonly #connection: SqliteConnection;
  readonly #prepared = new LRUCache<string, SqliteStatement>({ max: MAX_PREPARED });
  readonly #readers = new LRUCache<string, RowReader>({ max: MAX_PREPARED });

  constructor(source: DataSource) {
    super(source);
    this.#connection = sqliteConnectionOf(source);
  }

  lastBytes(column: string, count: number): string {
    return `SUBSTR(${column}, -${count})`;
  }

  indexHint(index: string): string {
    return ` INDEXED BY ${index}`;
  }

  async rows<T>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.#attempt(sql, values, (bound) => {
      const reader = this.#readers.get(sql) ?? this.#reader(sql);
      const { rows } = reader.statement.get(bound) as { rows: string };
      return (JSON.parse(rows) as Cells[]).map(reader.toRow) as T[];
    });
  }

  // No lock is needed: a writer is alone from its first statement on.
  lock<T extends ObjectLiteral & { id: string }>(row: EntityTarget<T>, id: string): Promise<T | null> {
    return this.findOneBy(row, byId<T>(id));
  }

  async lockAll<T extends ObjectLiteral & { id: string }>(
    row: EntityTarget<T>,
    ids: readonly string[],
  ): Promise<T[]> {
    return ids.length === 0 ? [] : this.find(row, byIds<T>(ids));
  }

  lockRows<T>(sql: string, values: readonly unknown[]): Promise<T[]> {
    return this.rows(sql, values);
  }

  shareRows<T>(sql: string, values: readonly unknown[]): Promise<T[]> {
    return this.rows(sql, values);
  }

  async run(sql: string, values: readonly unknown[]): Promise<number> {
    return this.#attempt(sql, values, (bound) => {
      const statement = this.#prepared.get(sql) ?? this.#statement(sql);
      return statement.run(bound).changes;
    });
  }

  async command(sql: string): Promise<void> {
    await this.run(sql, []);
  }

  /** There is one connection to write with, which has rolled back by itself. */
  abandon(): void {
    return;
  }

  #statement(sql: string): SqliteStatement {
    const statement = this.#connection.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }

  // The driver takes a third of a microsecond to hand over one cell; as one text, all rows come in half the
  // time. SQLite does not promise to keep the order of a sub-query, but it does: a test holds that for the
  // version of the driver, and fails for another one.
  #reader(sql: string): RowReader {
    const columns = this.#connection
      .prepare(sql)
      .columns()
      .map(({ name }) => name);
    const cells = columns.map((column) => `"${column}"`).join(', ');
    const statement = this.#connection.prepare(
      `SELECT json_group_array(json_array(${cells})) AS rows FROM (${sql})`,
    );
    const reader = { toRow: rowMakerOf(columns), statement };
    this.#readers.set(sql, reader);
    return reader;
  }

  #attempt<R>(sql: string, values: readonly unknown[], work: (bound: unknown[]) => R): R {
    this.dataSource.logger.logQuery(sql, [...values]);
    try {
      return work(values.map(toSqlite));
    } catch (error) {
      throw new QueryFailedError(sql, [], error as Error);
    }
  }
}

/**
 * Makes objects of rows by a literal that is compiled for these columns, as mysql2 does for its rows. Setting
 * one member after the other takes a tenth of the time of a list of clients.
 */
function rowMakerOf(columns: readonly string[]): RowReader['toRow'] {
  const members = columns.map((column, index) => `${JSON.stringify(column)}: cells[${index}]`);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the columns are of our own statements
  return new Function('cells', `return { ${members.join(', ')} };`) as RowReader['toRow'];
}

// TypeORM stores times as text, in UTC, and booleans as numbers.
function toSqlite(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().replace('T', ' ').slice(0, -1);
  return typeof value === 'boolean' ? Number(value) : value;
}
