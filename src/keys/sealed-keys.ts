import { In, type EntityManager } from 'typeorm';
import type { Manager } from '../platform/manager';
import { marks, type RawDate } from '../platform/raw';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { UnreadableKey, type Cipher, type SecretPlace } from '../vault/cipher';
import type { ApiKeyText } from '../vault/secret';
import { ApiKeyRow, type ApiKeySecretRow } from './api-key.entity';
import type { ChainKey, KeySource, KeyStatus } from './chain';

/** Whose key: the agency's own, or that of one of its clients. */
export interface KeyOwner {
  readonly type: KeySource;
  readonly id: string;
  readonly agencyId: string;
}

/** How the audit trail names a key. */
export function nameOfKey(owner: KeyOwner, provider: Provider): { clientId: string | null; provider: Provider } {
  return { clientId: owner.type === 'CLIENT' ? owner.id : null, provider };
}

/** A key as it lies in the database, with all that it takes to open it. */
export interface SealedKey extends ChainKey {
  readonly id: string;
  readonly owner: KeyOwner;
  readonly provider: Provider;
  readonly region: ProviderRegion;
  /** Null when the rows contradict each other, e.g. after one of them was put back to an older state. */
  readonly sealed: string | null;
}

interface JoinedRow extends KeyAndSecret {
  readonly id: string;
  readonly ownerType: KeySource;
  readonly ownerId: string;
  readonly status: KeyStatus;
  readonly region: ProviderRegion;
  readonly sealed: string | null;
}

// The plus keeps the indexes by agency out of it, in which SQLite would read all keys of the agency.
// One statement outside of any transaction and no cache: a set or a clear is in force for whoever reads after its commit.
const READ = `SELECT k.id, k.ownerType, k.ownerId, k.version, k.isSet, k.status, k.region, s.version AS secretVersion, s.sealed, s.sealed IS NOT NULL AS hasSecret
FROM api_keys k LEFT JOIN api_key_secrets s ON s.apiKeyId = k.id
WHERE k.ownerId IN (?, ?) AND +k.agencyId = ? AND k.provider = ?`;

/** The key of a client (if any) and of its agency for one provider, read together. Keys that were cleared are left out. */
export async function readSealedKeys(
  read: Manager,
  agencyId: string,
  clientId: string | null,
  provider: Provider,
): Promise<Record<KeySource, SealedKey | null>> {
  const rows = await read.rows<JoinedRow>(READ, [clientId ?? agencyId, agencyId, agencyId, provider]);
  const of = (type: KeySource, id: string | null) => {
    const found = rows.filter((row) => row.ownerType === type && row.ownerId === id).map((row) => toSealedKey(row, agencyId, provider));
    return found.find((key) => key.isSet) ?? null;
  };
  return { CLIENT: of('CLIENT', clientId), AGENCY: of('AGENCY', agencyId) };
}

function toSealedKey(row: JoinedRow, agencyId: string, provider: Provider): SealedKey {
  const consistent = isConsistent(row);
  return {
    id: row.id,
    owner: { type: row.ownerType, id: row.ownerId, agencyId },
    provider,
    region: row.region,
    version: row.version,
    // Rows of which only one says "cleared" must not look like "no key": that would fall back in silence.
    isSet: Boolean(row.isSet) || !consistent,
    status: consistent ? row.status : 'UNREADABLE',
    sealed: consistent ? row.sealed : null,
  };
}

/** What is known of a key, and may be shown. */
export interface KeyState extends Omit<ApiKeyRow, 'fingerprint' | 'updatedAt' | 'lastVerifiedAt'> {
  readonly updatedAt: RawDate;
  readonly lastVerifiedAt: RawDate | null;
}

/** A key's row as everyone else sees it: a row that contradicts its secret counts as set, and unreadable. */
export async function readKeyRows(manager: Manager, agencyId: string, ownerIds: readonly string[]): Promise<KeyState[]> {
  if (ownerIds.length === 0) return [];
  const rows = await manager.rows<RawKeyRow>(`${READ_ROWS} WHERE k.ownerId IN (${marks(ownerIds)}) AND +k.agencyId = ?`, [...ownerIds, agencyId]);
  return rows.map((row) => toKeyState(row, agencyId));
}

