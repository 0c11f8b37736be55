import { connectionError, DatabaseUnavailable } from './database-errors';
import type { MysqlPool, PooledConnection } from './typeorm-internals';

/** How long a statement may wait for its connection, which may have to be opened. */
const CONNECTION_TIMEOUT_MS = 5_000;
/** How long a connection may send and receive nothing while it is in use. */
const SILENCE_MS = 10_000;

/**
 * Bounds how long a statement waits for a server that is there and says nothing, e.g. behind a firewall that
 * lost the connection. The driver's own time limit does not cover preparing a statement, and leaves the
 * connection in the pool.
 */
export function limitWaiting(pool: MysqlPool): void {
  const inUse = new WeakSet<PooledConnection>();
  const watched = new WeakSet<PooledConnection>();
  pool.on('release', (connection) => inUse.delete(connection));
  pool.on('acquire', (connection) => {
    inUse.add(connection);
    if (watched.has(connection)) return;
    watched.add(connection);
    // This fails the statement that waits, and the pool removes the connection.
    connection.stream.setTimeout(SILENCE_MS, () => {
      if (inUse.has(connection)) connection.stream.destroy(new DatabaseUnavailable('The database is silent'));
    });
  });
  limitConnecting(pool);
}

function limitConnecting(pool: MysqlPool): void {
  const connect = pool.getConnection.bind(pool);
  pool.getConnection = (done) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      done(new DatabaseUnavailable('There is no connection to the database'));
    }, CONNECTION_TIMEOUT_MS);
    connect((error, connection) => {
      clearTimeout(timer);
      if (late) connection?.release();
      else done(error && connectionError(error), connection);
    });
  };
}
