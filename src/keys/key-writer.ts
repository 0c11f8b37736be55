import { noteChange } from '../agencies/changed-owner';
import type { AuditEventRow } from '../audit/audit.entity';
import { newId } from '../platform/ids';
import { ConcurrentChange } from '../database/repetition';
import type { Transaction } from '../database/transaction';
import { dateOrNull } from '../database/raw';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import type { KeyVerdict } from '../providers/key-requests';
import { secretEndOf } from '../vault/cipher';
import type { ApiKeyText } from '../vault/secret';
import type { Vault } from '../vault/vault';
import { ApiKeyRow, type StoredKey } from './api-key.entity';
import { dailyCheckAfter } from './daily-check';
import { readKeyState, type KeyState, type StateOfAgency } from './key-states';
import type { KeyOwner, LockedKey } from './key-store';

export interface KeyToStore {
  readonly provider: Provider;
  readonly region: ProviderRegion;
  readonly key: ApiKeyText;
  /** What the provider said of it, if it was asked. */
  readonly verdict: KeyVerdict | null;
  /** When it said so, if that was not just now. */
  readonly verifiedAt?: Date;
}

type Health = Pick<
  ApiKeyRow,
  'status' | 'lastVerifiedAt' | 'errorCode' | 'errorHttpStatus' | 'errorRetryAfterSeconds'
>;
const NO_ERROR = { errorCode: null, errorHttpStatus: null, errorRetryAfterSeconds: null };

/** Seals and stores a key as the next version of `current`, whose secret it overwrites. Inside a `write`. */
export async function storeKey(
  tx: Transaction,
  vault: Vault,
  owner: KeyOwner,
  current: LockedKey | null,
  entry: KeyToStore,
): Promise<StoredKey> {
  const now = new Date();
  const { provider, region, key, verdict, verifiedAt = now } = entry;
  const health: Health = verdict
    ? healthAfter(null, verdict, verifiedAt)
    : { status: 'UNVERIFIED', lastVerifiedAt: null, ...NO_ERROR };
  const place = placeOf(owner, provider);
  const version = await nextVersion(tx, owner, provider, current);
  const fingerprint = vault.fingerprints.of(key, owner.agencyId, provider);
  const state = { version, isSet: true, region, maskedKey: key.mask, fingerprint, updatedAt: now, ...health };
  return write(tx, vault, current, place, state, vault.cipher.seal(key, { ...place, region, version }));
}

/** Empties the place of a key and destroys its secret. Inside a `write`. */
export async function clearKey(
  tx: Transaction,
  vault: Vault,
  owner: KeyOwner,
  current: LockedKey,
): Promise<StoredKey> {
  const state = {
    region: current.row?.region ?? 'US',
    version: await nextVersion(tx, owner, current.provider, current),
    isSet: false,
    maskedKey: null,
    fingerprint: null,
    status: 'NOT_SET',
    lastVerifiedAt: null,
    updatedAt: new Date(),
    ...NO_ERROR,
  } as const;
  return write(tx, vault, current, placeOf(owner, current.provider), state, null);
}

type Place = Pick<StoredKey, 'agencyId' | 'ownerType' | 'ownerId' | 'provider'>;

function placeOf(owner: KeyOwner, provider: Provider): Place {
  return { agencyId: owner.agencyId, ownerType: owner.type, ownerId: owner.id, provider };
}

// No version is given out twice. A row that Latchkey did not write may say a version that has passed, and a
// row that is missing may have been deleted, so that the audit trail is asked as well.
async function nextVersion(
  tx: Transaction,
  owner: KeyOwner,
  provider: Provider,
  current: LockedKey | null,
): Promise<number> {
  const recorded = current?.row ? 0 : await lastRecordedVersion(tx, owner, provider);
  return Math.max(recorded, current?.version ?? 0) + 1;
}

// The versions are compared here. With ORDER BY and LIMIT, a database may walk through the whole trail of an
// agency, which is long, to find that there is no such event.
async function lastRecordedVersion(tx: Transaction, owner: KeyOwner, provider: Provider): Promise<number> {
  const ofOwner = owner.type === 'CLIENT' ? 'clientId = ?' : 'clientId IS NULL';
  const events = await tx.rows<Pick<AuditEventRow, 'details'>>(
    `SELECT details FROM audit_events WHERE agencyId = ? AND type IN ('API_KEY_SET', 'API_KEY_CLEARED')
AND ${ofOwner} AND details LIKE ?`,
    [
      owner.agencyId,
      ...(owner.type === 'CLIENT' ? [owner.id] : []),
      `%${JSON.stringify({ provider }).slice(1, -1)}%`,
    ],
  );
  return events.reduce(
    (last, { details }) => Math.max(last, (JSON.parse(details) as { readonly version: number }).version),
    0,
  );
}

