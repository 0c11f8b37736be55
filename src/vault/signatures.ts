import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { ApiKeyText } from './secret';

/**
 * What a request says of itself to prove that it was sent by someone who has the secret: a keyed hash over
 * some bytes, or the secret itself.
 */
export type SignatureClaim =
  | {
      readonly kind: 'HMAC';
      readonly algorithm: 'sha1' | 'sha256' | 'sha512';
      readonly signed: Buffer;
      readonly digest: Buffer;
      /** When the request says that it was signed; null where it does not say. */
      readonly signedAt: Date | null;
    }
  | { readonly kind: 'SECRET'; readonly presented: string };

/** A request that was signed longer ago, or that long from now, is not accepted. */
const TOLERANCE_MS = 5 * 60 * 1000;

/** Tells whether one of the claims holds for a secret. It takes as long whichever byte is wrong. */
export function isSigned(secret: ApiKeyText, claims: readonly SignatureClaim[], now: Date): boolean {
  const held = claims.map((claim) => holds(ApiKeyText.reveal(secret), claim, now));
  return held.includes(true);
}

function holds(secret: string, claim: SignatureClaim, now: Date): boolean {
  if (claim.kind === 'SECRET') return isSame(hashOf(secret), hashOf(claim.presented));
  const digest = createHmac(claim.algorithm, secret).update(claim.signed).digest();
  const age = claim.signedAt === null ? 0 : now.getTime() - claim.signedAt.getTime();
  return isSame(digest, claim.digest) && Math.abs(age) <= TOLERANCE_MS;
}

// Texts of any length are compared by their hashes, which have one length.
function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
