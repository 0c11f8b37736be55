import { QueryFailedError } from 'typeorm';

/** The database does not answer, or cannot do what it should. */
export class DatabaseUnavailable extends Error {
  static readonly code = 'DATABASE_UNAVAILABLE';
  readonly code = DatabaseUnavailable.code;
}

/** Latchkey gave up on a connection whose server said nothing, or left the server that it leads to. */
export class ConnectionLost extends DatabaseUnavailable {}

// A transaction that fails so has changed nothing, and may succeed when it is run again: it lost a race
// against others, on this node of a cluster or on another one.
const RACES: ReadonlySet<unknown> = new Set([
  ...['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_ERROR_DURING_COMMIT', 'ER_CHECKREAD'],
  'ER_TRANSACTION_ROLLBACK_DURING_COMMIT',
]);
/** The node is not in its cluster's primary component: nothing is done there. */
const OUTSIDE = 'ER_UNKNOWN_COM_ERROR';
/** As mysql2 calls a connection that was lost while a statement ran on it. */
const CLOSED = 'PROTOCOL_CONNECTION_LOST';
// The connection is lost, or the server is about to close it.
const LOST: ReadonlySet<unknown> = new Set([
  ...['ECONNRESET', 'EPIPE', CLOSED, 'ER_SERVER_SHUTDOWN', 'ER_CONNECTION_KILLED'],
]);

// The server cannot be reached, is shutting down, takes no more connections, is a node that has left its
// cluster, takes no writes, has no space left, or could not give a lock in time.
const UNAVAILABLE: ReadonlySet<unknown> = new Set([
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
  ],
  ...[CLOSED, 'ER_CON_COUNT_ERROR', 'ER_SERVER_SHUTDOWN', OUTSIDE],
  ...['ER_TOO_MANY_USER_CONNECTIONS', 'ER_USER_LIMIT_REACHED', 'ER_LOCK_WAIT_TIMEOUT'],
  ...['ER_CONNECTION_KILLED', 'ER_STATEMENT_TIMEOUT', 'ER_QUERY_TIMEOUT'],
  ...['ER_OPTION_PREVENTS_STATEMENT', 'ER_READ_ONLY_MODE', 'ER_DISK_FULL', 'ER_RECORD_FILE_FULL'],
  DatabaseUnavailable.code,
]);
/**
 * SQLite's primary result codes for the same. Others are derived from them, e.g. SQLITE_IOERR_WRITE, and the
 * driver names some of those by their number alone, whose last byte is the primary one.
 */
const UNAVAILABLE_IN_SQLITE: Readonly<Record<number, string>> = {
  5: 'BUSY',
  8: 'READONLY',
  10: 'IOERR',
  13: 'FULL',
  14: 'CANTOPEN',
};

/** MariaDB's own errors, for which the driver has no names. */
const MARIADB_CODES: Readonly<Record<number, string>> = {
  1927: 'ER_CONNECTION_KILLED',
  1969: 'ER_STATEMENT_TIMEOUT',
};

/** Returns the driver's own code of a failed statement, e.g. `ER_LOCK_DEADLOCK`. */
export function databaseCode(error: unknown): unknown {
  if (error instanceof DatabaseUnavailable) return error.code;
  if (!(error instanceof QueryFailedError)) return undefined;
  const driverError = error.driverError as { code?: unknown; errno?: number; fatal?: unknown };
  if (isOnLostConnection(driverError)) return CLOSED;
  const { code, errno } = driverError;
  return code ?? MARIADB_CODES[errno ?? 0];
}

/** Tells whether a statement failed because the database is not available, so that it may succeed later. */
export function isUnavailable(error: unknown): boolean {
  const code = databaseCode(error);
  return UNAVAILABLE.has(code) || unavailableInSqlite(code) !== undefined;
}

/** Tells whether a statement failed because its transaction lost a race, so that it may win the next one. */
export function isRace(error: unknown): boolean {
  return RACES.has(databaseCode(error));
}

/** Tells whether a statement failed because its node is outside of the cluster, which may end soon. */
export function isOutside(error: unknown): boolean {
  return databaseCode(error) === OUTSIDE;
}

/** Tells whether nobody knows what became of a transaction whose COMMIT failed so. */
export function isFateUnknown(error: unknown): boolean {
  const code = databaseCode(error);
  return isConnectionLost(error) || code === 'ER_ERROR_DURING_COMMIT' || code === OUTSIDE;
}

/**
 * Tells whether a statement failed because its connection was lost, after which its transaction is undone.
 */
export function isConnectionLost(error: unknown): boolean {
  const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return driverError instanceof ConnectionLost || LOST.has(databaseCode(error));
}

/** mysql2 names no code for a statement that is given to a connection which has been lost. */
function isOnLostConnection({ fatal, code }: { fatal?: unknown; code?: unknown }): boolean {
  return fatal === true && code === undefined;
}

/** Tells whether a statement failed because another connection has locked the SQLite file. */
export function isLocked(error: unknown): boolean {
  return unavailableInSqlite(databaseCode(error)) === 'BUSY';
}

function unavailableInSqlite(code: unknown): string | undefined {
  const [, name, number] = /^(?:SQLITE_([A-Z]+)|UNKNOWN_SQLITE_ERROR_(\d+))/.exec(String(code)) ?? [];
  return number === undefined
    ? Object.values(UNAVAILABLE_IN_SQLITE).find((known) => known === name)
    : UNAVAILABLE_IN_SQLITE[Number(number) & 0xff];
}

/**
 * Turns an error of connecting into a `DatabaseUnavailable` where it says that the server cannot be reached.
 */
export function connectionError(error: Error, Unreachable: typeof DatabaseUnavailable): Error {
  const { code } = error as { code?: unknown };
  return UNAVAILABLE.has(code) ? new Unreachable(`The database cannot be reached (${String(code)})`) : error;
}

/** Tells whether a row was refused because it would duplicate another one. */
export function isDuplicate(error: unknown): boolean {
  const code = databaseCode(error);
  return (
    code === 'ER_DUP_ENTRY' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY'
  );
}
