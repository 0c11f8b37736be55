import type { Ending, PlacedCall, PlacedCalls } from './placed-calls';

/** After the call was placed: when its phone rings, is answered, and how long people speak at least. */
const RINGS_MS = 1_500;
const ANSWERED_MS = 6_000;
const SPOKEN_MS = 20_000;
const LONGER_MS = 3_000;

/** By their last digit, these numbers are never answered; of all others, every second agent hangs up. */
const UNANSWERED: Readonly<Record<string, Ending>> = { '7': 'BUSY', '8': 'NO_ANSWER' };

/**
 * Lets the calls that are placed with a stand-in go on by themselves, at a natural pace, as the demo wants.
 * `numberOf` tells which number a call is placed to.
 */
export function goOnAtPace(calls: PlacedCalls, numberOf: (call: PlacedCall) => string): void {
  const { onCall } = calls;
  calls.onCall = (call) => {
    onCall(call);
    if (call.direction === 'outbound') live(call, numberOf(call).slice(-1));
  };
}

function live(call: PlacedCall, digit: string): void {
  call.isPaced = true;
  const unanswered = UNANSWERED[digit];
  const spokenMs = SPOKEN_MS + LONGER_MS * Number(digit);
  after(RINGS_MS, call, () => call.ring());
  after(ANSWERED_MS, call, () => (unanswered ? call.end(0, unanswered) : call.answer()));
  if (unanswered) return;
  const how = Number(digit) % 2 === 0 ? 'AGENT_HUNG_UP' : 'CALLEE_HUNG_UP';
  after(ANSWERED_MS + spokenMs, call, () => call.end(spokenMs, how));
}

// Somebody may have ended it meanwhile. The process does not wait for it.
function after(ms: number, call: PlacedCall, step: () => void): void {
  setTimeout(() => call.phase !== 'ENDED' && step(), ms).unref();
}
