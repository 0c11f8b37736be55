import { placeholders } from '../../database/raw';
import type { Reader } from '../../database/transaction';
import { leastIdOf } from '../../platform/ids';
import { AGENT_EVENTS, type PastEvent } from './past-chain';
import { readEvents } from './past-events';

/** What changes whose key an agent uses, what is known of that key, or the id of an agent at its provider. */
const CHANGES = ['API_KEY_SET', 'API_KEY_CLEARED', 'API_KEY_VERIFIED', 'AGENT_UPDATED', ...AGENT_EVENTS];
/** The clocks of two instances may differ by this much. */
const CLOCKS_MS = 60_000;

/** Whether a key of the agency, or an agent of it, may have changed in such a way at this time or later. */
export async function hasChangedSince(read: Reader, agencyId: string, at: Date): Promise<boolean> {
  const rows = await read.rows(
    `SELECT 1 FROM audit_events${read.indexHint('audit_events_by_type')}
WHERE agencyId = ? AND type IN (${placeholders(CHANGES)}) AND id >= ? LIMIT 1`,
    [agencyId, ...CHANGES, leastIdSince(at)],
  );
  return rows.length > 0;
}

function leastIdSince(at: Date): string {
  return leastIdOf(new Date(at.getTime() - CLOCKS_MS));
}

/** Reads the updates of agents at this time or later. Each may have changed an id at a provider. */
export function readUpdates(read: Reader, agencyId: string, at: Date): Promise<PastEvent[]> {
  return readEvents(read, ['AGENT_UPDATED'], 'id >= ?', [agencyId, leastIdSince(at)]);
}
