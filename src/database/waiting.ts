import { within } from '../platform/within';
import { connectionError, ConnectionLost, DatabaseUnavailable } from './database-errors';
import { connectionsOf, type MysqlPool, type PooledConnection } from './typeorm-internals';

/** How long a statement may wait for its connection, which may have to be opened. */
const CONNECTION_TIMEOUT_MS = 5_000;
/** How long a connection may send and receive nothing while it is in use. */
const SILENCE_MS = 10_000;

/** How long a server may take to end its connections. */
const CLOSING_MS = 2_000;

const patient = new WeakSet<MysqlPool>();

/**
 * Does work whose statements may take long, e.g. an ALTER of a large table, without this limit. It gives up
 * when `isThere` fails, which asks the server on another connection.
 */
export async function waitPatiently<T>(
  pool: MysqlPool,
  isThere: () => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  patient.add(pool);
  let asking: NodeJS.Timeout | undefined;
  const silent = new Promise<never>((_resolve, reject) => {
    asking = setInterval(() => void withinTime(isThere(), SILENCE_MS).catch(reject), SILENCE_MS);
  });
  try {
    return await Promise.race([work(), silent]);
  } finally {
    clearInterval(asking);
    patient.delete(pool);
  }
}

/** Throws `DatabaseUnavailable` when the answer does not come in time. */
export function withinTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  return within(ms, answer, () => new DatabaseUnavailable('The database is silent'));
}

/**
 * Bounds how long a statement waits for a server that is there and says nothing, e.g. behind a firewall that
 * lost the connection. The driver's own time limit does not cover preparing a statement, and leaves the
 * connection in the pool.
 */
export function limitWaiting(pool: MysqlPool, hasOtherHosts: boolean): void {
  const inUse = new WeakSet<PooledConnection>();
  const watched = new WeakSet<PooledConnection>();
  pool.on('release', (connection) => inUse.delete(connection));
  pool.on('acquire', (connection) => {
    inUse.add(connection);
    if (watched.has(connection)) return;
    watched.add(connection);
    // A connection that nobody uses is silent as well, and is watched again when it is used: a callback of
    // `setTimeout` would be called once. Destroying the connection fails the statement that waits, and the
    // pool removes it.
    connection.stream.setTimeout(SILENCE_MS).on('timeout', () => {
      if (inUse.has(connection) && !patient.has(pool))
        connection.stream.destroy(new ConnectionLost('The database is silent'));
    });
  });
  limitConnecting(pool, hasOtherHosts);
}

/**
 * Ends a pool. Every connection says goodbye to the server first, and a server that is silent never answers:
 * its connections are cut off, because they would keep the process from ending.
 */
export async function endInTime(pool: MysqlPool, end: Promise<void>): Promise<void> {
  try {
    await withinTime(end, CLOSING_MS);
  } catch {
    for (const { stream } of connectionsOf(pool)) stream.destroy();
  }
}

// Where there are other hosts, one of them soon takes the place of a host that cannot be reached.
function limitConnecting(pool: MysqlPool, hasOtherHosts: boolean): void {
  const Unreachable = hasOtherHosts ? ConnectionLost : DatabaseUnavailable;
  const connect = pool.getConnection.bind(pool);
  pool.getConnection = (done) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      done(new Unreachable('There is no connection to the database'));
    }, CONNECTION_TIMEOUT_MS);
    connect((error, connection) => {
      clearTimeout(timer);
      if (late) connection?.release();
      else done(error && connectionError(error, Unreachable), connection);
    });
  };
}
