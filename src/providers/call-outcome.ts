import type { CallEndReason, CallFacts, CallStatus } from './call-facts';

type Outcome = Pick<CallFacts, 'status' | 'durationMs' | 'endReason'>;

export function goingOn(status: CallStatus | null): Outcome {
  return { status, durationMs: null, endReason: null };
}

/** With these reasons a call was never connected, however long its phone rang. */
const NEVER_CONNECTED: Readonly<Partial<Record<CallEndReason, CallStatus>>> = {
  NO_ANSWER: 'NO_ANSWER',
  DECLINED: 'NO_ANSWER',
  BUSY: 'BUSY',
  INVALID_NUMBER: 'FAILED',
};
/** With these it was connected before. */
const CONNECTED: ReadonlySet<CallEndReason> = new Set([
  'HUNG_UP_BY_CALLEE',
  'HUNG_UP_BY_AGENT',
  'TRANSFERRED',
  'VOICEMAIL',
  'MAX_DURATION',
  'INACTIVITY',
]);

/**
 * What became of a call that has ended. `seemsConnected` tells whether the provider's own status says so,
 * which decides where neither the reason nor the duration does.
 */
export function ended(
  endReason: CallEndReason | null,
  durationMs: number | null,
  seemsConnected: boolean,
): Outcome {
  const never = endReason && NEVER_CONNECTED[endReason];
  if (never) return { status: never, durationMs: 0, endReason };
  const wasConnected =
    (endReason !== null && CONNECTED.has(endReason)) ||
    (durationMs === null ? seemsConnected : durationMs > 0);
  if (wasConnected) return { status: 'COMPLETED', durationMs, endReason };
  return { status: endReason === 'CANCELED' ? 'CANCELED' : 'FAILED', durationMs: 0, endReason };
}
