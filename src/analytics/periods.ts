import { dayAfter, mondayOf, startOfDay, type Day } from '../platform/calendar';

export const ANALYTICS_INTERVALS = ['DAY', 'WEEK', 'MONTH', 'TOTAL'] as const;
export type AnalyticsInterval = (typeof ANALYTICS_INTERVALS)[number];

/** How each interval is named in statements: so that a day says it by itself, or a column beside it. */
export const PERIOD_OF_SUM: Readonly<Record<AnalyticsInterval, string>> = {
  DAY: 'day',
  WEEK: 'week',
  MONTH: 'SUBSTR(day, 1, 7)',
  TOTAL: "''",
};

/** The same name for a day. */
export function periodOf(day: Day, interval: AnalyticsInterval): string {
  if (interval === 'DAY') return day;
  if (interval === 'WEEK') return mondayOf(day);
  return interval === 'MONTH' ? day.slice(0, 7) : '';
}

/** The first day of a period that is asked for. */
export function firstDayOf(period: string, interval: AnalyticsInterval, from: Day): Day {
  const first = interval === 'MONTH' ? `${period}-01` : period;
  return first < from ? from : first;
}

/** Instants that belong to one period: those from `start` on, until the next segment or the end. */
export interface Segment {
  readonly start: Date;
  readonly period: string;
}

/** A span of time whose calls are looked at one by one. */
export interface Span {
  readonly until: Date;
  readonly segments: readonly [Segment, ...Segment[]];
}

/** Returns the span of some days that follow each other, the last one included. */
export function spanOf(days: readonly [Day, ...Day[]], interval: AnalyticsInterval, timeZone: string): Span {
  const [first, ...others] = days;
  const segmentOf = (day: Day): Segment => ({
    start: startOfDay(day, timeZone),
    period: periodOf(day, interval),
  });
  const segments: [Segment, ...Segment[]] = [segmentOf(first)];
  for (const day of others)
    if (periodOf(day, interval) !== segments.at(-1)?.period) segments.push(segmentOf(day));
  return { segments, until: startOfDay(dayAfter(days.at(-1) ?? first, 1), timeZone) };
}

/** Puts days that follow each other together. */
export function runsOf(days: readonly Day[]): [Day, ...Day[]][] {
  const runs: [Day, ...Day[]][] = [];
  for (const day of days) {
    const run = runs.at(-1);
    if (run && dayAfter(run.at(-1) ?? day, 1) === day) run.push(day);
    else runs.push([day]);
  }
  return runs;
}
