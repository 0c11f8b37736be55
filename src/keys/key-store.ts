import type { Reader, Transaction } from '../database/transaction';
import { marks, type RawDate } from '../database/raw';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { UnreadableKey, type Cipher } from '../vault/cipher';
import type { ApiKeyText } from '../vault/secret';
import type { ApiKeyRow, StoredKey } from './api-key.entity';
import type { ChainKey, KeySource, KeyStatus } from './chain';

/** Whose key: the agency's own, or that of one of its clients. */
export interface KeyOwner {
  readonly type: KeySource;
  readonly id: string;
  readonly agencyId: string;
}

/** How the audit trail names a key. */
export function nameOfKey(
  owner: KeyOwner,
  provider: Provider,
): { clientId: string | null; provider: Provider } {
  return { clientId: owner.type === 'CLIENT' ? owner.id : null, provider };
}

/** A key as it lies in the database, with all that it takes to open it. */
export interface SealedKey extends ChainKey {
  readonly id: string;
  readonly owner: KeyOwner;
  readonly provider: Provider;
  readonly region: ProviderRegion;
  /** Null when the row contradicts itself. */
  readonly sealed: string | null;
}

type RawSealedKey = Pick<
  ApiKeyRow,
  'id' | 'ownerType' | 'ownerId' | 'version' | 'status' | 'region' | 'sealed'
> &
  Pick<SetAndSecret, 'isSet'>;

// The plus keeps the indexes by agency out of it, in which SQLite would read all keys of the agency.
// One statement outside of any transaction and no cache: a set or a clear is in force for whoever reads after its commit.
const READ = `SELECT id, ownerType, ownerId, version, isSet, status, region, sealed
FROM api_keys WHERE ownerId IN (?, ?) AND +agencyId = ? AND provider = ?`;

/** The key of a client (if any) and of its agency for one provider, read together. Keys that were cleared are left out. */
export async function readSealedKeys(
  read: Reader,
  agencyId: string,
  clientId: string | null,
  provider: Provider,
): Promise<Record<KeySource, SealedKey | null>> {
  const rows = await read.rows<RawSealedKey>(READ, [clientId ?? agencyId, agencyId, agencyId, provider]);
  const of = (type: KeySource, id: string | null) => {
    const found = rows
      .filter((row) => row.ownerType === type && row.ownerId === id)
      .map((row) => toSealedKey(row, agencyId, provider));
    return found.find((key) => key.isSet) ?? null;
  };
  return { CLIENT: of('CLIENT', clientId), AGENCY: of('AGENCY', agencyId) };
}

function toSealedKey(row: RawSealedKey, agencyId: string, provider: Provider): SealedKey {
  const says = { isSet: row.isSet, hasSecret: row.sealed !== null };
  return {
    id: row.id,
    owner: { type: row.ownerType, id: row.ownerId, agencyId },
    provider,
    region: row.region,
    version: row.version,
    isSet: countsAsSet(says),
    status: isConsistent(says) ? row.status : 'UNREADABLE',
    sealed: isConsistent(says) ? row.sealed : null,
  };
}

/** What is known of a key, and may be shown. */
export interface KeyState extends Omit<
  StoredKey,
  'agencyId' | 'fingerprint' | 'updatedAt' | 'lastVerifiedAt'
> {
  readonly updatedAt: RawDate;
  readonly lastVerifiedAt: RawDate | null;
}

/** What of it most ask for. */
export type KeySummary = Pick<
  KeyState,
  'ownerType' | 'ownerId' | 'provider' | 'version' | 'isSet' | 'maskedKey' | 'status'
>;

const SUMMARY =
  'ownerType, ownerId, provider, version, isSet, maskedKey, status, sealed IS NOT NULL AS hasSecret';
const STATE = `${SUMMARY}, id, region, updatedAt, lastVerifiedAt, errorCode, errorHttpStatus, errorRetryAfterSeconds`;

/** The keys of some owners as everyone else sees them: one whose row contradicts itself counts as set, and unreadable. */
export async function readKeyStates(
  manager: Reader,
  agencyId: string,
  ownerIds: readonly string[],
): Promise<KeyState[]> {
  return (await rowsOfOwners<KeyState>(STATE, manager, agencyId, ownerIds)).map(asSeen);
}

