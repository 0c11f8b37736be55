import type { AgentRow } from '../agents/agent.entity';
import type { Beginning, Reader } from '../database/transaction';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { UnreadableKey, type Cipher, type DecryptPurpose } from '../vault/cipher';
import type { PlaceMacs } from '../vault/place-macs';
import type { ApiKeyText } from '../vault/secret';
import type { ApiKeyRow } from './api-key.entity';
import type { ChainKey, KeySource } from './chain';
import { PLACE_COLUMNS, rowAt, Unreadable, type KeyOwner, type PlaceRow } from './place';

export type { KeyOwner } from './place';

/** How the audit trail names a key. */
export function nameOfKey(
  owner: KeyOwner,
  provider: Provider,
): { clientId: string | null; provider: Provider } {
  return { clientId: owner.type === 'CLIENT' ? owner.id : null, provider };
}

/** A key that is set, or counts as set, with all that it takes to open it. */
export interface SealedKey extends ChainKey {
  readonly owner: KeyOwner;
  readonly provider: Provider;
  /** It is null where Latchkey did not write the row, of which nothing may be opened. */
  readonly row: (PlaceRow & Pick<ApiKeyRow, 'sealed'>) | null;
}

export type SealedRow = PlaceRow & Pick<ApiKeyRow, 'status' | 'sealed'>;

/** The keys of a client (if any) and of its agency for one provider. Keys that were cleared are null. */
export type KeysOfChain = Readonly<Record<KeySource, SealedKey | null>>;

// This is one statement outside of any transaction, and nothing is cached, so that a set or a clear is in
// force for whoever reads after its commit. It finds all rows that name an owner, whatever else they say,
// because a row whose provider or agency was changed must not be missed.
const READ = `SELECT ${PLACE_COLUMNS.join(', ')}, k.status, CASE WHEN k.provider = ? THEN k.sealed END AS sealed
FROM api_keys k WHERE k.ownerId IN (?, ?)`;

/** Reads the keys of a client (if any) and of its agency together. */
export async function readSealedKeys(
  read: Reader,
  macs: PlaceMacs,
  agencyId: string,
  clientId: string | null,
  provider: Provider,
): Promise<KeysOfChain> {
  const rows = await read.rows<SealedRow>(READ, [provider, clientId ?? agencyId, agencyId]);
  return keysOfChain(macs, { agencyId, clientId, provider }, rows);
}

/** Finds the keys of the chain among all rows that name the client or the agency as their owner. */
export function keysOfChain(
  macs: PlaceMacs,
  { agencyId, clientId, provider }: Pick<AgentRow, 'agencyId' | 'clientId' | 'provider'>,
  rows: readonly SealedRow[],
): KeysOfChain {
  const keyOf = (owner: KeyOwner, ofOwner: readonly SealedRow[]): SealedKey | null => {
    const row = rowAt(macs, owner, provider, ofOwner);
    if (!row?.isSet) return null;
    const { status, version } = row;
    return { isSet: true, status, version, owner, provider, row: row instanceof Unreadable ? null : row };
  };
  // MariaDB ignores case and trailing spaces when it compares. A row that names the agency in such a way
  // counts as a row of the client, where it makes a key unreadable rather than missing.
  const ofAgency = rows.filter(({ ownerId }) => ownerId === agencyId);
  const ofClient = rows.filter(({ ownerId }) => ownerId !== agencyId);
  return {
    CLIENT: clientId === null ? null : keyOf({ type: 'CLIENT', id: clientId, agencyId }, ofClient),
    // The MAC of the agency's row is computed when the chain comes to that row, and not before.
    get AGENCY() {
      return keyOf({ type: 'AGENCY', id: agencyId, agencyId }, ofAgency);
    },
  };
}

/** A key that was opened, for as long as one request to its provider needs it. */
export interface OpenKey {
  readonly id: string;
  readonly region: ProviderRegion;
  readonly key: ApiKeyText;
}

/** Throws `UnreadableKey`. */
export function openKey(cipher: Cipher, { row }: SealedKey, purpose: DecryptPurpose): OpenKey {
  if (!row?.sealed) throw new UnreadableKey('The row of the key is not as it was written');
  return { id: row.id, region: row.region, key: cipher.open(row.sealed, row, purpose) };
}

/** The place of a key, as the writer of its next version finds it. */
export interface LockedKey extends Pick<ApiKeyRow, 'provider' | 'version' | 'isSet'> {
  /** It is null where Latchkey did not write the row. */
  readonly row: Pick<PlaceRow, 'id' | 'region'> | null;
}

/** The places of some keys, in the order of these, with null where no key was ever set. */
export type LockedKeys = readonly (LockedKey | null)[];

/**
 * Locks and reads the places of one owner's keys for some providers. It is used inside a `write`: whoever
 * else locks keys of this owner waits until that transaction ends. The owner itself is not locked: each
 * call refers to its agency and its client, and would wait. Of two transactions that set the first key of
 * an owner, the later one finds a duplicate and is run again.
 */
export async function lockKeys(
  tx: Beginning,
  macs: PlaceMacs,
  owner: KeyOwner,
  providers: readonly Provider[],
): Promise<LockedKeys> {
  const sql = `SELECT ${PLACE_COLUMNS.join(', ')} FROM api_keys k WHERE k.ownerId = ?`;
  const places = await tx.lockRows<PlaceRow>(sql, [owner.id]);
  return providers.map((provider) => {
    const row = rowAt(macs, owner, provider, places);
    if (!row) return null;
    const { version, isSet } = row;
    return { provider, version, isSet: Boolean(isSet), row: row instanceof Unreadable ? null : row };
  });
}
