import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { compactDecrypt, decodeProtectedHeader } from 'jose';
import { IsNull, LessThan, Like } from 'typeorm';
import { tokenDigest } from '../access/bearer';
import type { Database } from '../database/database';
import type { Reader } from '../database/transaction';
import type { Cipher, DecryptPurpose } from './cipher';
import { digestOfJwe, forgetUses } from './envelope';
import { hasLinkToken } from './own-tokens';
import { isTokenOf } from './pasted';
import { ApiKeyText, Secret, type SecretFault } from './secret';
import { VaultKeyRow } from './vault-key.entity';
import { insertVaultKey, openVaultKey } from './vault-keys';

/** This is the public half of a key pair. The keys of one agency are encrypted to it. */
export interface UploadKey {
  readonly kid: string;
  readonly jwk: { readonly kty: string; readonly crv: string; readonly x: string; readonly y: string };
  readonly expiresAt: Date;
}

/**
 * A sealed key is good for one place only: its header names the owner, the provider and the region, and its
 * `kid` names the agency.
 */
export interface UploadPlace {
  readonly agencyId: string;
  /** This is the id of the client, or of the agency. */
  readonly ownerId: string;
  readonly provider: string;
  /** This is the region of the account. A header that names none is for the default region. */
  readonly region: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** A new pair is made when the newest is older than this. */
const RENEWAL_MS = 30 * DAY_MS;
/** At this age a pair opens nothing any more, and its private half is destroyed. */
const LIFETIME_MS = 60 * DAY_MS;

/**
 * A longer sealed key is not looked at. The limit, in characters, is several times what the longest key
 * takes.
 */
const SEALED_MAX_LENGTH = 4096;

const DEFAULT_REGION = 'US';

const PREFIX = 'upload-';
const NAME = /^upload-\d{1,9}$/;

// Only this form is accepted, whatever the header says. Compression is refused, so that a small text cannot
// become a large one.
const ACCEPTED = {
  keyManagementAlgorithms: ['ECDH-ES'],
  contentEncryptionAlgorithms: ['A256GCM'],
  maxDecompressedLength: 0,
};

/**
 * Frontends encrypt a key to one of these key pairs, so that nobody in between can read it. The `kid` names
 * the pair and the agency, and is part of what the ciphertext is bound to. So somebody of another agency who
 * obtains a sealed key cannot hand it in as their own.
 */
export class UploadKeys {
  constructor(
    private readonly database: Database,
    private readonly cipher: Cipher,
    /** The issuer whose tokens sign people in. They are no keys. */
    private readonly issuer: string,
  ) {}