/** The same, less of each, for long lists. */
export async function readKeySummaries(
  manager: Reader,
  agencyId: string,
  ownerIds: readonly string[],
): Promise<KeySummary[]> {
  return (await rowsOfOwners<KeySummary>(SUMMARY, manager, agencyId, ownerIds)).map(asSeen);
}

async function rowsOfOwners<K extends KeySummary>(
  columns: string,
  manager: Reader,
  agencyId: string,
  ownerIds: readonly string[],
): Promise<AsStored<K>[]> {
  if (ownerIds.length === 0) return [];
  return manager.rows(
    `SELECT ${columns} FROM api_keys WHERE ownerId IN (${marks(ownerIds)}) AND +agencyId = ?`,
    [...ownerIds, agencyId],
  );
}

/** One version of a key, or null where another one has come after it. */
export async function readKeyState(manager: Reader, id: string, version: number): Promise<KeyState | null> {
  const [row] = await manager.rows<AsStored<KeyState>>(
    `SELECT ${STATE} FROM api_keys WHERE id = ? AND version = ?`,
    [id, version],
  );
  return row ? asSeen(row) : null;
}

type AsStored<K extends KeySummary> = Omit<K, 'isSet' | 'status'> & SetAndSecret & { status: KeyStatus };

// In place, as the row was made for this read: another object for each row of a long list takes its time.
function asSeen<K extends KeySummary>(row: AsStored<K>): K {
  if (!isConsistent(row)) row.status = 'UNREADABLE';
  row.isSet = countsAsSet(row);
  return row as unknown as K;
}

/** The place of a key, as its next version finds it. */
export type LockedKey = Pick<ApiKeyRow, 'id' | 'provider' | 'region' | 'version' | 'isSet'>;

/**
 * The places of one owner's keys for some providers, in their order and null where none was ever set. Inside a `write`: whoever else asks
 * so for keys of this owner waits until its transaction ends. The owner's row is there before its first key is, and is locked first.
 */
export async function lockKeys(
  tx: Transaction,
  { type, id, agencyId }: KeyOwner,
  providers: readonly Provider[],
): Promise<(LockedKey | null)[]> {
  const sql = `SELECT k.id, k.provider, k.region, k.version, k.isSet, k.sealed IS NOT NULL AS hasSecret
FROM ${type === 'CLIENT' ? 'clients' : 'agencies'} o LEFT JOIN api_keys k ON k.ownerId = o.id AND k.ownerType = ? AND k.provider IN (${marks(providers)}) AND +k.agencyId = ?
WHERE o.id = ?`;
  const rows = await tx.lockRows<RawLockedKey>(sql, [type, ...providers, agencyId, id]);
  return providers.map((provider) => {
    const row = rows.find((each) => each.provider === provider);
    return row ? toLockedKey(row) : null;
  });
}

type RawLockedKey = Omit<LockedKey, 'isSet'> & SetAndSecret;

function toLockedKey({ id, provider, region, version, ...row }: RawLockedKey): LockedKey {
  return { id, provider, region, version, isSet: countsAsSet(row) };
}

interface SetAndSecret {
  isSet: unknown;
  readonly hasSecret: unknown;
}

/** A row of which only a part says "cleared" must not look like "no key": that would fall back in silence. */
function countsAsSet({ isSet, hasSecret }: SetAndSecret): boolean {
  return Boolean(isSet) || Boolean(hasSecret);
}

/** Whether a row is of one mind whether there is a key. */
function isConsistent({ isSet, hasSecret }: SetAndSecret): boolean {
  return Boolean(hasSecret) === Boolean(isSet);
}

/** Throws `UnreadableKey`. */
export function openKey(cipher: Cipher, key: SealedKey): ApiKeyText {
  if (key.sealed === null) throw new UnreadableKey('The row of the key contradicts itself');
  const { owner, provider, version } = key;
  return cipher.open(key.sealed, {
    agencyId: owner.agencyId,
    ownerType: owner.type,
    ownerId: owner.id,
    provider,
    version,
  });
}
