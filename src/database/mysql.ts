import {
  QueryFailedError,
  type DataSource,
  type DataSourceOptions,
  type EntityTarget,
  type ObjectLiteral,
  type QueryRunner,
} from 'typeorm';
import { parseDatabaseUrl } from './address';
import { DatabaseUnavailable } from './database-errors';
import { MAX_PREPARED, type Database, type Mapping } from './dialect';
import { byId, inTransaction, Session, untilItWins, type Reader, type Transaction } from './transaction';

import { connectionOf, noteTransaction, poolOf, type MysqlStatements } from './typeorm-internals';
import { limitWaiting } from './waiting';

const POOL_SIZE = 20;
const CONNECT_TIMEOUT_MS = 10_000;
/**
 * An `IN` list of this many values or more, e.g. the ids of a page of clients, is planned by statistics: for
 * a shorter one the optimizer looks every value up in the index before the statement does. That pays for
 * types of events, of which some are rare.
 */
export const LONG_LIST = 50;

export function optionsOf(url: string, mapping: Mapping): DataSourceOptions {
  const address = parseDatabaseUrl(url);
  if (address.kind === 'sqlite') throw new Error('Not an address of MySQL or MariaDB');
  const { kind, host, port, username, password, database, tls } = address;
  return {
    ...mapping,
    type: kind,
    host,
    port,
    username,
    password,
    database,
    ...(tls && { ssl: tls }),
    timezone: 'Z',
    charset: 'utf8mb4',
    connectTimeout: CONNECT_TIMEOUT_MS,
    extra: { connectionLimit: POOL_SIZE, maxPreparedStatements: MAX_PREPARED },
  };
}

/** There is no file to check: connecting tells whether the address is right. */
export function checkAccess(): void {
  return;
}

export function readerOf(source: DataSource): Reader {
  return new MysqlSession(source, poolOf(source));
}

export function databaseOf(source: DataSource): Promise<Database> {
  return Promise.resolve(new MysqlDatabase(source));
}

// A statement sees what is committed when it runs. With REPEATABLE READ, the default of MySQL, a transaction
// would still see a key that was cleared after it began.
export async function prepareSessions(source: DataSource): Promise<void> {
  limitWaiting(poolOf(source));
  const settings = [
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    `SET SESSION eq_range_index_dive_limit = ${LONG_LIST}`,
  ];
  // On a Galera cluster, a read on one node does not see what another has just committed unless it waits for
  // it.
  const known: unknown[] = await source.query("SHOW VARIABLES LIKE 'wsrep_sync_wait'");
  if (known.length > 0) settings.push('SET SESSION wsrep_sync_wait = 1');
  poolOf(source).on('connection', (connection) => settings.forEach((setting) => connection.query(setting)));
  // One connection is open already, so that the listener was not called for it.
  for (const setting of settings) await source.query(setting);
}

class MysqlDatabase implements Database {
  readonly read: Reader;

  constructor(private readonly source: DataSource) {
    this.read = new MysqlSession(source, poolOf(source));
  }

  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return untilItWins(() => this.#transaction(work));
  }

  // A replica answers every read.
  async ping(): Promise<void> {
    const [row] = await this.read.rows<{ refusing: number }>(
      "SELECT @@read_only NOT IN ('0', 'OFF') AS refusing",
    );
    if (row?.refusing !== 0) throw new DatabaseUnavailable('The database takes no writes (read_only)');
  }

  close(): Promise<void> {
    return this.source.destroy();
  }

  async #transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    try {
      const connection = await connectionOf(runner);
      noteTransaction(runner);
      return await inTransaction(
        new MysqlSession(this.source, connection, runner),
        'START TRANSACTION',
        work,
      );
    } finally {
      await runner.release();
    }
  }
}

class MysqlSession extends Session {
  readonly byCodePoint = ' COLLATE utf8mb4_bin';

  constructor(
    source: DataSource,
    private readonly session: MysqlStatements,
    queryRunner?: QueryRunner,
  ) {
    super(source, queryRunner);
  }

  indexHint(index: string): string {
    return ` FORCE INDEX (${index})`;
  }

  rows<T>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.#execute(sql, values) as Promise<T[]>;
  }

  lock<T extends ObjectLiteral & { id: string }>(row: EntityTarget<T>, id: string): Promise<T | null> {
    return this.findOne(row, { where: byId<T>(id), lock: { mode: 'pessimistic_write' } });
  }

  lockRows<T>(sql: string, values: readonly unknown[]): Promise<T[]> {
    return this.rows(`${sql} FOR UPDATE`, values);
  }

  shareRows<T>(sql: string, values: readonly unknown[]): Promise<T[]> {
    return this.rows(`${sql} LOCK IN SHARE MODE`, values);
  }

  async run(sql: string, values: readonly unknown[]): Promise<number> {
    return ((await this.#execute(sql, values)) as { affectedRows: number }).affectedRows;
  }

  async command(sql: string): Promise<void> {
    await this.#attempt(sql, [], (done) => this.session.query(sql, done));
  }

  #execute(sql: string, values: readonly unknown[]): Promise<unknown> {
    return this.#attempt(sql, values, (done) => this.session.execute(sql, values, done));
  }

  #attempt(
    sql: string,
    values: readonly unknown[],
    work: (done: (error: Error | null, result: unknown) => void) => void,
  ): Promise<unknown> {
    this.dataSource.logger.logQuery(sql, [...values]);
    return new Promise((resolve, reject) => {
      work((error, result) => (error ? reject(new QueryFailedError(sql, [], error)) : resolve(result)));
    });
  }
}
