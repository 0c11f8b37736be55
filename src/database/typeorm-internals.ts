import type { Socket } from 'node:net';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Select } from './transaction';

// Everything here reaches behind what TypeORM and its drivers promise. A test names the versions for which it
// was written and tried, and fails for others.

type Done = (error: Error | null, result: unknown) => void;

/** A connection of mysql2, or its pool. */
export interface MysqlStatements {
  execute(sql: string, values: readonly unknown[], done: Done): unknown;
  query(sql: string, done?: Done): unknown;
  /** Closes a connection at once; its pool then opens another one. A pool has no such method. */
  destroy?(): void;
}

export interface PooledConnection extends MysqlStatements {
  readonly stream: Socket;
  release(): void;
}

export interface MysqlPool extends MysqlStatements {
  getConnection: (done: (error: Error | null, connection?: PooledConnection) => void) => void;
  on(event: 'connection' | 'acquire' | 'release', listener: (connection: PooledConnection) => void): unknown;
  readonly config: { readonly connectionConfig: object };
  readonly _allConnections: { readonly length: number; get(index: number): PooledConnection | undefined };
}

/**
 * Lets a pool open its connections to another host from now on, and closes all that it has. The statements
 * that wait on them fail with this error.
 */
export function leadTo(
  pool: MysqlPool,
  host: { readonly host: string; readonly port: number },
  reason: Error,
): void {
  Object.assign(pool.config.connectionConfig, host);
  for (const { stream } of connectionsOf(pool)) stream.destroy(reason);
}

/** All connections of a pool: in use, idle, and those that are being opened. */
export function connectionsOf({ _allConnections: all }: MysqlPool): PooledConnection[] {
  return Array.from({ length: all.length }, (_, index) => all.get(index)).filter(
    (each) => each !== undefined,
  );
}

/**
 * The pool of mysql2, whose statements TypeORM would otherwise build and run in more time than the server
 * takes for them.
 */
export function poolOf(source: DataSource): MysqlPool {
  return (source.driver as unknown as { pool: MysqlPool }).pool;
}

/** How many of the pool's connections are in use, and how many wait for one. */
export function loadOf(pool: MysqlPool): { inUse: number; waiting: number } {
  const { _allConnections, _freeConnections, _connectionQueue } = pool as unknown as Record<
    '_allConnections' | '_freeConnections' | '_connectionQueue',
    { readonly length: number }
  >;
  return { inUse: _allConnections.length - _freeConnections.length, waiting: _connectionQueue.length };
}

/** The pooled connection of a query runner, until the runner is released. */
export async function connectionOf(runner: QueryRunner): Promise<MysqlStatements> {
  return (await runner.connect()) as MysqlStatements;
}

/**
 * Tells TypeORM of a transaction that was begun without it, which takes half the time. Otherwise it would
 * lock no rows, and a transaction that it began itself inside of this one would commit what was done before.
 */
export function noteTransaction(runner: QueryRunner): void {
  Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
}

export interface SqliteStatement {
  columns(): { readonly name: string }[];
  get(...values: readonly unknown[]): unknown;
  run(...values: readonly unknown[]): { readonly changes: number };
}

export interface SqliteConnection {
  prepare(sql: string): SqliteStatement;
}

/** The one connection of TypeORM's SQLite driver. */
export function sqliteConnectionOf(source: DataSource): SqliteConnection {
  return (source.driver as unknown as { databaseConnection: SqliteConnection }).databaseConnection;
}

/**
 * Makes a query read along an index, by the hint of `Reader.indexHint`. TypeORM can only suggest an index to
 * MariaDB, which does not follow a suggestion, and cannot name one to SQLite at all.
 */
export function forceIndex<T>(query: Select<T>, hint: string): void {
  const plain = query.getQuery.bind(query);
  query.getQuery = () => plain().replace(/ FROM \S+ \S+/, (table) => table + hint);
}
