import { filledUp, type RawDate } from '../database/raw';
import { foundOf, isKnown, rowsOfIds, type Ids } from '../database/rows-of-ids';
import type { Reader } from '../database/transaction';
import { PROVIDERS } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import type { PlaceMacs } from '../vault/place-macs';
import type { StoredKey } from './api-key.entity';
import { PLACE_COLUMNS, placeColumnsOfMany, Unreadable, type PlaceRow } from './place';

/** What is known of a key, and may be shown. */
export interface KeyState extends Omit<
  StoredKey,
  'id' | 'agencyId' | 'region' | 'fingerprint' | 'updatedAt' | 'lastVerifiedAt'
> {
  readonly region: ProviderRegion | null;
  readonly updatedAt: RawDate | null;
  readonly lastVerifiedAt: RawDate | null;
}

/**
 * The part of it that most requests ask for. A list of 50 clients that reads nothing else takes about 4 %
 * less time.
 */
export type KeySummary = Pick<
  KeyState,
  'ownerType' | 'ownerId' | 'provider' | 'version' | 'isSet' | 'maskedKey' | 'status'
>;

const SUMMARY_COLUMNS = 'k.maskedKey, k.status';
const STATE_COLUMNS = `${SUMMARY_COLUMNS}, k.updatedAt, k.lastVerifiedAt, k.errorCode, k.errorHttpStatus, k.errorRetryAfterSeconds`;

export interface StatesOf<K extends KeySummary> {
  /** Those of the owners. */
  readonly ids: readonly string[];
  readonly states: (K | KeyState)[];
}

/** The keys of some owners, set or cleared, as everyone else sees them. */
export function readKeyStates(
  reader: Reader,
  macs: PlaceMacs,
  agencyId: string,
  owners: Ids,
): Promise<StatesOf<KeyState>> {
  return readStates(STATE_COLUMNS, reader, macs, () => agencyId, owners);
}

/** The same of owners of several agencies: for each owner, the agency to which it belongs. */
export function readKeyStatesOf(
  reader: Reader,
  macs: PlaceMacs,
  agencyOf: ReadonlyMap<string, string>,
): Promise<StatesOf<KeyState>> {
  return readStates(
    STATE_COLUMNS,
    reader,
    macs,
    (ownerId) => agencyOf.get(ownerId),
    filledUp([...agencyOf.keys()]),
  );
}

/** Reads only a part of each key, for long lists. */
export function readKeySummaries(
  reader: Reader,
  macs: PlaceMacs,
  agencyId: string,
  owners: Ids,
): Promise<StatesOf<KeySummary>> {
  return readStates<KeySummary>(SUMMARY_COLUMNS, reader, macs, () => agencyId, owners);
}

async function readStates<K extends KeySummary>(
  columns: string,
  reader: Reader,
  macs: PlaceMacs,
  agencyOf: (ownerId: string) => string | undefined,
  owners: Ids,
): Promise<StatesOf<K>> {
  if (isKnown(owners) && owners.length === 0) return { ids: [], states: [] };
  const source = rowsOfIds(owners, `api_keys k${reader.indexHint('api_keys_by_owner')}`, 'k.ownerId');
  const place = placeColumnsOfMany(reader, source.idColumn).join(', ');
  const read = await reader.rows<StateRow<K>>(`SELECT ${place}, ${columns} ${source.sql}`, source.values);
  const { ids, rows } = foundOf(owners, read, ({ ownerId }) => ownerId);
  const isGenuine = macs.judge(rows);
  const genuine: K[] = [];
  const forged: PlaceRow[] = [];
  for (const row of rows) {
    if (row.agencyId === agencyOf(row.ownerId) && isGenuine(row)) genuine.push(toState(row));
    else forged.push(row);
  }
  if (forged.length === 0) return { ids, states: genuine };
  const unreadable = [...new Set(ids)].flatMap((id) => unreadableStates(id, agencyOf(id), forged, genuine));
  return { ids, states: [...genuine, ...unreadable] };
}

type StateRow<K extends KeySummary> = PlaceRow & Omit<K, 'isSet'>;

// The row is changed in place, because making another object for each row of a long list takes time.
function toState<K extends KeySummary>(row: StateRow<K>): K {
  row.isSet = Boolean(row.isSet);
  return row as unknown as K;
}

/**
 * The states of those places of an owner that have no genuine row, where there is a forged row. Nothing that
 * a forged row says is shown.
 */
function unreadableStates(
  ownerId: string,
  agencyId: string | undefined,
  forged: readonly PlaceRow[],
  genuine: readonly KeySummary[],
): KeyState[] {
  const ofOwner = forged.filter((row) => isSameText(row.ownerId, ownerId));
  if (ofOwner.length === 0) return [];
  const ownerType = ownerId === agencyId ? 'AGENCY' : 'CLIENT';
  const found = new Set(genuine.filter((state) => state.ownerId === ownerId).map(({ provider }) => provider));
  return PROVIDERS.filter((provider) => !found.has(provider)).map((provider) => {
    const row = ofOwner.find((each) => each.ownerType === ownerType && each.provider === provider);
    const { isSet, status, version } = new Unreadable(row);
    return { ownerType, ownerId, provider, isSet, status, version, ...NOTHING_KNOWN };
  });
}

/** Compares ids in the way in which MariaDB does. */
function isSameText(one: string, other: string): boolean {
  return one.trimEnd().localeCompare(other, 'en', { sensitivity: 'base' }) === 0;
}

const NOTHING_KNOWN = {
  maskedKey: null,
  region: null,
  updatedAt: null,
  lastVerifiedAt: null,
  errorCode: null,
  errorHttpStatus: null,
  errorRetryAfterSeconds: null,
} as const;

export type StateOfAgency = KeyState & Pick<StoredKey, 'agencyId'>;

/** One version of a key that was just opened, or null where another one has come after it. */
export async function readKeyState(
  reader: Reader,
  id: string,
  version: number,
): Promise<StateOfAgency | null> {
  const [row] = await reader.rows<StateRow<StateOfAgency>>(
    `SELECT ${PLACE_COLUMNS.join(', ')}, ${STATE_COLUMNS} FROM api_keys k WHERE k.id = ? AND k.version = ?`,
    [id, version],
  );
  return row ? toState(row) : null;
}
