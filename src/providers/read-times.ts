import { wholeTimes } from '../platform/decimal';
import { field } from './json';

// No call of any provider lies outside of this span. A database keeps all times in it.
const FIRST_TIME = Date.UTC(2000, 0);
const LAST_TIME = Date.UTC(2100, 0);
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
const ZONE = /(Z|[+-]\d\d:?\d\d)$/;

/**
 * Reads a number of milliseconds since 1970, or a text in the form of ISO 8601. A time without a zone is in
 * UTC, wherever this machine is.
 */
export function readTime(json: unknown, name: string): Date | null {
  const value = field(json, name);
  const ms =
    typeof value === 'string' && ISO.test(value)
      ? Date.parse(ZONE.test(value) ? value : `${value}Z`)
      : wholeTimes(value, 1, LAST_TIME);
  return ms !== null && ms >= FIRST_TIME && ms < LAST_TIME ? new Date(ms) : null;
}

/** The clock of a provider may be so much ahead, and a time without a zone may be that of any zone. */
const AHEAD_MS = 24 * 60 * 60 * 1000;

/** Reads when a call began, or ended. What is still to come has not happened. */
export function readPastTime(json: unknown, name: string): Date | null {
  const time = readTime(json, name);
  return time !== null && time.getTime() <= Date.now() + AHEAD_MS ? time : null;
}

/** The longest duration that is taken for true, in milliseconds: a week. */
const LONGEST_MS = 7 * 24 * 60 * 60 * 1000;

/** Reads a duration in a unit of so many milliseconds. */
export function readDuration(value: unknown, unitMs: number): number | null {
  return wholeTimes(value, unitMs, LONGEST_MS);
}

export function durationBetween(start: Date | null, end: Date | null): number | null {
  return start && end && readDuration(end.getTime() - start.getTime(), 1);
}
