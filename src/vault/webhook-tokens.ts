import { createHmac, createSecretKey, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { Database } from '../database/database';
import type { Cipher } from './cipher';
import { obtainVaultKey } from './vault-keys';

const KEY_BYTES = 32;
/** 128 bits, which nobody guesses. */
const MAC_LENGTH = 22;
const TOKEN = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})([\w-]{22})$/;

/** What the address of an endpoint is made from. */
export interface EndpointAddress {
  readonly ownerId: string;
  readonly provider: string;
  /** How often the address was rotated, and one. */
  readonly urlVersion: number;
}

/**
 * The unguessable part of the addresses to which providers send events. It names the owner of the account and
 * is made from it by a key of the vault, so that every endpoint has its address before anything is stored.
 */
export class WebhookTokens {
  readonly #key: KeyObject;

  private constructor(key: Buffer) {
    this.#key = createSecretKey(key);
  }

  static async load(database: Database, cipher: Cipher): Promise<WebhookTokens> {
    return new WebhookTokens(
      await obtainVaultKey(database, cipher, 'webhook-url', () => randomBytes(KEY_BYTES)),
    );
  }

  of(address: EndpointAddress): string {
    return address.ownerId.replaceAll('-', '') + this.#macOf(address);
  }

  /** Reads whose endpoint a token is for, or says so. It is null for what is no token. */
  static ownerOf(token: string): string | null {
    const parts = TOKEN.exec(token);
    return parts && parts.slice(1, 6).join('-');
  }

  isOf(token: string, address: EndpointAddress): boolean {
    const [given, expected] = [token, this.of(address)].map((text) => Buffer.from(text));
    return (
      given !== undefined &&
      expected !== undefined &&
      given.length === expected.length &&
      timingSafeEqual(given, expected)
    );
  }

  #macOf({ ownerId, provider, urlVersion }: EndpointAddress): string {
    const text = `webhook url\n${ownerId}\n${provider}\n${urlVersion}`;
    return createHmac('sha256', this.#key).update(text).digest('base64url').slice(0, MAC_LENGTH);
  }
}
