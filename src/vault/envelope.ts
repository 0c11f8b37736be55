import { createHash } from 'node:crypto';
import { LessThan } from 'typeorm';
import type { Reader, Transaction } from '../database/transaction';
import { UsedSealedKeyRow } from './used-sealed-key.entity';

/** What is known of the JWE in which a key came. */
export interface Envelope {
  /** Equal for all texts of one JWE, and for nothing else. */
  readonly digest: string;
  /** When its upload key opens nothing any more. */
  readonly expiresAt: Date;
}

/**
 * The header is authenticated as it is written. The other parts are decoded first: the last character of a part in base64url has bits
 * that say nothing, so that the same JWE can be written in several ways.
 */
export function digestOf(jwe: string): string {
  const [header = '', ...parts] = jwe.split('.');
  const canonical = parts.map((part) => Buffer.from(part, 'base64url').toString('base64url'));
  return createHash('sha256')
    .update([header, ...canonical].join('.'))
    .digest('hex');
}

/** How a sealed key was used before; null for one that was not, and for a key that came as it is. */
export async function useOf(reader: Reader, envelope: Envelope | null): Promise<UsedSealedKeyRow | null> {
  return envelope && reader.findOneBy(UsedSealedKeyRow, { digest: envelope.digest });
}

/** Inside a `write`: of two instances that use the same sealed key at once, the second one starts again and finds it used. */
export async function recordUse(
  tx: Transaction,
  envelope: Envelope | null,
  use: Pick<UsedSealedKeyRow, 'ownerId' | 'provider' | 'version'>,
): Promise<void> {
  if (envelope) await tx.insert(UsedSealedKeyRow, { ...envelope, ...use });
}

/** Inside a `write`: forgets the uses of sealed keys that open nothing any more. */
export async function forgetUses(tx: Transaction): Promise<void> {
  await tx.delete(UsedSealedKeyRow, { expiresAt: LessThan(new Date()) });
}
