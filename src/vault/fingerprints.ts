import { createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import type { Database } from '../database/database';
import type { Cipher } from './cipher';
import { ApiKeyText } from './secret';
import { obtainVaultKey } from './vault-keys';

const KEY_BYTES = 32;

/**
 * Fingerprints tell whether two stored keys are the same without decrypting either. They are keyed hashes,
 * because a plain hash could be tried against keys that leaked elsewhere. The agency is part of what is
 * hashed, so that nobody can compare the keys of two agencies. The key of the fingerprints stays the same
 * when master keys change.
 */
export class Fingerprints {
  readonly #key: KeyObject;

  constructor(key: Buffer) {
    this.#key = createSecretKey(key);
  }

  static async load(database: Database, cipher: Cipher): Promise<Fingerprints> {
    return new Fingerprints(
      await obtainVaultKey(database, cipher, 'fingerprint', () => randomBytes(KEY_BYTES)),
    );
  }

  /** A fingerprint is written in hex, because MariaDB compares text without regard to case. */
  of(key: ApiKeyText, agencyId: string, provider: string): string {
    return this.ofText(ApiKeyText.reveal(key), agencyId, provider);
  }

  /** Returns the fingerprint that a text would have if it were a key. */
  ofText(text: string, agencyId: string, provider: string): string {
    const message = JSON.stringify(['api key', agencyId, provider, text]);
    return createHmac('sha256', this.#key).update(message).digest('hex');
  }
}
