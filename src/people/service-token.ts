import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { digest } from '../platform/ids';

const SCHEME = 'lk_svc_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 30 characters of 62: 178 bits. */
const SECRET_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const SHAPE = new RegExp(`^${SCHEME}[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/**
 * A token that secret scanners recognise: a prefix of its own, 30 random characters, and the CRC-32 of them, so that a scanner can tell a
 * token from text of its shape without asking us.
 */
export function newServiceToken(): string {
  const secret = Array.from({ length: SECRET_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return SCHEME + secret + checksum(secret);
}

/** Whether text is of the shape of a service token, its checksum included. What is not need not be looked up. */
export function isServiceToken(text: string): boolean {
  if (!SHAPE.test(text)) return false;
  const secret = text.slice(SCHEME.length, -CHECKSUM_LENGTH);
  return text.endsWith(checksum(secret));
}

/** What is stored of a token. Without a salt: its 178 random bits cannot be guessed, and it is looked up by this. */
export function serviceTokenDigest(token: string): string {
  return digest('service token', token);
}

/** The scheme and four characters. */
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
