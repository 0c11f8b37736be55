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

/** Either no claim holds, or one would hold if it had been made at about this time. */
export type SignatureFault = 'SIGNATURE' | 'SIGNED_AT';

/** Returns null where one of the claims holds for a secret. It takes as long whichever byte is wrong. */
export function signatureFault(
  secret: ApiKeyText,
  claims: readonly SignatureClaim[],
  now: Date,
): SignatureFault | null {
  const faults = claims.map((claim) => faultOf(ApiKeyText.reveal(secret), claim, now));
  if (faults.includes(null)) return null;
  return faults.includes('SIGNED_AT') ? 'SIGNED_AT' : 'SIGNATURE';
}

function faultOf(secret: string, claim: SignatureClaim, now: Date): SignatureFault | null {
  if (claim.kind === 'SECRET') return isSame(hashOf(secret), hashOf(claim.presented)) ? null : 'SIGNATURE';
  const digest = createHmac(claim.algorithm, secret).update(claim.signed).digest();
  if (!isSame(digest, claim.digest)) return 'SIGNATURE';
  const age = claim.signedAt === null ? 0 : now.getTime() - claim.signedAt.getTime();
  return Math.abs(age) <= TOLERANCE_MS ? null : 'SIGNED_AT';
}

// Texts of any length are compared by their hashes, which have one length.
function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
