import { setTimeout as wait } from 'node:timers/promises';
import {
  QueryFailedError,
  type DataSource,
  type DataSourceOptions,
  type EntityTarget,
  type ObjectLiteral,
  type QueryRunner,
} from 'typeorm';
import { parseDatabaseUrl } from './address';
import { DatabaseUnavailable, isUnavailable } from './database-errors';
import { MAX_PREPARED, type Database, type Mapping } from './dialect';
import { CommitUnknown, untilItWins } from './repetition';
import { byId, inTransaction, Session, type Reader, type Transaction } from './transaction';

import { connectionOf, noteTransaction, poolOf, type MysqlStatements } from './typeorm-internals';
import { limitWaiting } from './waiting';

const POOL_SIZE = 20;
const CONNECT_TIMEOUT_MS = 10_000;
/** How long the fate of a transaction is looked for, and how often. */
const FATE_DEADLINE_MS = 10_000;
const FATE_ASKED_EVERY_MS = 200;
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
    let session: MysqlSession | null = null;
    try {
      const connection = await connectionOf(runner);
      noteTransaction(runner);
      session = new MysqlSession(this.source, connection, runner);
      return await inTransaction(session, 'START TRANSACTION', work);
    } catch (error) {
      if (error instanceof CommitUnknown && (await this.#isCommitted(session?.witness, error)))
        return error.result as T;
      throw error;
    } finally {
      await runner.release();
    }
  }

  /**
   * Finds out what became of a transaction whose connection was lost during COMMIT, by a row that it has
   * inserted. The lock waits until the server has ended that transaction. A transaction that inserted nothing
   * counts as undone, and is run again: it does the same to the rows that it changed before.
   */
  async #isCommitted(witness: Witness | null | undefined, lost: CommitUnknown): Promise<boolean> {
    if (!witness) return false;
    for (const deadline = Date.now() + FATE_DEADLINE_MS; ;) {
      try {
        const sql = `SELECT id FROM ${witness.table} WHERE id = ? LOCK IN SHARE MODE`;
        return (await this.read.rows(sql, [witness.id])).length > 0;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        if (Date.now() > deadline) throw new DatabaseUnavailable(lost.message, { cause: error });
      }
      await wait(FATE_ASKED_EVERY_MS);
    }
  }
}

/** A row that stands for its transaction: it is there if, and only if, that was committed. */
interface Witness {
  readonly table: string;
  readonly id: unknown;
}

class MysqlSession extends Session {
  readonly byCodePoint = ' COLLATE utf8mb4_bin';
  witness: Witness | null = null;

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

  override async insertRow(table: string, row: object): Promise<void> {
    await super.insertRow(table, row);
    if ('id' in row) this.witness = { table, id: row.id };
  }

  async command(sql: string): Promise<void> {
    await this.#attempt(sql, [], (done) => this.session.query(sql, done));
  }

  abandon(): void {
    this.session.destroy?.();
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
