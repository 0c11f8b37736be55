import type { StatedPlaces } from '../audit/place-comparison';
import type { Reader } from '../database/transaction';
import type { PlaceMacs } from '../vault/place-macs';
import { isGenuine, PLACE_COLUMNS, type PlaceRow } from './place';

interface StatedRow extends PlaceRow {
  readonly lastEvent: number | null;
}

/**
 * This is one statement, so that no key is set or cleared between the rows and the number of the last event.
 */
const READ = `SELECT ${PLACE_COLUMNS}, (SELECT sequence FROM audit_heads WHERE id = ?) AS lastEvent FROM api_keys k WHERE k.agencyId = ?`;
/** This is for a database that is not migrated yet, where places have no MAC. */
const READ_BEFORE_MACS = `SELECT k.ownerId, k.provider, k.version, k.isSet, (SELECT sequence FROM audit_heads WHERE id = ?) AS lastEvent
FROM api_keys k WHERE k.agencyId = ?`;

/** The places of an agency as their rows say. Without `macs`, what the rows say is taken for genuine. */
export async function readStatedPlaces(
  reader: Reader,
  macs: PlaceMacs | null,
  agencyId: string,
): Promise<StatedPlaces> {
  const rows = await reader.rows<StatedRow>(macs ? READ : READ_BEFORE_MACS, [agencyId, agencyId]);
  const places = rows.map((row) => ({
    clientId: row.ownerId === agencyId ? null : row.ownerId,
    provider: row.provider,
    version: row.version,
    isSet: Boolean(row.isSet),
    isGenuine: !macs || isGenuine(macs, row),
  }));
  return { lastEvent: rows[0]?.lastEvent ?? null, places };
}
