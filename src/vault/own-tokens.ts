import { containsToken } from '../access/token-form';
import { placeholders } from '../database/raw';
import type { Reader } from '../database/transaction';
import { digest } from '../platform/digest';
import { decodingsOf } from './decodings';

// The prefix is found although a token lost its first characters. A link is found without its scheme and its
// host.
const OWN = /^\W*lk_|lk_(svc|gw)_|(^|[^a-z0-9])(lk_[a-z]+|k?_(svc|gw))_|\/key\/[\w-]{20}/i;

/** The token of a one-time link has this many characters of base64url, which are 256 random bits. */
const LINK_TOKEN_LENGTH = 43;
const LINK_TOKEN_RUN = new RegExp(`[\\w-]{${LINK_TOKEN_LENGTH},}`, 'g');
/** So many parts of a text are looked up as tokens of links. */
const MAX_LOOKED_UP = 16;

/** This tells whether a token, or the address of a one-time link, stands anywhere in a text. */
export function hasOwnToken(text: string): boolean {
  return decodingsOf(text).some((decoding) => OWN.test(decoding) || containsToken(decoding));
}

/** Returns the digest by which a one-time link is looked up. The token's 256 random bits need no salt. */
export function linkTokenDigest(token: string): string {
  return digest('key link', token);
}

/**
 * This tells whether the token of a one-time link stands in a text. The token has no form of its own, so that
 * the parts of the text that have its length are looked up.
 */
export async function hasLinkToken(read: Reader, text: string): Promise<boolean> {
  const runs = decodingsOf(text).flatMap((decoding) => decoding.match(LINK_TOKEN_RUN) ?? []);
  const parts = runs.flatMap((run) => [run.slice(0, LINK_TOKEN_LENGTH), run.slice(-LINK_TOKEN_LENGTH)]);
  const digests = [...new Set(parts)].slice(0, MAX_LOOKED_UP).map(linkTokenDigest);
  if (digests.length === 0) return false;
  const known = `SELECT id FROM key_links WHERE tokenDigest IN (${placeholders(digests)})`;
  return (await read.rows(known, digests)).length > 0;
}
