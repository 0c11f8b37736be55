import { startOfCall } from '../billing/late-call';
import type { Transaction } from '../database/transaction';
import { newId } from '../platform/ids';
import type { CallRow } from './call.entity';

const MINUTE_MS = 60 * 1000;

/**
 * A day, or an hour, is counted when it has been over for this time, and a change is noted when its call
 * started that long ago. Between the two there is time for clocks that differ and for transactions that take
 * long.
 */
export const COUNTED_AFTER_MS = 60 * MINUTE_MS;
const NOTED_AFTER_MS = 30 * MINUTE_MS;

/** A call that started earlier or later than it was recorded, by more than this, is a stray one. */
export const STRAY_AFTER_MS = 10 * MINUTE_MS;

type Started = Pick<CallRow, 'id' | 'agencyId' | 'startedAt' | 'createdAt'>;

/**
 * Notes a change of a call for whoever has counted the time at which it started. Most calls change soon after
 * they started, when their hour is not counted yet, so that nothing is written.
 */
export async function noteLateChange(
  tx: Transaction,
  before: Started,
  after: Started,
  now: Date,
): Promise<void> {
  const [from, to] = [startOfCall(before), startOfCall(after)];
  const starts = from.getTime() === to.getTime() ? [to] : [from, to];
  for (const startAt of starts)
    if (now.getTime() - startAt.getTime() > NOTED_AFTER_MS)
      await tx.insertRow('late_call_changes', { id: newId(), agencyId: after.agencyId, startAt });
  if (starts.length > 1) await noteStart(tx, before, after);
}

async function noteStart(tx: Transaction, before: Started, after: Started): Promise<void> {
  const { id: callId, agencyId } = after;
  if (isStray(before)) await tx.run('DELETE FROM stray_calls WHERE callId = ?', [callId]);
  if (isStray(after)) await tx.insertRow('stray_calls', { callId, agencyId, startAt: startOfCall(after) });
}

function isStray(call: Started): boolean {
  return Math.abs(startOfCall(call).getTime() - call.createdAt.getTime()) > STRAY_AFTER_MS;
}
