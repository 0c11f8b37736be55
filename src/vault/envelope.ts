import { createHash } from 'node:crypto';
import { LessThan } from 'typeorm';
import type { Reader, Transaction } from '../database/transaction';
import { UsedSealedKeyRow } from './used-sealed-key.entity';

/** An envelope is what is known of the JWE in which a key came. */
export interface Envelope {
  /** The digest is the same for all ways to write one JWE, and differs for any other JWE. */
  readonly digest: string;
  /** After this time its upload key opens nothing any more. */
  readonly expiresAt: Date;
}

/**
 * The header is authenticated as it is written. The other parts are decoded first: the last character of a
 * part in base64url has bits that say nothing, so that the same JWE can be written in several ways.
 */
export function digestOfJwe(jwe: string): string {
  const [header = '', ...parts] = jwe.split('.');
  const canonical = parts.map((part) => Buffer.from(part, 'base64url').toString('base64url'));
  return createHash('sha256')
    .update([header, ...canonical].join('.'))
    .digest('hex');
}

/**
 * This tells how a sealed key was used before. It is null for a sealed key that was not used, and for a key
 * that came as plain text.
 */
export async function useOf(reader: Reader, envelope: Envelope | null): Promise<UsedSealedKeyRow | null> {
  return envelope && reader.findOneBy(UsedSealedKeyRow, { digest: envelope.digest });
}

/**
 * This runs inside a `write`. If two instances use the same sealed key at once, the transaction of the second
 * one starts again and finds the key used.
 */
export async function recordUse(
  tx: Transaction,
  envelope: Envelope | null,
  use: Pick<UsedSealedKeyRow, 'ownerId' | 'provider' | 'version'>,
): Promise<void> {
  if (envelope) await tx.insert(UsedSealedKeyRow, { ...envelope, ...use });
}

/** This runs inside a `write`. It deletes the uses of sealed keys that cannot be opened any more. */
export async function forgetUses(tx: Transaction): Promise<void> {
  await tx.delete(UsedSealedKeyRow, { expiresAt: LessThan(new Date()) });
}