  async publicKey(agencyId: string): Promise<UploadKey> {
    const newest = await newestPair(this.database.read);
    const row = newest && ageOf(newest) < RENEWAL_MS ? newest : await this.rotate();
    const {
      kty = '',
      crv = '',
      x = '',
      y = '',
    } = createPublicKey(this.#privateKey(row, 'VAULT_KEY')).export({ format: 'jwk' });
    return {
      kid: kidOf(row.name, agencyId),
      jwk: { kty, crv, x, y },
      expiresAt: endOf(row),
    };
  }

  /**
   * This reads a key for one place, whether it came as plain text or sealed. It throws only for faults of
   * Latchkey itself.
   */
  async read(
    secret: Secret,
    place: UploadPlace,
    callersDigest: string | null,
  ): Promise<ApiKeyText | SecretFault> {
    const { sealed } = secret;
    const isOwnToken = (text: string) =>
      (callersDigest !== null && tokenDigest(text) === callersDigest) || isTokenOf(this.issuer, text);
    if (sealed === null) return this.#unlessLink(secret.read(isOwnToken));
    if (sealed.length > SEALED_MAX_LENGTH) return 'TOO_LONG';
    const pair = await this.#pairFor(sealed, place.agencyId);
    const opened = pair && (await decrypt(sealed, this.#privateKey(pair, 'UPLOAD')));
    if (!pair || !opened) return 'NOT_OPENED';
    const { lk_owner: owner, lk_provider: provider, lk_region: region = DEFAULT_REGION } = opened.header;
    if (owner === undefined || provider === undefined) return 'NOT_BOUND';
    if (owner !== place.ownerId || provider !== place.provider || region !== place.region)
      return 'BOUND_ELSEWHERE';
    const envelope = { digest: digestOfJwe(sealed), expiresAt: endOf(pair) };
    return this.#unlessLink(new Secret(opened.text).read(isOwnToken, envelope));
  }

  async #unlessLink(read: ApiKeyText | SecretFault): Promise<ApiKeyText | SecretFault> {
    const isLink =
      read instanceof ApiKeyText && (await hasLinkToken(this.database.read, ApiKeyText.reveal(read)));
    return isLink ? 'OWN_TOKEN' : read;
  }

  /**
   * This makes a new pair when it is time, destroys the private halves that have reached their lifetime, and
   * returns the newest pair.
   */
  rotate(): Promise<VaultKeyRow> {
    return this.database.write(async (tx) => {
      const expired = {
        name: Like(`${PREFIX}%`),
        createdAt: LessThan(new Date(Date.now() - LIFETIME_MS)),
        retiredAt: IsNull(),
      };
      const newest = await newestPair(tx);
      const current =
        newest && ageOf(newest) < RENEWAL_MS
          ? newest
          : await insertVaultKey(tx, this.cipher, nameAfter(newest), newPrivateKey());
      await forgetUses(tx);
      await tx.update(VaultKeyRow, expired, { sealed: null, masterKey: null, retiredAt: new Date() });
      return current;
    });
  }

  async #pairFor(sealed: string, agencyId: string): Promise<VaultKeyRow | null> {
    const kid = readKid(sealed);
    const [name = ''] = kid.split('.');
    if (!NAME.test(name) || kid !== kidOf(name, agencyId)) return null;
    const row = await this.database.read.findOneBy(VaultKeyRow, { name });
    return row && row.sealed !== null && ageOf(row) < LIFETIME_MS ? row : null;
  }

  #privateKey(row: VaultKeyRow, purpose: DecryptPurpose): KeyObject {
    const der = openVaultKey(this.cipher, row, purpose);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    der.fill(0);
    return key;
  }
}

/** A destroyed pair counts as well. It keeps its row, so that its name is not given again. */
async function newestPair(manager: Reader): Promise<VaultKeyRow | null> {
  const rows = await manager.findBy(VaultKeyRow, { name: Like(`${PREFIX}%`) });
  return rows.sort((one, other) => numberOf(one) - numberOf(other)).at(-1) ?? null;
}

function numberOf({ name }: VaultKeyRow): number {
  return Number(name.slice(PREFIX.length));
}

// Instances that make a pair at the same time choose the same name: one of them wins, and the others find it
// there.
function nameAfter(newest: VaultKeyRow | null): string {
  return `${PREFIX}${newest ? numberOf(newest) + 1 : 1}`;
}

function newPrivateKey(): Buffer {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'der',
    type: 'pkcs8',
  });
}

function ageOf({ createdAt }: VaultKeyRow): number {
  return Date.now() - createdAt.getTime();
}

function endOf({ createdAt }: VaultKeyRow): Date {
  return new Date(createdAt.getTime() + LIFETIME_MS);
}

function kidOf(name: string, agencyId: string): string {
  return `${name}.${agencyId}`;
}

function readKid(sealed: string): string {
  try {
    const { kid } = decodeProtectedHeader(sealed);
    return typeof kid === 'string' ? kid : '';
  } catch {
    return '';
  }
}

/**
 * The result is null for whatever does not open, and nobody is told why. The header is authenticated as well.
 */
async function decrypt(
  sealed: string,
  key: KeyObject,
): Promise<{ readonly text: string; readonly header: Readonly<Record<string, unknown>> } | null> {
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, key, ACCEPTED);
    const text = Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength).toString();
    plaintext.fill(0);
    return { text, header: { ...protectedHeader } };
  } catch {
    return null;
  }
}
