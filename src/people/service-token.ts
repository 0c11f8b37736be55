import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { digest } from '../platform/ids';

const SCHEME = 'lk_svc_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** This many characters out of 62 make 178 random bits. */
const SECRET_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const SHAPE = new RegExp(`^${SCHEME}[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/**
 * Makes a token that secret scanners recognise. It has a prefix of its own, 30 random characters, and their
 * CRC-32, by which a scanner can tell a token from other text of its form without asking Latchkey.
 */
export function newServiceToken(): string {
  const secret = Array.from({ length: SECRET_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return SCHEME + secret + checksum(secret);
}

/**
 * Tells whether a text has the form of a service token, its checksum included. Any other text need not be
 * looked up.
 */
export function isServiceToken(text: string): boolean {
  if (!SHAPE.test(text)) return false;
  const secret = text.slice(SCHEME.length, -CHECKSUM_LENGTH);
  return text.endsWith(checksum(secret));
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
  return token.slice(0, SCHEME.length + 4);
}

function checksum(secret: string): string {
  let rest = crc32(secret);
  let text = '';
  for (let index = 0; index < CHECKSUM_LENGTH; index += 1) {
    text = `${ALPHABET[rest % ALPHABET.length] ?? ''}${text}`;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}
