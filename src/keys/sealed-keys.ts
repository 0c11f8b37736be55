import { In, type EntityManager } from 'typeorm';
import type { Manager } from '../platform/manager';
import { marks, type RawDate } from '../platform/raw';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { UnreadableKey, type Cipher, type SecretPlace } from '../vault/cipher';
import type { ApiKeyText } from '../vault/secret';
import { ApiKeyRow, ApiKeyVersionRow } from './api-key.entity';
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

interface JoinedRow {
  id: string;
  ownerType: KeySource;
  ownerId: string;
  version: number;
  isSet: unknown;
  status: KeyStatus;
  region: ProviderRegion;
  liveVersion: number | null;
  newestVersion: number | null;
  sealed: string | null;
}

// What is used up is seen in the versions, however old the state is to which the key's own row was put back.
const NEWEST = '(SELECT MAX(n.version) FROM api_key_versions n WHERE n.apiKeyId = k.id) AS newestVersion';

// The plus keeps the indexes by agency out of it, in which SQLite would read all keys of the agency.
// One statement outside of any transaction and no cache: a set or a clear is in force for whoever reads after its commit.
const READ = `SELECT k.id, k.ownerType, k.ownerId, k.version, k.isSet, k.status, k.region, v.version AS liveVersion, v.sealed, ${NEWEST}
FROM api_keys k LEFT JOIN api_key_versions v ON v.apiKeyId = k.id AND v.retiredAt IS NULL
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
  const consistent = isConsistent(Boolean(row.isSet), row);
  return {
    id: row.id,
    owner: { type: row.ownerType, id: row.ownerId, agencyId },
    provider,
    region: row.region,
    version: row.version,
    // A secret that is live although its key's row says "cleared" must not look like "no key": that would fall back in silence.
    isSet: Boolean(row.isSet) || row.liveVersion !== null,
    status: consistent ? row.status : 'UNREADABLE',
    sealed: consistent ? row.sealed : null,
  };
}

/** What is known of a key, and may be shown. */
export interface KeyState extends Omit<ApiKeyRow, 'fingerprint' | 'updatedAt' | 'lastVerifiedAt'> {
  readonly updatedAt: RawDate;
  readonly lastVerifiedAt: RawDate | null;
}

/** The same, with the number that its next version has. */
export interface StoredKey extends KeyState {
  readonly nextVersion: number;
}

/** A key's row as everyone else sees it: a row that contradicts its versions counts as set, and unreadable. */
export async function readKeyRows(manager: Manager, agencyId: string, ownerIds: readonly string[]): Promise<StoredKey[]> {
  if (ownerIds.length === 0) return [];
  const rows = await manager.rows<RawKeyRow>(`${READ_ROWS} WHERE k.ownerId IN (${marks(ownerIds)}) AND +k.agencyId = ?`, [...ownerIds, agencyId]);
  return rows.map((row) => toStoredKey(row, agencyId));
}

const READ_ROWS = `SELECT k.id, k.ownerType, k.ownerId, k.provider, k.version, k.isSet, k.maskedKey, k.region, k.status, k.updatedAt, k.lastVerifiedAt,
k.errorCode, k.errorHttpStatus, k.errorRetryAfterSeconds, v.version AS liveVersion, ${NEWEST}
FROM api_keys k LEFT JOIN api_key_versions v ON v.apiKeyId = k.id AND v.retiredAt IS NULL`;

type RawKeyRow = Omit<StoredKey, 'agencyId' | 'isSet' | 'nextVersion'> & {
  readonly isSet: unknown;
  readonly liveVersion: number | null;
  readonly newestVersion: number | null;
};

// One object a row, property by property: spreading it makes a long list take half as long again.
function toStoredKey(row: RawKeyRow, agencyId: string): StoredKey {
  const { id, ownerType, ownerId, provider, version, maskedKey, region, updatedAt, lastVerifiedAt, errorCode, errorHttpStatus, errorRetryAfterSeconds } = row;
  const isSet = Boolean(row.isSet);
  const consistent = isConsistent(isSet, row);
  return {
    id,
    agencyId,
    ownerType,
    ownerId,
    provider,
    version,
    isSet: isSet || !consistent,
    maskedKey,
    region,
    status: consistent ? row.status : 'UNREADABLE',
    updatedAt,
    lastVerifiedAt,
    errorCode,
    errorHttpStatus,
    errorRetryAfterSeconds,
    nextVersion: Math.max(version, row.newestVersion ?? 0) + 1,
  };
}

/** Whether a key's row and its versions tell the same story: none is newer than the row, and the live one is the row's own. */
function isConsistent(isSet: boolean, { version, liveVersion, newestVersion }: Pick<JoinedRow, 'version' | 'liveVersion' | 'newestVersion'>): boolean {
  return (newestVersion ?? 0) <= version && liveVersion === (isSet ? version : null);
}

/** Throws `UnreadableKey`. */
export function openKey(cipher: Cipher, key: SealedKey): ApiKeyText {
  if (key.sealed === null) throw new UnreadableKey('The rows of the key contradict each other');
  const { owner, provider, version } = key;
  return cipher.open(key.sealed, { agencyId: owner.agencyId, ownerType: owner.type, ownerId: owner.id, provider, version });
}

/** Where the secrets of some versions belong, for whoever re-wraps them. */
export async function placesOfVersions(versions: readonly ApiKeyVersionRow[], read: EntityManager): Promise<(SecretPlace | null)[]> {
  const keys = await read.findBy(ApiKeyRow, { id: In(versions.map(({ apiKeyId }) => apiKeyId)) });
  const byId = new Map(keys.map((key) => [key.id, key]));
  return versions.map(({ apiKeyId, version }) => {
    const key = byId.get(apiKeyId);
    return key ? { agencyId: key.agencyId, ownerType: key.ownerType, ownerId: key.ownerId, provider: key.provider, version } : null;
  });
}
