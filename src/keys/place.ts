import type { Reader } from '../database/transaction';
import type { Provider } from '../providers';
import type { PlaceMacs } from '../vault/place-macs';
import { SECRET_END_LENGTH } from '../vault/cipher';
import type { ApiKeyRow } from './api-key.entity';
import type { ChainKey, KeySource } from './chain';

/** Whose key: the agency's own, or that of one of its clients. */
export interface KeyOwner {
  readonly type: KeySource;
  readonly id: string;
  readonly agencyId: string;
}

const STATED = ['id', 'agencyId', 'ownerType', 'ownerId', 'provider', 'version', 'region', 'isSet', 'mac'];

/** What a statement has to select from `api_keys k` for `isGenuine`, or for `judge` of the MACs. */
export const PLACE_COLUMNS = placeColumns(`SUBSTR(k.sealed, -${SECRET_END_LENGTH})`);

/** These columns for a statement that reads the rows of many owners: see `lastBytes`, and `rowsOfIds`. */
export function placeColumnsOfMany(reader: Reader, ownerId = 'k.ownerId'): string[] {
  return placeColumns(reader.lastBytes('k.sealed', SECRET_END_LENGTH), ownerId);
}

function placeColumns(secretEnd: string, ownerId = 'k.ownerId'): string[] {
  const stated = STATED.map((column) => (column === 'ownerId' ? `${ownerId} AS ownerId` : `k.${column}`));
  return [...stated, `${secretEnd} AS secretEnd`];
}

/** The row of a place as it is read, before anybody knows whether Latchkey wrote it. */
export interface PlaceRow extends Pick<
  ApiKeyRow,
  'id' | 'agencyId' | 'ownerType' | 'ownerId' | 'provider' | 'version' | 'region' | 'mac'
> {
  isSet: unknown;
  readonly secretEnd: string | null;
}

/** Whether the row is as Latchkey wrote it: its MAC fits all that decides who pays. */
export function isGenuine(macs: PlaceMacs, row: PlaceRow): boolean {
  return row.mac === macs.of(row);
}

/**
 * Finds the row of an owner's place among all rows that name the owner; null where there is none. A row that
 * Latchkey did not write may have been the row of any place of its owner. Therefore each place that has no
 * genuine row is then unreadable, and never "no key".
 */
export function rowAt<R extends PlaceRow>(
  macs: PlaceMacs,
  { type, agencyId }: KeyOwner,
  provider: Provider,
  rows: readonly R[],
): R | Unreadable | null {
  const row = rows.find((each) => each.ownerType === type && each.provider === provider);
  if (row?.agencyId === agencyId && isGenuine(macs, row)) return row;
  return row || rows.some((each) => !isGenuine(macs, each)) ? new Unreadable(row) : null;
}

/**
 * No key was ever changed so often. The column holds twice as much, so that there are versions left after a
 * forged one.
 */
const MAX_VERSION = 1_000_000_000;

/**
 * A place of which the row is not as Latchkey wrote it. It counts as set: anything else would let another key
 * take its place.
 */
export class Unreadable implements ChainKey {
  readonly isSet = true;
  readonly status = 'UNREADABLE';
  /**
   * The version that the row says, or 0 where it says none. It is shown, and compared with the version on
   * which a request is based.
   */
  readonly version: number;

  constructor(row: Pick<PlaceRow, 'version'> | undefined) {
    const version = row?.version ?? 0;
    this.version = Number.isInteger(version) && version >= 0 && version < MAX_VERSION ? version : 0;
  }
}
