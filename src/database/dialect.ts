import type { DataSource, DataSourceOptions } from 'typeorm';
import type { Beginning, Reader, Transaction } from './transaction';

/**
 * The two doors to the database. `read` never sees an open transaction and is never a stale cache. `write`
 * runs `work` in one transaction, alone where the database has a single writer, and again from its start when
 * it lost a race: so `work` touches nothing but the database, and waits for nothing else.
 */
export interface Database {
  readonly read: Reader;
  /**
   * Sends the SELECTs that `ask` asks for by `rows` before it waits at once, on one connection of MySQL or
   * MariaDB: writing to a socket takes more time than anything else that a short statement takes. They are
   * answered one after the other. SQLite needs nothing of this kind.
   */
  together<T>(ask: () => T): T;
  /** Whether every other transaction waits while one runs. */
  readonly hasOneWriter: boolean;
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * Does the same with what `first` has read. The statements that `first` asks for before it waits are sent
   * together with the one that begins the transaction.
   */
  writeAfter<F, T>(
    first: (tx: Beginning) => Promise<F>,
    work: (tx: Transaction, found: F) => Promise<T>,
  ): Promise<T>;
  /**
   * Does what `updateRow` of a transaction does, as one that has no other statement: none is needed to begin
   * and to commit it. It may be run again after it was committed, and then does the same once more.
   */
  updateRow(table: string, change: object, where: object): Promise<boolean>;
  /** Throws an error unless the database answers and, as far as it tells, takes writes. */
  ping(): Promise<void>;
  close(): Promise<void>;
  /** Tells how much of it is in use at this moment. */
  load(): Load;
  /** It is called whenever a transaction is about to run again. */
  onRetry: (() => void) | null;
}

/** Connections of a pool in use, and who waits for one; with SQLite its one writer, and who waits for it. */
export interface Load {
  readonly inUse: number;
  readonly waiting: number;
}

export interface Mapping {
  readonly entities: NonNullable<DataSourceOptions['entities']>;
  readonly migrations: NonNullable<DataSourceOptions['migrations']>;
}

/** What a database is opened for. To read, a copy does that nobody can write. */
export type Use = 'WRITE' | 'READ';

/** What both `sqlite.ts` and `mysql.ts` export, under the same names. */
export interface Dialect {
  /**
   * The options of TypeORM for one connection (SQLite) or one pool (MySQL, MariaDB), for each host that the
   * address names.
   */
  optionsOf(url: string, mapping: Mapping, use: Use): [DataSourceOptions, ...DataSourceOptions[]];
  /**
   * Throws an error of the operating system with a code where a file cannot be read and, to write, written,
   * or `ConfigError` where it takes a folder that can be written.
   */
  checkAccess(url: string, use: Use): void;
  /** Applies the settings on which our statements rely to every connection, now and later. */
  prepareSessions(source: DataSource, url: string): Promise<void>;
  /** Throws `ConfigError` for a server that does not keep what it has acknowledged, or takes no writes. */
  checkServer(source: DataSource): Promise<void>;
  readerOf(source: DataSource): Reader;
  databaseOf(source: DataSource, url: string): Promise<Database>;
  /** Closes what was opened, in bounded time. */
  close(source: DataSource): Promise<void>;
}

/**
 * The most statements that are prepared on one connection; each length of a list makes a statement of its
 * own. A server allows 16,382 for all of its connections unless `max_prepared_stmt_count` says otherwise.
 */
export const MAX_PREPARED = 200;
