import {
  dayAfter,
  DAYS,
  daysFromTo,
  endOfDay,
  FIRST_DAY,
  LAST_DAY,
  startOfDay,
  type Day,
} from '../platform/calendar';
import { userError, type UserError } from '../graphql/user-error';

/** A statement is of at most so many days. */
export const MAX_DAYS = 366;

export interface Period {
  readonly from: Day;
  readonly to: Day;
}

/** A period as instants: from the first one on, and before the second. */
export interface Bounds {
  readonly startsAt: Date;
  readonly endsAt: Date;
}

export interface BilledPeriod extends Bounds {
  readonly fromDay: Day;
  readonly toDay: Day;
}

/** Says what is wrong with a period, or null. */
export function checkPeriod({ from, to }: Period, path: readonly string[]): UserError | null {
  if (from > to) return userError('INVALID_FORMAT', [...path, 'from'], '`from` is not after `to`.');
  if (from < FIRST_DAY) return userError('INVALID_FORMAT', [...path, 'from'], DAYS);
  if (to > LAST_DAY) return userError('INVALID_FORMAT', [...path, 'to'], DAYS);
  return daysFromTo(from, to) > MAX_DAYS
    ? userError('TOO_LONG', [...path, 'to'], `A period of at most ${MAX_DAYS} days.`)
    : null;
}

/**
 * Returns the instants of a period. Where a final statement ends on the day before, or begins on the day
 * after, the period joins it without a gap, also when the agency has another time zone since.
 */
export function boundsOf({ from, to }: Period, timeZone: string, billed: readonly BilledPeriod[]): Bounds {
  const before = billed.find(({ toDay }) => dayAfter(toDay, 1) === from);
  const after = billed.find(({ fromDay }) => dayAfter(to, 1) === fromDay);
  const startsAt = before?.endsAt ?? startOfDay(from, timeZone);
  const endsAt = after?.startsAt ?? endOfDay(to, timeZone);
  return { startsAt, endsAt: endsAt < startsAt ? startsAt : endsAt };
}

/** Whether a part of a period is billed already. */
export function overlaps(period: Period & Bounds, billed: readonly BilledPeriod[]): boolean {
  return billed.some(
    ({ fromDay, toDay, startsAt, endsAt }) =>
      (fromDay <= period.to && period.from <= toDay) ||
      (startsAt < period.endsAt && period.startsAt < endsAt),
  );
}
