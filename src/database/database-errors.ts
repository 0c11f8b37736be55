import { QueryFailedError } from 'typeorm';

/** The driver's own code of a failed statement, e.g. `ER_LOCK_DEADLOCK`. */
export function databaseCode(error: unknown): unknown {
  return error instanceof QueryFailedError ? (error.driverError as { code?: unknown }).code : undefined;
}

/** Whether a row was refused because its like is there already. */
export function isDuplicate(error: unknown): boolean {
  const code = databaseCode(error);
  return (
    code === 'ER_DUP_ENTRY' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY'
  );
}
