import { readVersions, type OwnAccount, type SharedAccount } from '../calls/provider-call';
import type { Reader } from '../database/transaction';
import type { SealedKey } from '../keys/key-store';
import { readSealedKeys } from '../keys/key-store';
import type { KeySource } from '../keys/chain';
import type { Provider } from '../providers';
import type { PlaceMacs } from '../vault/place-macs';

/** An account with its key. */
export interface KeyedAccount extends SharedAccount {
  readonly key: SealedKey;
}

export interface AccountFilter {
  readonly agencyId: string | null;
  readonly provider: Provider | null;
}

interface Place {
  readonly agencyId: string;
  readonly ownerType: KeySource;
  readonly ownerId: string;
  readonly provider: Provider;
}

/**
 * The places of all keys that are set, where the agency has an agent: of other accounts no call can be known
 * or recorded.
 */
export async function readPlaces(read: Reader, { agencyId, provider }: AccountFilter): Promise<OwnAccount[]> {
  const rows = await read.rows<Place>(
    `SELECT k.agencyId, k.ownerType, k.ownerId, k.provider FROM api_keys k WHERE k.isSet = ?
AND (? IS NULL OR k.agencyId = ?) AND (? IS NULL OR k.provider = ?)
AND EXISTS (SELECT 1 FROM agents a WHERE a.agencyId = k.agencyId AND a.provider = k.provider)
ORDER BY k.agencyId, k.provider, k.ownerId`,
    [1, agencyId, agencyId, provider, provider],
  );
  return rows.map((row) => ({
    owner: { type: row.ownerType, id: row.ownerId, agencyId: row.agencyId },
    provider: row.provider,
  }));
}

/** Reads the key of an account now. It is null where there is none any more. */
export async function readAccount(
  read: Reader,
  macs: PlaceMacs,
  { owner, provider }: OwnAccount,
): Promise<KeyedAccount | null> {
  const key = await readKey(read, macs, { owner, provider });
  if (!key) return null;
  const versions = await readVersions(read, { owner, provider });
  return { owner, provider, key, versions: versions.set(owner.id, key.version) };
}

/** Does the same without looking for other owners of the account. */
export async function readKey(
  read: Reader,
  macs: PlaceMacs,
  { owner: { type, id, agencyId }, provider }: OwnAccount,
): Promise<SealedKey | null> {
  const keys = await readSealedKeys(read, macs, agencyId, type === 'CLIENT' ? id : null, provider);
  return keys[type];
}
