import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { parseDatabaseUrl, type DatabaseHost } from './address';
import { ConnectionLost, DatabaseUnavailable } from './database-errors';
import { MAX_PREPARED, type Database, type Load, type Mapping } from './dialect';
import { HostWatch } from './hosts';
import { refuseUnsafe } from './server-check';
import { CommitUnknown, FATE_UNKNOWN, repeatUntilCommitted } from './repetition';
import { MysqlSession, type Witness } from './mysql-session';
import { inTransaction, type Beginning, type Reader, type Transaction } from './transaction';
import {
  connectionOf,
  loadOf,
  noteTransaction,
  poolOf,
  sendTogether,
  type MysqlPool,
} from './typeorm-internals';
import { endInTime, limitWaiting } from './waiting';

const POOL_SIZE = 20;
const CONNECT_TIMEOUT_MS = 10_000;
/** Where there are other hosts, one that does not answer is not waited for. */
const CLUSTER_CONNECT_TIMEOUT_MS = 2_000;
/** How long the fate of a transaction is looked for, and how often. */
const FATE_DEADLINE_MS = 10_000;
const FATE_ASKED_EVERY_MS = 200;
/** How long the server lets one statement wait for a lock, or run. */
const LOCK_TIMEOUT_SECONDS = 5;
const STATEMENT_TIMEOUT_SECONDS = 8;
/**
 * An `IN` list of this many values or more, e.g. the ids of a page of clients, is planned by statistics: for
 * a shorter one the optimizer looks every value up in the index before the statement does. That pays for
 * types of events, of which some are rare. Statistics are old after many rows were written at once, and the
 * optimizer then reads a whole table for a page of clients, so that the statements of such a page name their
 * index.
 */
export const LONG_LIST = 50;

export function optionsOf(url: string, mapping: Mapping): [DataSourceOptions, ...DataSourceOptions[]] {
  const { kind, hosts, username, password, database, tls } = addressOf(url);
  const optionsFor = ({ host, port }: DatabaseHost): DataSourceOptions => ({
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
    connectTimeout: hosts.length > 1 ? CLUSTER_CONNECT_TIMEOUT_MS : CONNECT_TIMEOUT_MS,
    extra: { connectionLimit: POOL_SIZE, maxPreparedStatements: MAX_PREPARED },
  });
  const [first, ...others] = hosts;
  return [optionsFor(first), ...others.map(optionsFor)];
}

function addressOf(url: string) {
  const address = parseDatabaseUrl(url);
  if (address.kind === 'sqlite') throw new Error('Not an address of MySQL or MariaDB');
  return address;
}

/** There is no file to check: connecting tells whether the address is right. */
export function checkAccess(): void {
  return;
}

export function readerOf(source: DataSource): Reader {
  return new MysqlSession(source, poolOf(source));
}

export function close(source: DataSource): Promise<void> {
  return endInTime(poolOf(source), source.destroy());
}

export async function databaseOf(source: DataSource, url: string): Promise<Database> {
  await limitStatements(source);
  const address = addressOf(url);
  const { host, port } = source.options as DatabaseHost;
  const current = address.hosts.find((each) => each.host === host && each.port === port) ?? address.hosts[0];
  const watch = new HostWatch(poolOf(source), address.hosts, current, (...asked) =>
    askHost(address, ...asked),
  );
  if (address.hosts.length > 1) watch.start();
  return new MysqlDatabase(source, watch);
}

/**
 * Throws an error where a host cannot be used within some time: it answers no one, takes no writes, is
 * outside of its cluster, or has settings with which no start is made.
 */
async function askHost(
  { username, password, database, tls }: ReturnType<typeof addressOf>,
  host: DatabaseHost,
  timeoutMs: number,
): Promise<void> {
  // With one host, and on SQLite, nothing is asked so, and the driver need not be loaded for it.
  const { createConnection } = await import('mysql2');
  const connection = createConnection({
    ...host,
    user: username,
    password,
    database,
    ...(tls && { ssl: tls }),
    connectTimeout: timeoutMs,
  });
  const timer = setTimeout(() => connection.destroy(), timeoutMs);
  const query = <T>(sql: string) =>
    new Promise<T[]>((resolve, reject) => {
      connection.once('error', reject).once('end', () => reject(new ConnectionLost('The host is silent')));
      connection.query(sql, (error, rows) => (error ? reject(error) : resolve(rows as T[])));
    });
  try {
    for (const setting of await sessionSettings(query)) await query(setting);
    await refuseUnsafe(query);
    await query(IS_REFUSING);
  } finally {
    clearTimeout(timer);
    connection.destroy();
  }
}

// A statement sees what is committed when it runs. With REPEATABLE READ, the default of MySQL, a transaction
// would still see a key that was cleared after it began.
export async function prepareSessions(source: DataSource, url: string): Promise<void> {
  limitWaiting(poolOf(source), addressOf(url).hosts.length > 1);
  await applySettings(source, await sessionSettings((sql) => source.query(sql)));
}

export function checkServer(source: DataSource): Promise<void> {
  return refuseUnsafe((sql) => source.query(sql));
}

async function sessionSettings(query: <T>(sql: string) => Promise<T[]>): Promise<string[]> {
  const settings = [
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    `SET SESSION eq_range_index_dive_limit = ${LONG_LIST}`,
    `SET SESSION innodb_lock_wait_timeout = ${LOCK_TIMEOUT_SECONDS}`,
  ];
  // On a Galera cluster, a read on one node does not see what another has just committed unless it waits for
  // it.
  const known = await query("SHOW VARIABLES LIKE 'wsrep_sync_wait'");
  return known.length > 0 ? [...settings, 'SET SESSION wsrep_sync_wait = 1'] : settings;
}

