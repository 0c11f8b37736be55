import { createHash } from 'node:crypto';
import { v7 } from 'uuid';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A time-ordered UUID (version 7): lists keep the order of creation on the primary key alone. */
export function newId(): string {
  return v7();
}

/**
 * Whether text can be an id at all. Asked before every look-up by id, since MariaDB compares text without regard to case
 * and trailing spaces: an id in capitals would otherwise be found on one database and not on the other.
 */
export function isId(text: string): boolean {
  return ID.test(text);
}

/** SHA-256 in hex, for text that must be compared exactly on every database (subjects, idempotency keys). */
export function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The rows that were found by id, in the order of the ids, and null where there is none. */
export function inOrderOf<T extends { readonly id: string }>(
  ids: readonly string[],
  rows: readonly T[],
): (T | null)[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}
