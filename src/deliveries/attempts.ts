import type { DeliveryRow } from './delivery.entity';
import type { OffReason, OutgoingWebhookRow } from './outgoing-webhook.entity';
import type { Attempted } from './sender';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** How long a delivery waits after each attempt that failed: ten attempts within 75 hours and a half. */
export const DELAYS_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS),
];
/**
 * Each time is drawn from this much less to this much more, so that what failed together is not attempted
 * together again.
 */
const JITTER = 0.2;

/** A receiver that is down is left alone twice as long each time, from the first of these to the second. */
const PAUSES_MS = [2 * SECOND_MS, 10 * MINUTE_MS] as const;

/** A webhook that has failed for this long is switched off. */
export const FAILS_AT_MOST_MS = 5 * 24 * HOUR_MS;
/**
 * What waits is attempted again sooner than this. Where it was not, no instance was there to do it, and
 * nobody knows whether the receiver would have failed.
 */
const LONGEST_WAIT_MS = 30 * HOUR_MS;

const GONE = 410;
const TOO_MANY_REQUESTS = 429;

/** What an attempt changes in its delivery. `random` is from 0 to 1. */
export function deliveryAfter(
  { attempts: before }: Pick<DeliveryRow, 'attempts'>,
  { fault, httpStatus, retryAfterMs }: Attempted,
  now: Date,
  random: number,
): Pick<DeliveryRow, 'status' | 'attempts' | 'dueAt' | 'fault' | 'httpStatus'> {
  const attempts = before + 1;
  const told = { attempts, fault, httpStatus };
  if (fault === null) return { ...told, status: 'DELIVERED', dueAt: null };
  const delay = httpStatus === GONE ? undefined : DELAYS_MS[before];
  if (delay === undefined) return { ...told, status: 'FAILED', dueAt: null };
  const wait = Math.max(delay * (1 - JITTER + 2 * JITTER * random), retryAfterMs);
  return { ...told, status: 'WAITING', dueAt: new Date(now.getTime() + wait) };
}

type Health = Pick<
  OutgoingWebhookRow,
  'faults' | 'failingSince' | 'failedMs' | 'failedAt' | 'pausedUntil' | 'offReason' | 'offAt'
>;

/** A webhook of which nothing bad is known. */
export const SOUND = { faults: 0, failingSince: null, failedMs: 0, failedAt: null, pausedUntil: null };

/**
 * What attempts that were made together change in their webhook. A receiver that could not be reached, or
 * could not answer, is left alone for a while with all that waits for it; one that refuses a message is not.
 * `isWaiting` says whether anything is to be attempted again: as long as nothing is, nothing fails.
 */
export function healthAfter(
  health: Health,
  attempted: readonly Attempted[],
  isWaiting: boolean,
  now: Date,
): Health {
  const { faults, offReason, offAt } = health;
  const sound = { ...SOUND, offReason, offAt };
  // What was on its way when somebody switched the webhook off decides nothing.
  if (offReason !== null) return sound;
  if (attempted.some(({ httpStatus }) => httpStatus === GONE)) return { ...sound, ...off('GONE', now) };
  const asked = Math.max(0, ...attempted.map(({ retryAfterMs }) => retryAfterMs));
  if (attempted.some(({ fault }) => fault === null))
    return { ...sound, pausedUntil: asked === 0 ? null : new Date(now.getTime() + asked) };
  const failingSince = health.failingSince ?? now;
  const failedMs = health.failedMs + failedSince(health, now);
  if (failedMs >= FAILS_AT_MOST_MS) return { ...sound, failingSince, ...off('FAILED', now) };
  const [shortest, longest] = PAUSES_MS;
  const isDown = attempted.some(needsPause);
  const pause = Math.max(isDown ? Math.min(shortest * 2 ** faults, longest) : 0, asked);
  return {
    faults: isDown ? faults + 1 : faults,
    failingSince,
    failedMs,
    failedAt: isWaiting ? now : null,
    pausedUntil: pause === 0 ? null : new Date(now.getTime() + pause),
    offReason,
    offAt,
  };
}

/** How much of the time since the attempt before, which failed as well, was a time of failure. */
function failedSince({ failedAt }: Health, now: Date): number {
  const waited = failedAt === null ? 0 : now.getTime() - failedAt.getTime();
  return waited < LONGEST_WAIT_MS ? waited : 0;
}

function off(offReason: OffReason, offAt: Date) {
  return { offReason, offAt };
}

function needsPause({ httpStatus }: Attempted): boolean {
  return httpStatus === null || httpStatus === TOO_MANY_REQUESTS || httpStatus >= 500;
}
