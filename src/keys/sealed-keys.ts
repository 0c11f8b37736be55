import type { EntityManager } from 'typeorm';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { UnreadableKey, type Cipher } from '../vault/cipher';
import type { ApiKeyText } from '../vault/secret';
import { ApiKeyRow, ApiKeyVersionRow } from './api-key.entity';
import type { ChainKey, KeySource, KeyStatus } from './chain';

/** Whose key: the agency's own, or that of one of its clients. */
export interface KeyOwner {
  readonly type: KeySource;
  readonly id: string;
  readonly agencyId: string;
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
  sealed: string | null;
}

// One statement outside of any transaction and no cache: a set or a clear is in force for whoever reads after its commit.
const READ = `SELECT k.id, k.ownerType, k.ownerId, k.version, k.isSet, k.status, k.region, v.version AS liveVersion, v.sealed
FROM api_keys k LEFT JOIN api_key_versions v ON v.apiKeyId = k.id AND v.retiredAt IS NULL
WHERE k.ownerId IN (?, ?) AND k.agencyId = ? AND k.provider = ?`;

/** The key of a client (if any) and of its agency for one provider, read together. Keys that were cleared are left out. */
export async function readSealedKeys(
  read: EntityManager,
  agencyId: string,
  clientId: string | null,
  provider: Provider,
): Promise<Record<KeySource, SealedKey | null>> {
  const rows: JoinedRow[] = await read.query(READ, [clientId ?? agencyId, agencyId, agencyId, provider]);
  const of = (type: KeySource, id: string | null) => {
    const found = rows.filter((row) => row.ownerType === type && row.ownerId === id).map((row) => toSealedKey(row, agencyId, provider));
    return found.find((key) => key.isSet) ?? null;
  };
  return { CLIENT: of('CLIENT', clientId), AGENCY: of('AGENCY', agencyId) };
}

function toSealedKey(row: JoinedRow, agencyId: string, provider: Provider): SealedKey {
  const consistent = isConsistent({ ...row, isSet: Boolean(row.isSet) });
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

/** A key's row as everyone else sees it: a row that contradicts its live version counts as set, and unreadable. */
export async function readKeyRows(manager: EntityManager, agencyId: string, ownerIds: readonly string[]): Promise<ApiKeyRow[]> {
  if (ownerIds.length === 0) return [];
  const { entities, raw } = await manager
    .createQueryBuilder(ApiKeyRow, 'k')
    .leftJoin(ApiKeyVersionRow, 'v', 'v.apiKeyId = k.id AND v.retiredAt IS NULL')
    .addSelect('v.version', 'liveVersion')
    .where('k.ownerId IN (:...ownerIds) AND k.agencyId = :agencyId', { ownerIds, agencyId })
    .getRawAndEntities<{ k_id: string; liveVersion: number | null }>();
  const live = new Map(raw.map((row) => [row.k_id, row.liveVersion]));
  return entities.map((row) => {
    const liveVersion = live.get(row.id) ?? null;
    return isConsistent({ ...row, liveVersion }) ? row : { ...row, isSet: true, status: 'UNREADABLE' };
  });
}

/** Whether a key's row and its live version tell the same story. */
function isConsistent(row: { readonly isSet: boolean; readonly version: number; readonly liveVersion: number | null }): boolean {
  return row.isSet ? row.liveVersion === row.version : row.liveVersion === null;
}

/** Throws `UnreadableKey`. */
export function openKey(cipher: Cipher, key: SealedKey): ApiKeyText {
  if (key.sealed === null) throw new UnreadableKey('The rows of the key contradict each other');
  const { owner, provider, version } = key;
  return cipher.open(key.sealed, { agencyId: owner.agencyId, ownerType: owner.type, ownerId: owner.id, provider, version });
}
