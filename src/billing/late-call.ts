import type { Transaction } from '../database/transaction';
import { newId } from '../platform/ids';

const HOUR_MS = 60 * 60 * 1000;
/** A statement is made final this long after its period at the earliest. */
export const FINAL_AFTER_MS = 72 * HOUR_MS;
/** What becomes known later than this after the end of a period does not adjust its statement any more. */
export const ADJUSTED_FOR_MS = 400 * 24 * HOUR_MS;
// The clocks of instances differ by less than this.
const TOLERANCE_MS = HOUR_MS;

interface TimedCall {
  readonly agencyId: string;
  readonly clientId: string | null;
  readonly startedAt: Date | null;
  readonly createdAt: Date;
  readonly durationMs: number | null;
  readonly costMicros: number | null;
  readonly costCurrency: string | null;
  readonly isOtherAccount: boolean;
}

/**
 * Returns when a call started, by which it belongs to a period: as its provider says, or as it was placed.
 */
export function startOfCall({ startedAt, createdAt }: Pick<TimedCall, 'startedAt' | 'createdAt'>): Date {
  return startedAt ?? createdAt;
}

/**
 * Notes that something became known of a call that may belong to a final statement: both where it was counted
 * before, unless nobody had heard of it, and where it is counted now.
 */
export async function noteLateCall(
  tx: Transaction,
  before: TimedCall | null,
  after: TimedCall,
): Promise<void> {
  const { agencyId, clientId } = after;
  if (clientId === null || (before && isBilledAlike(before, after))) return;
  const youngest = Date.now() - FINAL_AFTER_MS + TOLERANCE_MS;
  const times = new Set([before ?? after, after].map((call) => startOfCall(call).getTime()));
  for (const time of times)
    if (time < youngest)
      await tx.insertRow('late_calls', { id: newId(), agencyId, clientId, callAt: new Date(time) });
}

function isBilledAlike(before: TimedCall, after: TimedCall): boolean {
  const isSameCost = before.costMicros === after.costMicros && before.costCurrency === after.costCurrency;
  const isSameTime = before.durationMs === after.durationMs && +startOfCall(before) === +startOfCall(after);
  return isSameCost && isSameTime && before.isOtherAccount === after.isOtherAccount;
}
