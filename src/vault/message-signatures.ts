import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import type { Cipher, SecretPlace } from './cipher';

const HMAC_BYTES = 32;
const SEED_BYTES = 32;
/** What stands before the seed of an Ed25519 key in PKCS #8 (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
/** A public Ed25519 key in SubjectPublicKeyInfo ends with these bytes, which are the key itself. */
const PUBLIC_BYTES = 32;

/** A new secret: sealed as it is stored, and what its receiver verifies with. */
export interface NewSigningSecret {
  readonly sealed: string;
  readonly masterKey: string;
  /** The secret of `v1` as `whsec_<base64>`: it is shown once. */
  readonly shown: string;
  /** The public key of `v1a` as `whpk_<base64>`. */
  readonly publicKey: string;
}

/**
 * Makes what a webhook is signed with by Standard Webhooks 1.0: a secret for HMAC-SHA256, which its receiver
 * has as well, and an Ed25519 key of which its receiver needs the public half alone. Neither tells anything
 * of the other.
 */
export function newSigningSecret(cipher: Cipher, place: SecretPlace): NewSigningSecret {
  const bytes = randomBytes(HMAC_BYTES + SEED_BYTES);
  try {
    return {
      sealed: cipher.sealBytes(bytes, place),
      masterKey: cipher.masterKeyName,
      shown: `whsec_${bytes.subarray(0, HMAC_BYTES).toString('base64')}`,
      publicKey: `whpk_${publicBytes(privateKeyOf(bytes.subarray(HMAC_BYTES))).toString('base64')}`,
    };
  } finally {
    bytes.fill(0);
  }
}

/** Signs messages with one secret. */
export class MessageSigner {
  private constructor(
    private readonly secret: Buffer,
    private readonly key: KeyObject,
  ) {}

  /** Throws `UnreadableKey` for a secret that does not open. */
  static open(cipher: Cipher, sealed: string, place: SecretPlace): MessageSigner {
    return MessageSigner.of(cipher.openBytes(sealed, place, 'DELIVERY'));
  }

  /** `bytes` are the secret of `v1` and the seed of `v1a`, one behind the other. */
  static of(bytes: Buffer): MessageSigner {
    return new MessageSigner(bytes.subarray(0, HMAC_BYTES), privateKeyOf(bytes.subarray(HMAC_BYTES)));
  }

  /** Returns both signatures as they stand in `webhook-signature`. The time is in seconds. */
  sign(id: string, timestamp: number, body: string): string {
    const signed = Buffer.from(`${id}.${timestamp}.${body}`);
    const hmac = createHmac('sha256', this.secret).update(signed).digest('base64');
    return `v1,${hmac} v1a,${sign(null, signed, this.key).toString('base64')}`;
  }
}

function privateKeyOf(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

function publicBytes(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-PUBLIC_BYTES);
}
