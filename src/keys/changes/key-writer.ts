import { newId } from '../../platform/ids';
import { ConcurrentChange, type Transaction } from '../../database/transaction';
import { dateOrNull } from '../../database/raw';
import type { Provider } from '../../providers';
import type { ProviderRegion } from '../../providers/provider';
import type { KeyVerdict } from '../../providers/requests';
import type { ApiKeyText } from '../../vault/secret';
import type { Vault } from '../../vault/vault';
import { ApiKeyRow, type StoredKey } from '../api-key.entity';
import { readKeyState, type KeyOwner, type KeyState, type LockedKey } from '../key-store';

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
  const place = { agencyId: owner.agencyId, ownerType: owner.type, ownerId: owner.id, provider };
  const version = nextVersion(current);
  const fingerprint = vault.fingerprints.of(key, owner.agencyId, provider);
  const change = {
    version,
    isSet: true,
    maskedKey: key.mask,
    fingerprint,
    region,
    updatedAt: now,
    ...health,
  };
  const secret = {
    masterKey: vault.cipher.masterKeyName,
    sealed: vault.cipher.seal(key, { ...place, version }),
  };
  if (current) return replace(tx, owner, current, change, secret);
  const row = { id: newId(), ...place, ...change };
  await tx.insertRow('api_keys', { ...row, ...secret });
  return row;
}

/** Empties the place of a key and destroys its secret. Inside a `write`. */
export function clearKey(tx: Transaction, owner: KeyOwner, current: LockedKey): Promise<StoredKey> {
  const { region } = current;
  const empty = {
    isSet: false,
    maskedKey: null,
    fingerprint: null,
    region,
    status: 'NOT_SET',
    lastVerifiedAt: null,
    updatedAt: new Date(),
    ...NO_ERROR,
  } as const;
  return replace(
    tx,
    owner,
    current,
    { version: nextVersion(current), ...empty },
    { masterKey: null, sealed: null },
  );
}

function nextVersion(current: LockedKey | null): number {
  return (current?.version ?? 0) + 1;
}

type Change = Omit<StoredKey, 'id' | 'agencyId' | 'ownerType' | 'ownerId' | 'provider'>;

type Secret = Pick<ApiKeyRow, 'masterKey' | 'sealed'>;

async function replace(
  tx: Transaction,
  owner: KeyOwner,
  { id, provider, version }: LockedKey,
  change: Change,
  secret: Secret,
): Promise<StoredKey> {
  if (!(await tx.updateRow('api_keys', { ...change, ...secret }, { id, version })))
    throw new ConcurrentChange();
  return { id, agencyId: owner.agencyId, ownerType: owner.type, ownerId: owner.id, provider, ...change };
}

/** Keeps what the provider said of one version of a key; says nothing of a version that came after it. */
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
  return { ...current, ...health };
}

/** Writes the fingerprint of a key that is open anyway: it was set before there were fingerprints. */
export async function recordFingerprint(
  tx: Transaction,
  id: string,
  version: number,
  fingerprint: string,
): Promise<void> {
  await tx.update(ApiKeyRow, { id, version }, { fingerprint });
}

/** A stored key did not open: shown as its status until a verification opens it again. */
export async function recordUnreadable(tx: Transaction, id: string, version: number): Promise<void> {
  await tx.update(ApiKeyRow, { id, version }, { status: 'UNREADABLE', ...NO_ERROR });
}

const DEFINITIVE = new Set<KeyVerdict['status']>([
  'VALID',
  'INVALID',
  'INSUFFICIENT_PERMISSIONS',
  'OUT_OF_FUNDS',
]);

// An answer that settles nothing (an outage, a rate limit) leaves what was known before, and is shown as the last error.
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
