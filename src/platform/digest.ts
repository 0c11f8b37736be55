import { createHash } from 'node:crypto';

/**
 * Returns the SHA-256 in hex of text that must be compared exactly on every database, e.g. of a subject or an
 * idempotency key.
 */
export function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
