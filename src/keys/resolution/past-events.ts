import type { AuditEventRow } from '../../audit/audit.entity';
import { dateOf, placeholders, type RawDate } from '../../database/raw';
import type { Reader } from '../../database/transaction';
import type { PastEvent } from './past-chain';

interface RawEvent extends Pick<AuditEventRow, 'clientId' | 'details'> {
  readonly type: PastEvent['type'];
  readonly at: RawDate;
}

// The events are read by their type: those of a client may be a million calls.
export async function readEvents(
  read: Reader,
  types: readonly PastEvent['type'][],
  condition: string,
  [agencyId, ...values]: readonly [string, ...string[]],
): Promise<PastEvent[]> {
  const rows = await read.rows<RawEvent>(
    `SELECT type, at, clientId, details FROM audit_events${read.indexHint('audit_events_by_type')}
WHERE agencyId = ? AND type IN (${placeholders(types)}) AND ${condition} ORDER BY id`,
    [agencyId, ...types, ...values],
  );
  return rows.map((row) => ({
    ...row,
    at: dateOf(row.at),
    details: JSON.parse(row.details) as PastEvent['details'],
  }));
}
