const MINUTE_MS = 60 * 1000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 30;

/** How long after a call was asked for its provider is asked what became of it. */
const ASKED_AFTER_MS: readonly number[] = [
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  HOUR_MS,
  6 * HOUR_MS,
  ...Array.from({ length: DAYS }, (_, index) => (index + 1) * DAY_MS),
];
/** When the last answer has not come by then, none will. */
const GIVEN_UP_AFTER_MS = (DAYS + 1) * DAY_MS;

/**
 * Returns when a call comes up next: its provider is asked about it, or at the last time it is given up. One
 * that is heard of later than that comes up at once.
 */
export function nextAskAt(createdAt: Date, now: Date): Date {
  const times = ASKED_AFTER_MS.map((after) => createdAt.getTime() + after);
  const next = [...times, givenUpAt(createdAt).getTime()].find((time) => time > now.getTime());
  return new Date(next ?? now);
}

export function givenUpAt(createdAt: Date): Date {
  return new Date(createdAt.getTime() + GIVEN_UP_AFTER_MS);
}