// A migration may take longer than any statement of a request: this comes after it. MySQL limits SELECTs
// alone.
async function limitStatements(source: DataSource): Promise<void> {
  const [known] = await source.query<unknown[]>("SHOW VARIABLES LIKE 'max_statement_time'");
  const seconds = STATEMENT_TIMEOUT_SECONDS;
  const limit = known ? `max_statement_time = ${seconds}` : `max_execution_time = ${seconds * 1_000}`;
  await applySettings(source, [`SET SESSION ${limit}`]);
}

async function applySettings(source: DataSource, settings: readonly string[]): Promise<void> {
  poolOf(source).on('connection', (connection) => settings.forEach((setting) => connection.query(setting)));
  // One connection is open already, so that the listener was not called for it.
  for (const setting of settings) await source.query(setting);
}

const TAKES_NO_WRITES = 'The database takes no writes (read_only)';
// A replica answers every read. A node that has left its cluster answers what names no table, so that one is
// named, of which no row is read.
const IS_REFUSING =
  "SELECT @@read_only NOT IN ('0', 'OFF') AS refusing FROM (SELECT 1) one LEFT JOIN migration_lock ON 1 = 0";

class MysqlDatabase implements Database {
  readonly hasOneWriter = false;
  readonly #connections: MysqlPool;
  readonly #pool: MysqlSession;
  onRetry: (() => void) | null = null;

  constructor(
    private readonly source: DataSource,
    private readonly watch: HostWatch,
  ) {
    this.#connections = poolOf(source);
    this.#pool = new MysqlSession(source, this.#connections);
  }

  get read(): Reader {
    return this.#pool;
  }

  together<T>(ask: () => T): T {
    return this.#pool.together(this.#connections, ask);
  }

  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.writeAfter(() => Promise.resolve(), work);
  }

  writeAfter<F, T>(
    first: (tx: Beginning) => Promise<F>,
    work: (tx: Transaction, found: F) => Promise<T>,
  ): Promise<T> {
    const run: Run = { ids: [], unknown: null };
    return repeatUntilCommitted(
      () => this.#transaction(first, work, run),
      () => this.onRetry?.(),
    );
  }

  updateRow(table: string, change: object, where: object): Promise<boolean> {
    return repeatUntilCommitted(
      () => this.#pool.updateRow(table, change, where),
      () => this.onRetry?.(),
    );
  }

  async ping(): Promise<void> {
    const [row] = await this.read.rows<{ refusing: number }>(IS_REFUSING);
    if (row?.refusing !== 0) throw new DatabaseUnavailable(TAKES_NO_WRITES);
  }

  load(): Load {
    return loadOf(this.#connections);
  }

  async close(): Promise<void> {
    await this.watch.stop();
    await close(this.source);
  }

  /**
   * Runs a transaction once. A run that counted as undone may be committed after all, by a server that was
   * left: then a later one finds its rows there, or finds nothing left to do. That is asked on another
   * connection, and nobody may wait for one who still has another.
   */
  async #transaction<F, T>(
    first: (tx: Beginning) => Promise<F>,
    work: (tx: Transaction, found: F) => Promise<T>,
    run: Run,
  ): Promise<T> {
    const [ended] = await Promise.allSettled([this.#runOnce(first, work, run)]);
    const hasInserted = ended.status === 'fulfilled' && ended.value.hasInserted;
    if (run.unknown && !hasInserted && (await this.#isCommitted(run.unknown.witness)))
      return run.unknown.result as T;
    if (ended.status === 'rejected') throw ended.reason;
    return ended.value.result;
  }

  async #runOnce<F, T>(
    first: (tx: Beginning) => Promise<F>,
    work: (tx: Transaction, found: F) => Promise<T>,
    run: Run,
  ): Promise<{ readonly result: T; readonly hasInserted: boolean }> {
    const runner = this.source.createQueryRunner();
    let session: MysqlSession | null = null;
    try {
      const connection = await connectionOf(runner);
      noteTransaction(runner);
      const began = (session = new MysqlSession(this.source, connection, runner));
      // Reads do no harm where the transaction could not be begun; a write would be committed by itself.
      const begin = async () => {
        const asked = [began.command('START TRANSACTION'), first(began)] as const;
        return (await Promise.all(asked))[1];
      };
      const result = await inTransaction(session, () => sendTogether(connection, begin), work, run.ids);
      return { result, hasInserted: session.witness !== null };
    } catch (error) {
      if (error instanceof CommitUnknown && session?.witness)
        run.unknown = { witness: session.witness, result: error.result };
      throw error;
    } finally {
      await runner.release();
    }
  }

  /**
   * Finds out what became of a transaction whose connection was lost during COMMIT, by a row that it has
   * inserted. On the same server, the lock waits until that transaction has ended. A transaction that
   * inserted nothing counts as undone, and is run again: it does the same to the rows that it changed
   * before.
   */
  async #isCommitted({ table, id }: Witness): Promise<boolean> {
    for (const deadline = performance.now() + FATE_DEADLINE_MS; ;) {
      try {
        const sql = `SELECT id FROM ${table} WHERE id = ? LOCK IN SHARE MODE`;
        return (await this.read.rows(sql, [id])).length > 0;
      } catch (error) {
        if (performance.now() > deadline) throw new DatabaseUnavailable(FATE_UNKNOWN, { cause: error });
      }
      await wait(FATE_ASKED_EVERY_MS);
    }
  }
}

/** What is kept of a transaction over its runs. */
interface Run {
  readonly ids: string[];
  unknown: { readonly witness: Witness; readonly result: unknown } | null;
}
