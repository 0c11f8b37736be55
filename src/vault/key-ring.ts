import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
// Small letters only: MariaDB takes names that differ in case for the same.
const KEY_NAME = /^[a-z0-9_-]{1,64}$/;

/** AES-256-GCM. The tag's length is stated: without it Node accepts a tag cut to 4 bytes. */
export function encrypt(key: KeyObject | Buffer, plaintext: Buffer, associated: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(associated));
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

/** Throws unless every bit is as it was sealed, under the same key and for the same `associated` text. */
export function decrypt(key: KeyObject | Buffer, sealed: Buffer, associated: string): Buffer {
  const iv = sealed.subarray(0, IV_BYTES);
  const tag = sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(associated)).setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
}

/** The master keys that the database does not hold, by name. New secrets are wrapped with the active one, the first of the file. */
export class KeyRing {
  private constructor(
    private readonly keys: ReadonlyMap<string, KeyObject>,
    readonly activeName: string,
  ) {}

  /**
   * Reads a key ring: a line `name:key` for each master key, the active one first; the key is 32 random bytes in base64, empty lines
   * and lines that start with `#` do not count. Errors name the line, never its content.
   */
  static parse(text: string): KeyRing {
    const keys = new Map<string, KeyObject>();
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue;
      const [name, key] = parseLine(line.trim(), index + 1);
      if (keys.has(name)) throw new Error(`master key ring, line ${index + 1}: this name stands on an earlier line too`);
      keys.set(name, key);
    }
    const [activeName] = keys.keys();
    if (activeName === undefined) throw new Error('master key ring: it holds no key');
    return new KeyRing(keys, activeName);
  }

  /** A line for a key ring file with a fresh random key. */
  static generateLine(name: string): string {
    return `${name}:${randomBytes(KEY_BYTES).toString('base64')}\n`;
  }

  get names(): string[] {
    return [...this.keys.keys()];
  }

  has(name: string): boolean {
    return this.keys.has(name);
  }

  wrap(dataKey: Buffer, associated: string, name: string = this.activeName): Buffer {
    return encrypt(this.#key(name), dataKey, associated);
  }

  /** Throws when the ring has no such key, or not the right one. */
  unwrap(name: string, wrapped: Buffer, associated: string): Buffer {
    return decrypt(this.#key(name), wrapped, associated);
  }

  #key(name: string): KeyObject {
    const key = this.keys.get(name);
    if (!key) throw new Error('master key ring: no key of this name');
    return key;
  }
}

function parseLine(line: string, number: number): [string, KeyObject] {
  const [name = '', encoded = '', ...rest] = line.split(':');
  const bytes = Buffer.from(encoded, 'base64');
  const wellFormed = KEY_NAME.test(name) && rest.length === 0 && bytes.length === KEY_BYTES && bytes.toString('base64') === encoded;
  if (!wellFormed) throw new Error(`master key ring, line ${number}: not of the form name:key with 32 bytes in base64`);
  return [name, createSecretKey(bytes)];
}
