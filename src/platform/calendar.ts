import { Temporal } from 'temporal-polyfill';

/** A day without a time zone, e.g. 2026-11-27. Two of them compare like their texts. */
export type Day = string;

/** In every time zone, the instants of these days, and of some days after, are times of every database. */
export const [FIRST_DAY, LAST_DAY] = ['1970-01-02', '9999-12-01'] as const;
export const DAYS = `Days from ${FIRST_DAY} to ${LAST_DAY}.`;

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Whether a text is a day of the calendar: 2026-02-29 is none. */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  try {
    Temporal.PlainDate.from(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns the name of a time zone as the IANA database spells it, or null where it has none of that name. A
 * plain offset, e.g. +02:00, is no time zone: it does not know when clocks change.
 */
export function timeZoneNamed(name: string): string | null {
  if (!/^[A-Za-z]/.test(name)) return null;
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId;
  } catch {
    return null;
  }
}

/**
 * Returns the first instant of a day in a time zone, which is midnight unless the clocks skip that hour. A
 * day that the zone skips altogether begins when the next one does, so that it has no length.
 */
export function startOfDay(day: Day, timeZone: string): Date {
  const { epochMilliseconds } = Temporal.PlainDate.from(day).toZonedDateTime({ timeZone });
  return new Date(epochMilliseconds);
}

/** Returns the instant at which a day is over: the first one that is not in it. */
export function endOfDay(day: Day, timeZone: string): Date {
  return startOfDay(dayAfter(day, 1), timeZone);
}

/** Returns the day of an instant in a time zone. */
export function dayOf(instant: Date, timeZone: string): Day {
  const zoned = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone);
  return zoned.toPlainDate().toString();
}

/** Returns the day that comes `days` after another, or before it where the number is negative. */
export function dayAfter(day: Day, days: number): Day {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}

/** Returns how many days a period has that begins with one day and ends with another, both counted. */
export function daysFromTo(from: Day, to: Day): number {
  return Temporal.PlainDate.from(from).until(to, { largestUnit: 'days' }).days + 1;
}

/** Returns the Monday of the week of a day. */
export function mondayOf(day: Day): Day {
  return dayAfter(day, 1 - Temporal.PlainDate.from(day).dayOfWeek);
}
