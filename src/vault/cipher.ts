import { randomBytes } from 'node:crypto';
import { decrypt, encrypt, IV_BYTES, type KeyRing } from './master-keys/key-ring';
import type { Metrics } from '../platform/metrics';
import { ApiKeyText } from './secret';

/**
 * A place tells whose secret it is, which of its versions, and in which region its account is. The ciphertext
 * is bound to all of this, so that it opens in its own row only.
 */
export interface SecretPlace {
  readonly agencyId: string;
  readonly ownerType: string;
  readonly ownerId: string;
  readonly provider: string;
  readonly version: number;
  /** The region is empty for secrets that belong to no account at a provider. */
  readonly region: string;
}

/**
 * A sealed secret does not open: its row was altered or moved, or its master key is gone. This is never the
 * same as "no key".
 */
export class UnreadableKey extends Error {}

/**
 * What a secret is opened for. It is counted, so that no decryption goes unexplained: `CALL_STATE` asks about
 * a call or ends it, `RECHECK` verifies a key daily or after a refusal, `HAND_IN` accepts a key that was
 * handed in, `UPLOAD` opens what a frontend has sealed, `EVENT` opens the secret by which an event is signed,
 * `DELIVERY` those by which messages to agencies are signed, `ROTATION` wraps a data key anew and leaves the
 * secret alone, and `VAULT_KEY` reads a key of the vault itself.
 */
export type DecryptPurpose =
  | 'CALL'
  | 'CALL_STATE'
  | 'ACCOUNT_LIST'
  | 'GATEWAY'
  | 'RECONCILE'
  | 'VERIFY'
  | 'RECHECK'
  | 'PREVIEW'
  | 'HAND_IN'
  | 'UPLOAD'
  | 'EVENT'
  | 'DELIVERY'
  | 'ROTATION'
  | 'VAULT_KEY';

/** Secrets are sealed in the newest format. Those of `lk1`, which is not bound to the region, still open. */
const FORMATS = ['lk2', 'lk1'] as const;
type Format = (typeof FORMATS)[number];
const [NEWEST] = FORMATS;
// A wrapped data key always has this length: 12 bytes of nonce, 16 of tag, 32 of key.
const WRAPPED_BYTES = 60;
const DATA_KEY_BYTES = 32;

/**
 * The cipher uses envelope encryption: every secret is encrypted with a data key of its own, which is wrapped
 * by a master key. What is stored describes itself: `<format>.<master key's name>.<wrapped data key and
 * ciphertext, base64url>`.
 */
export class Cipher {
  constructor(
    private readonly ring: KeyRing,
    private readonly metrics: Metrics | null = null,
  ) {}

  get masterKeyName(): string {
    return this.ring.activeName;
  }

  seal(key: ApiKeyText, place: SecretPlace): string {
    const plaintext = Buffer.from(ApiKeyText.reveal(key));
    try {
      return this.sealBytes(plaintext, place);
    } finally {
      plaintext.fill(0);
    }
  }

  sealBytes(plaintext: Buffer, place: SecretPlace): string {
    // The data key and both nonces are drawn at once, because a call for random bytes takes as long as
    // encrypting them.
    const random = randomBytes(DATA_KEY_BYTES + 2 * IV_BYTES);
    const dataKey = random.subarray(0, DATA_KEY_BYTES);
    const [iv, wrappingIv] = [
      random.subarray(DATA_KEY_BYTES, DATA_KEY_BYTES + IV_BYTES),
      random.subarray(DATA_KEY_BYTES + IV_BYTES),
    ];
    try {
      const body = encrypt(dataKey, plaintext, associated(NEWEST, 'secret', place), iv);
      return this.#wrapped(NEWEST, dataKey, body, place, wrappingIv);
    } finally {
      dataKey.fill(0);
    }
  }

  /**
   * If the secret does not open, this throws `UnreadableKey` without a cause that could describe the secret.
   */
  open(sealed: string, place: SecretPlace, purpose: DecryptPurpose): ApiKeyText {
    const plaintext = this.openBytes(sealed, place, purpose);
    const key = new ApiKeyText(plaintext.toString());
    plaintext.fill(0);
    return key;
  }

  /** This throws `UnreadableKey` as well. */
  openBytes(sealed: string, place: SecretPlace, purpose: DecryptPurpose): Buffer {
    return this.#withDataKey(sealed, place, purpose, (dataKey, body, format) =>
      decrypt(dataKey, body, associated(format, 'secret', place)),
    );
  }

  /**
   * The result is the same secret with its data key wrapped by the active master key. The secret itself is
   * not decrypted and keeps its format. This throws `UnreadableKey` as well.
   */
  rewrap(sealed: string, place: SecretPlace): string {
    return this.#withDataKey(sealed, place, 'ROTATION', (dataKey, body, format) =>
      this.#wrapped(format, dataKey, body, place),
    );
  }

  #wrapped(format: Format, dataKey: Buffer, body: Buffer, place: SecretPlace, iv?: Buffer): string {
    const wrapped = this.ring.wrap(dataKey, associated(format, 'data-key', place), { iv });
    return [format, this.ring.activeName, Buffer.concat([wrapped, body]).toString('base64url')].join('.');
  }

  #withDataKey<T>(
    sealed: string,
    place: SecretPlace,
    purpose: DecryptPurpose,
    use: (dataKey: Buffer, body: Buffer, format: Format) => T,
  ): T {
    const [name, masterKey = '', encoded = ''] = sealed.split('.');
    const format = FORMATS.find((each) => each === name);
    if (!format) throw new UnreadableKey('The stored key is not in a known format');
    const bytes = Buffer.from(encoded, 'base64url');
    let dataKey: Buffer | null = null;
    try {
      const wrapped = bytes.subarray(0, WRAPPED_BYTES);
      dataKey = this.ring.unwrap(masterKey, wrapped, associated(format, 'data-key', place));
      const result = use(dataKey, bytes.subarray(WRAPPED_BYTES), format);
      this.metrics?.decrypt(purpose);
      return result;
    } catch {
      throw new UnreadableKey('The stored key does not open');
    } finally {
      dataKey?.fill(0);
    }
  }
}

// The format is part of what is authenticated: a secret of one format does not open as one of the other.
function associated(format: Format, purpose: string, place: SecretPlace): string {
  const { agencyId, ownerType, ownerId, provider, version, region } = place;
  const bound = [format, purpose, agencyId, ownerType, ownerId, provider, version];
  return JSON.stringify(format === 'lk1' ? bound : [...bound, region]);
}

/**
 * The end of a sealed secret tells it from every other one that was ever sealed, because each is encrypted
 * with a data key of its own. It stays the same when master keys change.
 */
export const SECRET_END_LENGTH = 24;

export function secretEndOf(sealed: string): string {
  return sealed.slice(-SECRET_END_LENGTH);
}
