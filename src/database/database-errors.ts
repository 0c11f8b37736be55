import { QueryFailedError } from 'typeorm';

/** The database does not answer, or cannot do what it should. */
export class DatabaseUnavailable extends Error {
  static readonly code = 'DATABASE_UNAVAILABLE';
  readonly code = DatabaseUnavailable.code;
}

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
  ...['PROTOCOL_CONNECTION_LOST', 'ER_CON_COUNT_ERROR', 'ER_SERVER_SHUTDOWN', 'ER_UNKNOWN_COM_ERROR'],
  ...['ER_TOO_MANY_USER_CONNECTIONS', 'ER_USER_LIMIT_REACHED', 'ER_LOCK_WAIT_TIMEOUT'],
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

/** Returns the driver's own code of a failed statement, e.g. `ER_LOCK_DEADLOCK`. */
export function databaseCode(error: unknown): unknown {
  if (error instanceof DatabaseUnavailable) return error.code;
  return error instanceof QueryFailedError ? (error.driverError as { code?: unknown }).code : undefined;
}

/** Tells whether a statement failed because the database is not available, so that it may succeed later. */
export function isUnavailable(error: unknown): boolean {
  const code = databaseCode(error);
  return UNAVAILABLE.has(code) || unavailableInSqlite(code) !== undefined;
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
export function connectionError(error: Error): Error {
  const { code } = error as { code?: unknown };
  return UNAVAILABLE.has(code)
    ? new DatabaseUnavailable(`The database cannot be reached (${String(code)})`)
    : error;
}

/** Tells whether a row was refused because it would duplicate another one. */
export function isDuplicate(error: unknown): boolean {
  const code = databaseCode(error);
  return (
    code === 'ER_DUP_ENTRY' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY'
  );
}