async function write(
  tx: Transaction,
  { cipher, placeMacs }: Vault,
  current: LockedKey | null,
  place: Place,
  state: Omit<StoredKey, 'id' | keyof Place>,
  sealed: string | null,
): Promise<StoredKey> {
  const row = { id: current?.row?.id ?? newId(), ...place, ...state };
  const mac = placeMacs.of({ ...row, secretEnd: sealed && secretEndOf(sealed) });
  const checkAt = sealed === null ? null : dailyCheckAfter(row.id, state.updatedAt);
  const schedule = { checkAt, checkedAt: null, checkCode: null };
  const secret = { masterKey: sealed && cipher.masterKeyName, sealed, mac, ...schedule };
  if (current?.row) {
    // A genuine row stays in its place. To write the place again would make the database look at each of its
    // indexes.
    const change = { ...state, ...secret };
    if (!(await tx.updateRow('api_keys', change, { id: row.id, version: current.version })))
      throw new ConcurrentChange();
    return row;
  }
  // A row that Latchkey did not write stands in this place. The database compares its columns here, because
  // it ignores differences, e.g. of case, that the unique index ignores as well.
  if (current) {
    await tx.run('DELETE FROM api_keys WHERE ownerId = ? AND ownerType = ? AND provider = ?', [
      row.ownerId,
      row.ownerType,
      row.provider,
    ]);
  }
  await tx.insertRow('api_keys', { ...row, ...secret });
  return row;
}

function noteHealth(tx: Transaction, { agencyId, ownerType, ownerId }: StateOfAgency): Promise<void> {
  return noteChange(tx, agencyId, ownerType === 'CLIENT' ? ownerId : null);
}

/**
 * Keeps what the provider said of one version of a key. Changes nothing where another version has come after
 * it.
 */
export async function recordVerdict(
  tx: Transaction,
  id: string,
  version: number,
  verdict: KeyVerdict,
): Promise<KeyState | null> {
  const current = await readKeyState(tx, id, version);
  if (!current) return null;
  const health = healthAfter(current, verdict, new Date());
  await tx.update(ApiKeyRow, { id, version }, health);
  if (health.status !== current.status || health.errorCode !== current.errorCode)
    await noteHealth(tx, current);
  return { ...current, ...health };
}

/** What a call was refused for before counts no more. A verification that is due because of it stays due. */
export async function forgetRefusal(tx: Transaction, id: string, version: number): Promise<void> {
  await tx.run(
    'UPDATE api_keys SET checkCode = NULL WHERE id = ? AND version = ? AND checkCode IS NOT NULL AND checkAt > ?',
    [id, version, new Date()],
  );
}

/**
 * Writes the fingerprint of a key that is open anyway, because it may have been set before there were
 * fingerprints.
 */
export async function recordFingerprint(
  tx: Transaction,
  id: string,
  version: number,
  fingerprint: string,
): Promise<void> {
  await tx.update(ApiKeyRow, { id, version }, { fingerprint });
}

/** Notes that a stored key did not open. That is shown as its status until a verification opens it again. */
export async function recordUnreadable(tx: Transaction, id: string, version: number): Promise<void> {
  const current = await readKeyState(tx, id, version);
  if (!current) return;
  await tx.update(ApiKeyRow, { id, version }, { status: 'UNREADABLE', ...NO_ERROR });
  if (current.status !== 'UNREADABLE') await noteHealth(tx, current);
}

const DEFINITIVE = new Set<KeyVerdict['status']>([
  'VALID',
  'INVALID',
  'INSUFFICIENT_PERMISSIONS',
  'OUT_OF_FUNDS',
]);

// An answer that settles nothing (an outage, a rate limit) leaves what was known before, and is shown as the
// last error.
function healthAfter(before: KeyState | null, verdict: KeyVerdict, now: Date): Health {
  const { status, error } = verdict;
  const definitive = DEFINITIVE.has(status);
  const lastVerifiedAt = before?.lastVerifiedAt ?? null;
  const known = before !== null && lastVerifiedAt !== null && before.status !== 'UNREADABLE';
  return {
    status: definitive || !known ? status : before.status,
    lastVerifiedAt: definitive ? now : dateOrNull(lastVerifiedAt),
    errorCode: error?.code ?? null,
    errorHttpStatus: error?.httpStatus ?? null,
    errorRetryAfterSeconds: error?.retryAfterSeconds ?? null,
  };
}
