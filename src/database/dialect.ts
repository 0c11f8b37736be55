import type { DataSource, DataSourceOptions } from 'typeorm';
import type { Reader, Transaction } from './transaction';

/**
 * The two doors to the database. `read` never sees an open transaction and is never a stale cache. `write` runs `work` in one
 * transaction, alone where the database has a single writer, and again from its start when it lost a race: so `work` touches
 * nothing but the database, and waits for nothing else.
 */
export interface Database {
  readonly read: Reader;
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface Mapping {
  readonly entities: NonNullable<DataSourceOptions['entities']>;
  readonly migrations: NonNullable<DataSourceOptions['migrations']>;
}

/** What `sqlite.ts` and `mysql.ts` both have, under the same names. */
export interface Dialect {
  /** Options for one connection (SQLite) or one pool (MySQL, MariaDB). */
  optionsOf(url: string, mapping: Mapping): DataSourceOptions;
  /** Throws an error of the operating system with a code where a file cannot be read and written. */
  checkAccess(url: string): void;
  /** Sets on every connection, now and later, what our statements rely on. */
  prepareSessions(source: DataSource): Promise<void>;
  readerOf(source: DataSource): Reader;
  databaseOf(source: DataSource): Promise<Database>;
}

/** Statements prepared at most on a connection, where each length of a list is one: a server allows 16,382 for all of its connections, unless it is told otherwise (`max_prepared_stmt_count`). */
export const MAX_PREPARED = 200;
