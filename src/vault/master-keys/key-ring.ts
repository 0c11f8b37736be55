import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import {
  isKeyService,
  keyServices,
  KeyServiceFailure,
  type KeyServiceEnvironment,
  type KeyServiceName,
  type WrappedBytes,
} from './kms';

const KEY_BYTES = 32;
/** This is the length of a nonce in bytes. */
export const IV_BYTES = 12;
const TAG_BYTES = 16;
// Only small letters are allowed, because MariaDB takes names that differ only in case for the same name.
const KEY_NAME = /^[a-z0-9_-]{1,64}$/;

/**
 * This encrypts with AES-256-GCM. The length of the tag is stated, because without it Node accepts a tag that
 * was cut to 4 bytes.
 */
export function encrypt(key: KeyObject | Buffer, plaintext: Buffer, associated: string, iv: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(
    Buffer.from(associated),
  );
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

/**
 * This throws unless every bit is as it was encrypted, under the same key and for the same `associated` text.
 */
export function decrypt(key: KeyObject | Buffer, sealed: Buffer, associated: string): Buffer {
  const iv = sealed.subarray(0, IV_BYTES);
  const tag = sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(associated))
    .setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
}

/** Nothing can be opened with this key ring. The error stops the start. */
export class UnusableKeyRing extends Error {}

/** A master key that a key service has wrapped stays wrapped until the service is asked. */
interface SealedMasterKey extends WrappedBytes {
  readonly service: KeyServiceName;
  readonly line: number;
}

/**
 * A key ring holds the master keys by name. The database holds none of them. New secrets are wrapped with the
 * active one, which is the first in the file.
 */
export class KeyRing {
  private constructor(
    private readonly keys: ReadonlyMap<string, KeyObject | SealedMasterKey>,
    readonly activeName: string,
  ) {}

  /**
   * A key ring has one line for each master key, the active one first. Empty lines and lines that start with
   * `#` are ignored. A line is `name:key`, with 32 random bytes in base64, or `name:service:key of the
   * service:what the service has wrapped`. Errors name the line, never its content.
   */
  static parse(text: string): KeyRing {
    const keys = new Map<string, KeyObject | SealedMasterKey>();
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue;
      const [name, key] = parseLine(line.trim(), index + 1);
      if (keys.has(name))
        throw new Error(`master key ring, line ${index + 1}: this name stands on an earlier line too`);
      keys.set(name, key);
    }
    const [activeName] = keys.keys();
    if (activeName === undefined) throw new Error('master key ring: it holds no key');
    return new KeyRing(keys, activeName);
  }

  static isName(name: string): boolean {
    return KEY_NAME.test(name);
  }

  /** This makes a line for a key ring file, with a new random key. */
  static generateLine(name: string): string {
    return `${name}:${randomBytes(KEY_BYTES).toString('base64')}\n`;
  }

  /**
   * This makes a line whose key is wrapped by a key service. It throws `UnusableKeyRing` if the service does
   * not wrap it.
   */
  static async generateSealedLine(
    name: string,
    service: KeyServiceName,
    serviceKey: string,
    environment: KeyServiceEnvironment,
  ): Promise<string> {
    const { key, wrapped } = await toldWith(`${service} wraps no master key`, () =>
      keyServices[service].wrap(serviceKey, randomBytes(KEY_BYTES), name, environment),
    );
    return `${name}:${service}:${key}:${wrapped}\n`;
  }

  /**
   * The result is the same key ring with every key unwrapped. Each wrapped line costs one request to its
   * service. This throws `UnusableKeyRing` if a service does not unwrap a key.
   */
  async unseal(environment: KeyServiceEnvironment): Promise<KeyRing> {
    const keys = new Map<string, KeyObject>();
    for (const [name, key] of this.keys)
      keys.set(name, 'service' in key ? await open(name, key, environment) : key);
    return new KeyRing(keys, this.activeName);
  }

  get names(): string[] {
    return [...this.keys.keys()];
  }

  has(name: string): boolean {
    return this.keys.has(name);
  }

  /** Tells whether this key service has wrapped a key of the ring that was not unwrapped yet. */
  usesService(service: KeyServiceName): boolean {
    return [...this.keys.values()].some((key) => 'service' in key && key.service === service);
  }

  /** `iv` is a nonce: random bytes with which nothing else is encrypted. */
  wrap(
    dataKey: Buffer,
    associated: string,
    { name = this.activeName, iv = randomBytes(IV_BYTES) }: { name?: string; iv?: Buffer | undefined } = {},
  ): Buffer {
    return encrypt(this.#key(name), dataKey, associated, iv);
  }

  /** This throws when the ring has no such key, or not the right one. */
  unwrap(name: string, wrapped: Buffer, associated: string): Buffer {
    return decrypt(this.#key(name), wrapped, associated);
  }

  #key(name: string): KeyObject {
    const key = this.keys.get(name);
    if (!key || 'service' in key) throw new Error('master key ring: no open key of this name');
    return key;
  }
}

function parseLine(line: string, number: number): [string, KeyObject | SealedMasterKey] {
  const [name = '', second = '', ...rest] = line.split(':');
  const key = isKeyService(second)
    ? parseSealed(second, rest.join(':'), number)
    : rest.length === 0
      ? parseKey(second)
      : null;
  if (KEY_NAME.test(name) && key !== null) return [name, key];
  throw new Error(
    `master key ring, line ${number}: not of the form name:key with 32 bytes in base64, nor name:service:key:wrapped`,
  );
}

function parseKey(encoded: string): KeyObject | null {
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.length === KEY_BYTES && bytes.toString('base64') === encoded ? createSecretKey(bytes) : null;
}

function parseSealed(service: KeyServiceName, text: string, line: number): SealedMasterKey | null {
  const parsed = keyServices[service].parse(text);
  return parsed && { ...parsed, service, line };
}

async function open(
  name: string,
  sealed: SealedMasterKey,
  environment: KeyServiceEnvironment,
): Promise<KeyObject> {
  const at = `master key ring, line ${sealed.line}`;
  const bytes = await toldWith(`${at}: ${sealed.service} does not open it`, () =>
    keyServices[sealed.service].unwrap(sealed, name, environment),
  );
  if (bytes.length !== KEY_BYTES)
    throw new UnusableKeyRing(`${at}: what ${sealed.service} opens is not a key of ${KEY_BYTES} bytes`);
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

async function toldWith<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof KeyServiceFailure) throw new UnusableKeyRing(`${what}: ${error.message}`);
    throw error;
  }
}
