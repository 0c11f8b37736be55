import { KEY_EVENTS, type StatedPlace, type StatedPlaces } from '../audit/place-comparison';
import type { Reader } from '../database/transaction';
import type { PlaceMacs } from '../vault/place-macs';
import { isGenuine, placeColumnsOfMany, type PlaceRow } from './place';

/** Either a place, or the number of the last chained event, or the id of an event that is not chained yet. */
type StatedRow = PlaceRow & { readonly lastEvent: number | null; readonly eventId: string | null };

const KEY_TYPES = KEY_EVENTS.map((type) => `'${type}'`).join(', ');

// This is one statement, so that no key is set or cleared between the places and the events.
function readWith(placeColumns: readonly string[]): string {
  const noPlace = placeColumns.map(() => 'NULL').join(', ');
  return `SELECT ${placeColumns.join(', ')}, NULL AS lastEvent, NULL AS eventId FROM api_keys k WHERE k.agencyId = ?
UNION ALL SELECT ${noPlace}, sequence, NULL FROM audit_heads WHERE id = ?
UNION ALL SELECT ${noPlace}, NULL, id FROM audit_events
WHERE agencyId = ? AND sequence IS NULL AND type IN (${KEY_TYPES})`;
}

/** This is for a database that is not migrated yet, where places have no MAC. */
const READ_BEFORE_MACS = readWith(['k.ownerId', 'k.provider', 'k.version', 'k.isSet']);

/** The places of an agency as their rows say. Without `macs`, what the rows say is taken for genuine. */
export async function readStatedPlaces(
  reader: Reader,
  macs: PlaceMacs | null,
  agencyId: string,
): Promise<StatedPlaces> {
  const ids = [agencyId, agencyId, agencyId];
  const rows = await reader.rows<StatedRow>(
    macs ? readWith(placeColumnsOfMany(reader)) : READ_BEFORE_MACS,
    ids,
  );
  const toPlace = (row: PlaceRow): StatedPlace => ({
    clientId: row.ownerId === agencyId ? null : row.ownerId,
    provider: row.provider,
    version: row.version,
    isSet: Boolean(row.isSet),
    isGenuine: !macs || isGenuine(macs, row),
  });
  return {
    lastEvent: rows.find(({ lastEvent }) => lastEvent !== null)?.lastEvent ?? null,
    unchained: new Set(rows.flatMap(({ eventId }) => eventId ?? [])),
    places: rows.filter(({ lastEvent, eventId }) => lastEvent === null && eventId === null).map(toPlace),
  };
}
