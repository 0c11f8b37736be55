import type { Actor } from '../audit/audit-event';
import type { KeyToStore } from '../keys/key-writer';
import type { KeyOwner } from '../keys/key-store';
import type { Transaction } from '../database/transaction';
import { newId } from '../platform/ids';
import type { Provider } from '../providers';
import { UnreadableKey, type Cipher, type DecryptPurpose } from '../vault/cipher';
import type { ApiKeyText } from '../vault/secret';
import { keyHandInPlace, KeyHandInRow } from './key-hand-in.entity';

export const DAY_MS = 24 * 60 * 60 * 1000;
const DESTROYED = { pendingFor: null, sealed: null, masterKey: null };

/** What is known of a key when it is handed in. */
export type HandedInKey = Pick<KeyToStore, 'provider' | 'region' | 'key'>;

/** Makes a row with the sealed key, which is pending until an admin decides or `lifetimeDays` are over. */
export function newHandIn(
  cipher: Cipher,
  actor: Actor,
  owner: KeyOwner,
  { provider, region, key }: HandedInKey,
  lifetimeDays: number,
): KeyHandInRow {
  const createdAt = new Date();
  const place = { id: newId(), agencyId: owner.agencyId, clientId: owner.id, provider, region };
  return {
    ...place,
    pendingFor: pendingFor(owner, provider),
    status: 'PENDING',
    maskedKey: key.mask,
    keyStatus: 'UNVERIFIED',
    verifiedAt: null,
    masterKey: cipher.masterKeyName,
    sealed: cipher.seal(key, keyHandInPlace(place)),
    handedInByKind: actor.kind,
    handedInByName: actor.name,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + lifetimeDays * DAY_MS),
    decidedAt: null,
    decidedByName: null,
    reason: null,
  };
}

/** Inside a `write`: records how a hand-in ended, and destroys its key. */
export async function endHandIn(
  tx: Transaction,
  row: KeyHandInRow,
  end: Pick<KeyHandInRow, 'status'> & Partial<KeyHandInRow>,
): Promise<KeyHandInRow> {
  const change = { ...DESTROYED, decidedAt: new Date(), ...end };
  await tx.update(KeyHandInRow, { id: row.id }, change);
  return { ...row, ...change };
}

/** Opens the key of a hand-in, and returns null when what is stored does not open. */
export function openHandIn(cipher: Cipher, row: KeyHandInRow, purpose: DecryptPurpose): ApiKeyText | null {
  try {
    return cipher.open(row.sealed ?? '', keyHandInPlace(row), purpose);
  } catch (error) {
    if (error instanceof UnreadableKey) return null;
    throw error;
  }
}

export function ownerOf({ agencyId, clientId }: Pick<KeyHandInRow, 'agencyId' | 'clientId'>): KeyOwner {
  return { type: 'CLIENT', id: clientId, agencyId };
}

/**
 * Returns the value that is unique among pending hand-ins, so that there is one for each client and provider.
 */
export function pendingFor(owner: KeyOwner, provider: Provider): string {
  return `${owner.id}:${provider}`;
}

/** Returns the fields by which an audit event names a hand-in. */
export function nameOf({ id: keyHandInId, clientId, provider }: KeyHandInRow) {
  return { clientId, provider, keyHandInId };
}

const REFUSALS = {
  INVALID: 'KEY_INVALID',
  INSUFFICIENT_PERMISSIONS: 'INSUFFICIENT_PERMISSIONS',
  OUT_OF_FUNDS: 'OUT_OF_FUNDS',
} as const;

/**
 * Returns what the provider said of the key when it was handed in. An outage or a rate limit is no verdict.
 */
export function verdictOn({
  keyStatus,
  verifiedAt,
}: KeyHandInRow): Pick<KeyToStore, 'verdict' | 'verifiedAt'> {
  if (!verifiedAt) return { verdict: null };
  if (keyStatus === 'VALID') return { verdict: { status: keyStatus, error: null }, verifiedAt };
  if (keyStatus !== 'INVALID' && keyStatus !== 'INSUFFICIENT_PERMISSIONS' && keyStatus !== 'OUT_OF_FUNDS')
    return { verdict: null };
  return {
    verdict: {
      status: keyStatus,
      error: { code: REFUSALS[keyStatus], httpStatus: null, retryAfterSeconds: null },
    },
    verifiedAt,
  };
}
