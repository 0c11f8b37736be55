import type { KeyLinkRow } from './key-link.entity';

export const KEY_LINK_STATUSES = ['OPEN', 'USED', 'REVOKED', 'LOCKED', 'EXPIRED'] as const;
export type KeyLinkStatus = (typeof KEY_LINK_STATUSES)[number];

/** The number of wrong codes after which a link does not open any more. */
export const MAX_FAILED_CODES = 5;

/**
 * The number of refused keys after which a link does not open any more: it is no place to try stolen keys.
 */
export const MAX_REFUSED_KEYS = 10;

/** Longer than any provider is waited for, so that nobody waits for an answer any more. */
const ASKED_FOR_MS = 5 * 60 * 1000;

/**
 * The number of keys that the provider is being asked about. Those that were given up are not counted: their
 * server was killed, or the database was away when the answer came.
 */
export function keysInFlight({ askedKeys, askedAt }: KeyLinkRow): number {
  return askedAt !== null && Date.now() - askedAt.getTime() < ASKED_FOR_MS ? askedKeys : 0;
}

export function linkStatus({
  usedAt,
  revokedAt,
  failedCodes,
  refusedKeys,
  expiresAt,
}: KeyLinkRow): KeyLinkStatus {
  if (usedAt !== null) return 'USED';
  if (revokedAt !== null) return 'REVOKED';
  if (failedCodes >= MAX_FAILED_CODES || refusedKeys >= MAX_REFUSED_KEYS) return 'LOCKED';
  return expiresAt <= new Date() ? 'EXPIRED' : 'OPEN';
}
