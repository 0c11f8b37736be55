import { randomInt } from 'node:crypto';
import {
  checksumOf,
  SERVICE_TOKEN_SCHEME,
  TOKEN_ALPHABET,
  TOKEN_SECRET_LENGTH,
} from '../access/service-token-form';
import { digest } from '../platform/ids';

export { isServiceToken } from '../access/service-token-form';

/**
 * Makes a token that secret scanners recognise. It has a prefix of its own, 30 random characters, and their
 * CRC-32, by which a scanner can tell a token from other text of its form without asking Latchkey.
 */
export function newServiceToken(): string {
  const letter = () => TOKEN_ALPHABET[randomInt(TOKEN_ALPHABET.length)];
  const secret = Array.from({ length: TOKEN_SECRET_LENGTH }, letter).join('');
  return SERVICE_TOKEN_SCHEME + secret + checksumOf(secret);
}

/**
 * Returns the digest that is stored in place of a token. It needs no salt, because 178 random bits cannot be
 * guessed, and the token is looked up by this digest.
 */
export function serviceTokenDigest(token: string): string {
  return digest('service token', token);
}

/** Returns the scheme and the first four characters after it. */
export function serviceTokenPrefix(token: string): string {
  return token.slice(0, SERVICE_TOKEN_SCHEME.length + 4);
}
