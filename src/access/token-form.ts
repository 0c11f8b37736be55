import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Service tokens are for the API of Latchkey, gateway tokens for the gateway alone. */
export const SERVICE_TOKEN_SCHEME = 'lk_svc_';
export const GATEWAY_TOKEN_SCHEME = 'lk_gw_';
type Scheme = typeof SERVICE_TOKEN_SCHEME | typeof GATEWAY_TOKEN_SCHEME;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** This many characters out of 62 make 178 random bits. */
const SECRET_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const BODY_LENGTH = SECRET_LENGTH + CHECKSUM_LENGTH;
const BODY = new RegExp(`^[0-9A-Za-z]{${BODY_LENGTH}}$`);
const LONG_RUN = new RegExp(`[0-9A-Za-z]{${BODY_LENGTH},}`, 'g');
const SHOWN_LENGTH = 4;
/** As long as `{"alg":""}` in base64. */
const SHORTEST_HEADER = 14;

/**
 * Makes a token that secret scanners recognise. It has a prefix of its own, 30 random characters, and their
 * CRC-32, by which a scanner can tell a token from other text of its form without asking Latchkey.
 */
export function newToken(scheme: Scheme): string {
  const letter = () => ALPHABET[randomInt(ALPHABET.length)];
  const secret = Array.from({ length: SECRET_LENGTH }, letter).join('');
  return scheme + secret + checksumOf(secret);
}

/**
 * Tells whether a text has the form of a token, its checksum included. Any other text need not be looked up.
 */
export function isToken(scheme: Scheme, text: string): boolean {
  const body = text.slice(scheme.length);
  return text.startsWith(scheme) && BODY.test(body) && hasChecksum(body);
}

/** Returns the scheme and the first four characters after it, by which people recognise a token. */
export function shownPartOf(scheme: Scheme, token: string): string {
  return token.slice(0, scheme.length + SHOWN_LENGTH);
}

/**
 * Tells whether the random part of a token stands anywhere in a text, whatever became of its prefix. Its
 * checksum tells it apart from any other text: only one random text in 10^10 has it.
 */
export function containsToken(text: string): boolean {
  return (text.match(LONG_RUN) ?? []).some((run) =>
    Array.from({ length: run.length - BODY_LENGTH + 1 }, (_, start) =>
      run.slice(start, start + BODY_LENGTH),
    ).some(hasChecksum),
  );
}

/**
 * Tells whether a token in the compact form of JOSE stands anywhere in a text, also broken into lines: a JWT,
 * with which people sign in or which some providers use as a key, or a sealed key. Behind a header that names
 * an algorithm it has two further parts at least.
 */
export function containsSignedToken(text: string): boolean {
  return text
    .replace(/\s+/g, '')
    .split(/[^\w.-]/)
    .some((word) => word.split('.').slice(0, -2).some(endsWithHeader));
}

// Other text may stand directly before the header, so that it begins at one of four places of base64. It is
// not parsed: errors for thousands of pieces of a text would take most of a second.
function endsWithHeader(part: string): boolean {
  if (part.length < SHORTEST_HEADER) return false;
  return [0, 1, 2, 3].some((offset) => {
    const decoded = Buffer.from(part.slice(offset), 'base64url').toString('latin1');
    return decoded.trimEnd().endsWith('}') && /"alg"\s*:/.test(decoded);
  });
}

function checksumOf(secret: string): string {
  let rest = crc32(secret);
  let text = '';
  for (let index = 0; index < CHECKSUM_LENGTH; index += 1) {
    text = `${ALPHABET[rest % ALPHABET.length] ?? ''}${text}`;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}

function hasChecksum(body: string): boolean {
  return body.endsWith(checksumOf(body.slice(0, -CHECKSUM_LENGTH)));
}
