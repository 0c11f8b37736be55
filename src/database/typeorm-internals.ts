import type { Socket } from 'node:net';
import {
  AbstractLogger,
  DataSource,
  MigrationExecutor,
  type DataSourceOptions,
  type QueryRunner,
} from 'typeorm';
import type { Select } from './transaction';

// Everything here reaches behind what TypeORM and its drivers promise. A test names the versions for which it
// was written and tried, and fails for others.

/** By itself, TypeORM prints the driver's message where a migration fails, and that may quote values. */
class SilentLogger extends AbstractLogger {
  protected override writeLog(): void {
    return;
  }
}

/** The first data source of each kind that was opened in this process. */
const described: DataSource[] = [];

/**
 * Opens a data source. What TypeORM derives from the classes of rows is the same for all data sources of one
 * kind, and deriving it takes most of the time of opening one: only the first does it.
 */
export async function openSource(options: DataSourceOptions): Promise<DataSource> {
  const source = new DataSource({ ...options, logger: new SilentLogger() });
  const alike = described.find((one) => isAlike(one.options, options));
  if (alike) {
    const { entityMetadatas, entityMetadatasMap, migrations, subscribers } = alike;
    const derived = { entityMetadatas, entityMetadatasMap, migrations, subscribers };
    Object.assign(source, { buildMetadatas: () => Promise.resolve(Object.assign(source, derived)) });
  }
  await source.initialize();
  if (!alike) described.push(source);
  return source;
}

function isAlike(one: DataSourceOptions, other: DataSourceOptions): boolean {
  return one.type === other.type && one.entities === other.entities && one.migrations === other.migrations;
}

/** Runs one of the migrations of a data source. TypeORM runs all that were not run. */
class OneMigration extends MigrationExecutor {
  constructor(
    source: DataSource,
    private readonly name: string,
  ) {
    super(source);
    this.transaction = 'each';
  }

  protected override getMigrations() {
    return super.getMigrations().filter(({ name }) => name === this.name);
  }
}

/** The migrations that a database has not run yet, in their order. */
export async function pendingMigrations(
  source: DataSource,
): Promise<{ readonly name: string; run(): Promise<unknown> }[]> {
  const pending = await new MigrationExecutor(source).getPendingMigrations();
  return pending.map(({ name }) => ({
    name,
    run: () => new OneMigration(source, name).executePendingMigrations(),
  }));
}

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
  sequenceId: number;
  addCommand: (command: Command) => unknown;
  release(): void;
}

/** A command of mysql2. It is begun without a packet, and tells after each packet whether it is done. */
interface Command {
  execute(packet: object | undefined, connection: PooledConnection): boolean;
  onResult?(error: Error): void;
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
export async function connectionOf(runner: QueryRunner): Promise<PooledConnection> {
  return (await runner.connect()) as PooledConnection;
}

/**
 * Sends all statements at once that `ask` asks for before it waits. mysql2 would send each of them when the
 * one before it is answered; writing to the socket takes more time than anything else that a statement takes.
 */
export function sendTogether<T>(connection: PooledConnection, ask: () => T): T {
  const { addCommand } = connection;
  const commands: Command[] = [];
  connection.addCommand = (command) => {
    commands.push(command);
    return command;
  };
  try {
    return ask();
  } finally {
    connection.addCommand = addCommand;
    connection.addCommand(new Together(commands));
  }
}

/** A statement, and who is told of its answer. */
export interface Asked {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly done: Done;
}

/** Sends statements to one connection of a pool at once, and gives it back when all of them are answered. */
export function executeTogether(pool: MysqlPool, asked: readonly Asked[]): void {
  if (asked.length === 0) return;
  pool.getConnection((error, connection) => {
    if (connection) answerTogether(connection, asked);
    else for (const { done } of asked) done(error, undefined);
  });
}

function answerTogether(connection: PooledConnection, asked: readonly Asked[]): void {
  let open = asked.length;
  const answer = ({ done }: Asked, error: Error | null, result?: unknown) => {
    open -= 1;
    // The pool removes a connection that was lost by itself, but only after it has told of it: given back
    // before, the connection would be given to whoever waits.
    if (open === 0 && !isLost(error)) connection.release();
    done(error, result);
  };
  sendTogether(connection, () => {
    for (const each of asked) {
      try {
        connection.execute(each.sql, each.values, (error, result) => answer(each, error, result));
      } catch (error) {
        // Nobody catches what is thrown here: it would end the process.
        answer(each, error as Error);
      }
    }
  });
}

/** Tells whether mysql2 says of an error that the connection cannot be used any more. */
function isLost(error: Error | null): boolean {
  return (error as { fatal?: unknown } | null)?.fatal === true;
}

/** The number of the first packet of an answer. */
const FIRST_OF_ANSWER = 1;

/** Commands of which each is sent before those before it are answered. The answers come in the same order. */
class Together implements Command {
  readonly #sent: Command[] = [];

  constructor(private readonly commands: Command[]) {}

  execute(packet: object | undefined, connection: PooledConnection): boolean {
    if (packet && !this.#sent[0]?.execute(packet, connection)) return false;
    this.#sent.shift();
    if (this.#sent.length === 0) this.#send(connection);
    connection.sequenceId = FIRST_OF_ANSWER;
    return this.#sent.length === 0;
  }

  onResult(error: Error): void {
    for (const command of [...this.#sent, ...this.commands]) command.onResult?.(error);
  }

  // A statement that has to be prepared first is sent when that is done.
  #send(connection: PooledConnection): void {
    connection.stream.cork();
    for (let command; (command = this.commands.shift());) {
      if (command.execute(undefined, connection)) continue;
      this.#sent.push(command);
      if ('parameterDefinitions' in command) break;
    }
    connection.stream.uncork();
  }
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
  get(values: readonly unknown[]): unknown;
  run(values: readonly unknown[]): { readonly changes: number };
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
