import { randomBytes } from 'node:crypto';
import { decrypt, encrypt, IV_BYTES, type KeyRing } from './master-keys/key-ring';
import { ApiKeyText } from './secret';

/** Whose secret it is, and which of its versions. Bound to the ciphertext, so that it opens in its own row only. */
export interface SecretPlace {
  readonly agencyId: string;
  readonly ownerType: string;
  readonly ownerId: string;
  readonly provider: string;
  readonly version: number;
}

/** A sealed secret does not open: its row was altered or moved, or its master key is gone. Never the same as "no key". */
export class UnreadableKey extends Error {}

const FORMAT = 'lk1';
// A wrapped data key is always this long: 12 bytes of nonce, 16 of tag, 32 of key.
const WRAPPED_BYTES = 60;
const DATA_KEY_BYTES = 32;

/**
 * Envelope encryption: every secret is encrypted with a data key of its own, which is wrapped by a master key. What is stored
 * describes itself: `lk1.<master key's name>.<wrapped data key and ciphertext, base64url>`.
 */
export class Cipher {
  constructor(private readonly ring: KeyRing) {}

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
    // The data key and both nonces at once: a call for random bytes takes as long as encrypting them.
    const random = randomBytes(DATA_KEY_BYTES + 2 * IV_BYTES);
    const dataKey = random.subarray(0, DATA_KEY_BYTES);
    const [iv, wrappingIv] = [
      random.subarray(DATA_KEY_BYTES, DATA_KEY_BYTES + IV_BYTES),
      random.subarray(DATA_KEY_BYTES + IV_BYTES),
    ];
    try {
      return this.#wrapped(
        dataKey,
        encrypt(dataKey, plaintext, associated('secret', place), iv),
        place,
        wrappingIv,
      );
    } finally {
      dataKey.fill(0);
    }
  }

  /** Throws `UnreadableKey`, without a cause that could describe the secret. */
  open(sealed: string, place: SecretPlace): ApiKeyText {
    const plaintext = this.openBytes(sealed, place);
    const key = new ApiKeyText(plaintext.toString());
    plaintext.fill(0);
    return key;
  }

  /** Throws `UnreadableKey`, too. */
  openBytes(sealed: string, place: SecretPlace): Buffer {
    return this.#withDataKey(sealed, place, (dataKey, body) =>
      decrypt(dataKey, body, associated('secret', place)),
    );
  }

  /** The same secret with its data key wrapped by the active master key. The secret itself is not opened. Throws `UnreadableKey`, too. */
  rewrap(sealed: string, place: SecretPlace): string {
    return this.#withDataKey(sealed, place, (dataKey, body) => this.#wrapped(dataKey, body, place));
  }

  #wrapped(dataKey: Buffer, body: Buffer, place: SecretPlace, iv?: Buffer): string {
    const wrapped = this.ring.wrap(dataKey, associated('data-key', place), { iv });
    return [FORMAT, this.ring.activeName, Buffer.concat([wrapped, body]).toString('base64url')].join('.');
  }

  #withDataKey<T>(sealed: string, place: SecretPlace, use: (dataKey: Buffer, body: Buffer) => T): T {
    const [format, masterKey = '', encoded = ''] = sealed.split('.');
    if (format !== FORMAT) throw new UnreadableKey('The stored key is not in a known format');
    const bytes = Buffer.from(encoded, 'base64url');
    let dataKey: Buffer | null = null;
    try {
      dataKey = this.ring.unwrap(masterKey, bytes.subarray(0, WRAPPED_BYTES), associated('data-key', place));
      return use(dataKey, bytes.subarray(WRAPPED_BYTES));
    } catch {
      throw new UnreadableKey('The stored key does not open');
    } finally {
      dataKey?.fill(0);
    }
  }
}

function associated(purpose: string, place: SecretPlace): string {
  const { agencyId, ownerType, ownerId, provider, version } = place;
  return JSON.stringify([FORMAT, purpose, agencyId, ownerType, ownerId, provider, version]);
}