const READ_ROWS = `SELECT k.id, k.ownerType, k.ownerId, k.provider, k.version, k.isSet, k.maskedKey, k.region, k.status, k.updatedAt, k.lastVerifiedAt,
k.errorCode, k.errorHttpStatus, k.errorRetryAfterSeconds, s.version AS secretVersion, s.sealed IS NOT NULL AS hasSecret
FROM api_keys k LEFT JOIN api_key_secrets s ON s.apiKeyId = k.id`;

type RawKeyRow = Omit<KeyState, 'agencyId' | 'isSet'> & KeyAndSecret;

// One object a row, property by property: spreading it makes a long list take half as long again.
function toKeyState(row: RawKeyRow, agencyId: string): KeyState {
  const { id, ownerType, ownerId, provider, version, maskedKey, region, updatedAt, lastVerifiedAt, errorCode, errorHttpStatus, errorRetryAfterSeconds } = row;
  const consistent = isConsistent(row);
  return {
    id,
    agencyId,
    ownerType,
    ownerId,
    provider,
    version,
    isSet: Boolean(row.isSet) || !consistent,
    maskedKey,
    region,
    status: consistent ? row.status : 'UNREADABLE',
    updatedAt,
    lastVerifiedAt,
    errorCode,
    errorHttpStatus,
    errorRetryAfterSeconds,
  };
}

/** The place of a key, as its next version finds it. */
export interface LockedKey extends Pick<ApiKeyRow, 'id' | 'provider' | 'region' | 'version' | 'isSet'> {
  readonly nextVersion: number;
}

/**
 * The places of one owner's keys for some providers, in their order and null where none was ever set. Inside a `write`: whoever else asks
 * so for keys of this owner waits until its transaction ends. The owner's row is there before its first key is, and is locked first.
 */
export async function lockKeys(tx: Manager, { type, id, agencyId }: KeyOwner, providers: readonly Provider[]): Promise<(LockedKey | null)[]> {
  const sql = `SELECT k.id, k.provider, k.region, k.version, k.isSet, s.version AS secretVersion, s.sealed IS NOT NULL AS hasSecret
FROM ${type === 'CLIENT' ? 'clients' : 'agencies'} o LEFT JOIN api_keys k ON k.ownerId = o.id AND k.ownerType = ? AND k.provider IN (${marks(providers)}) AND +k.agencyId = ?
LEFT JOIN api_key_secrets s ON s.apiKeyId = k.id WHERE o.id = ?${tx.forUpdate}`;
  const rows = await tx.rows<RawLockedKey>(sql, [type, ...providers, agencyId, id]);
  return providers.map((provider) => {
    const row = rows.find((each) => each.provider === provider);
    return row ? toLockedKey(row) : null;
  });
}

type RawLockedKey = Pick<ApiKeyRow, 'id' | 'provider' | 'region'> & KeyAndSecret;

function toLockedKey(row: RawLockedKey): LockedKey {
  const { id, provider, region, version, secretVersion } = row;
  return { id, provider, region, version, isSet: Boolean(row.isSet) || !isConsistent(row), nextVersion: Math.max(version, secretVersion ?? 0) + 1 };
}

/** What a key's row and its secret's say of each other. */
interface KeyAndSecret {
  readonly version: number;
  readonly isSet: unknown;
  readonly secretVersion: number | null;
  readonly hasSecret: unknown;
}

/** Whether both rows are of the same version, and of one mind whether there is a key. */
function isConsistent({ version, isSet, secretVersion, hasSecret }: KeyAndSecret): boolean {
  return secretVersion === version && Boolean(hasSecret) === Boolean(isSet);
}

/** Throws `UnreadableKey`. */
export function openKey(cipher: Cipher, key: SealedKey): ApiKeyText {
  if (key.sealed === null) throw new UnreadableKey('The rows of the key contradict each other');
  const { owner, provider, version } = key;
  return cipher.open(key.sealed, { agencyId: owner.agencyId, ownerType: owner.type, ownerId: owner.id, provider, version });
}

/** Where some secrets belong, for whoever re-wraps them. */
export async function placesOfSecrets(secrets: readonly ApiKeySecretRow[], read: EntityManager): Promise<(SecretPlace | null)[]> {
  const keys = await read.findBy(ApiKeyRow, { id: In(secrets.map(({ apiKeyId }) => apiKeyId)) });
  const byId = new Map(keys.map((key) => [key.id, key]));
  return secrets.map(({ apiKeyId, version }) => {
    const key = byId.get(apiKeyId);
    return key ? { agencyId: key.agencyId, ownerType: key.ownerType, ownerId: key.ownerId, provider: key.provider, version } : null;
  });
}
