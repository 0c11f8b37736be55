import { crc32 } from 'node:zlib';

export const SERVICE_TOKEN_SCHEME = 'lk_svc_';
export const TOKEN_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** This many characters out of 62 make 178 random bits. */
export const TOKEN_SECRET_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const BODY_LENGTH = TOKEN_SECRET_LENGTH + CHECKSUM_LENGTH;
const SHAPE = new RegExp(`^${SERVICE_TOKEN_SCHEME}[0-9A-Za-z]{${BODY_LENGTH}}$`);
const LONG_RUN = new RegExp(`[0-9A-Za-z]{${BODY_LENGTH},}`, 'g');

/**
 * Tells whether a text has the form of a service token, its checksum included. Any other text need not be
 * looked up.
 */
export function isServiceToken(text: string): boolean {
  return SHAPE.test(text) && hasChecksum(text.slice(SERVICE_TOKEN_SCHEME.length));
}

/**
 * Tells whether the random part of a service token stands anywhere in a text, whatever became of its prefix.
 * Its checksum tells it apart from any other text: only one random text in 10^10 has it.
 */
export function containsServiceToken(text: string): boolean {
  return (text.match(LONG_RUN) ?? []).some((run) =>
    Array.from({ length: run.length - BODY_LENGTH + 1 }, (_, start) =>
      run.slice(start, start + BODY_LENGTH),
    ).some(hasChecksum),
  );
}

/** Returns the characters by which a secret of this text ends. */
export function checksumOf(secret: string): string {
  let rest = crc32(secret);
  let text = '';
  for (let index = 0; index < CHECKSUM_LENGTH; index += 1) {
    text = `${TOKEN_ALPHABET[rest % TOKEN_ALPHABET.length] ?? ''}${text}`;
    rest = Math.floor(rest / TOKEN_ALPHABET.length);
  }
  return text;
}

function hasChecksum(body: string): boolean {
  return body.endsWith(checksumOf(body.slice(0, -CHECKSUM_LENGTH)));
}
