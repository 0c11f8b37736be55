import type { SignatureClaim } from '../vault/signatures';

type Algorithm = Extract<SignatureClaim, { kind: 'HMAC' }>['algorithm'];

/** The length of a digest, in bytes, tells by which algorithm it was made. */
const ALGORITHMS: Readonly<Record<number, Algorithm>> = { 20: 'sha1', 32: 'sha256', 64: 'sha512' };

/** Reads a digest in hex or base64. The result is null for anything else. */
function readDigest(text: string): { readonly digest: Buffer; readonly algorithm: Algorithm } | null {
  const isHex = /^([0-9a-f]{2})+$/i.test(text);
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  const digest = isHex ? Buffer.from(text, 'hex') : isBase64 ? Buffer.from(text, 'base64') : null;
  const algorithm = digest && ALGORITHMS[digest.length];
  return digest && algorithm ? { digest, algorithm } : null;
}

/** The claim that `digest` is the keyed hash of `signed`. There is none where the text is no digest. */
export function hmacClaim(text: string, signed: Buffer, signedAt: Date | null = null): SignatureClaim[] {
  const read = readDigest(text);
  return read ? [{ kind: 'HMAC', ...read, signed, signedAt }] : [];
}

/** The claim that a header holds the secret itself. There is none where the header is not there. */
export function secretClaim(presented: string): SignatureClaim[] {
  return presented === '' ? [] : [{ kind: 'SECRET', presented }];
}
