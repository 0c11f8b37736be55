import { QueryFailedError } from 'typeorm';

/** The database does not answer. */
export class DatabaseUnavailable extends Error {
  readonly code = 'DATABASE_UNAVAILABLE';
}

// The server cannot be reached, is shutting down, takes no more connections, or is a node that has left its
// cluster.
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
  ...['SQLITE_BUSY', 'SQLITE_CANTOPEN', 'DATABASE_UNAVAILABLE'],
]);

/** Returns the driver's own code of a failed statement, e.g. `ER_LOCK_DEADLOCK`. */
export function databaseCode(error: unknown): unknown {
  return error instanceof QueryFailedError ? (error.driverError as { code?: unknown }).code : undefined;
}

/** Tells whether a statement failed because the database is not available, so that it may succeed later. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof DatabaseUnavailable || UNAVAILABLE.has(databaseCode(error));
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
