import { statSync } from 'node:fs';
import { DatabaseUnavailable } from './database-errors';

/** SQLite's write-ahead log, in which changes are that have not come into the file itself yet. */
export function logOf(file: string): string {
  return `${file}-wal`;
}

/**
 * The file of SQLite that a process has opened, with its log. One that is deleted or replaced can still be
 * read and written, and all that is written is lost when the process ends.
 */
export class OpenedFile {
  readonly #opened: readonly (readonly [path: string, identity: string | null])[];

  constructor(file: string) {
    this.#opened = [file, logOf(file)].map((path) => [path, identityOf(path)] as const);
  }

  /** Throws `DatabaseUnavailable` where what has the name now is not what was opened. */
  check(): void {
    const isLost = this.#opened.some(
      ([path, identity]) => identity !== null && identityOf(path) !== identity,
    );
    if (isLost)
      throw new DatabaseUnavailable(
        'The file of the database, or its log, was deleted or replaced: end this process, and start it on the right file',
      );
  }
}

/** Two files of one file system never have the same at one time. */
function identityOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.dev} ${found.ino}` : null;
}
