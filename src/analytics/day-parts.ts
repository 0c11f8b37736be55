import { dayAfter, endOfDay, type Day } from '../platform/calendar';
import type { CountedDays } from './counted-days';
import { hourSpan, type Instants } from './hours';

/** A period in parts: what is counted, and what has to be looked at call by call. */
export interface Parts {
  /** Days that are counted, the last one of them maybe in part. */
  readonly counted: readonly Day[];
  /** Days of which no hour counts. */
  readonly open: readonly Day[];
  /** Of the day that is counted in part: hours that do not count any more, and all that is not counted. */
  readonly changedHours: readonly number[];
  readonly openHours: readonly Instants[];
}

/** Parts the days of a period into those that are counted and those whose calls have to be looked at. */
export function partDays(days: CountedDays, from: Day, to: Day): Parts {
  const { since, until, hours, changed, timeZone } = days;
  const [counted, open]: [Day[], Day[]] = [[], []];
  const isPart = (day: Day) => day === until && hours > 0;
  for (let day = from; day <= to; day = dayAfter(day, 1))
    (isPart(day) || (day >= since && day < until && !changed.has(day)) ? counted : open).push(day);
  if (!counted.some(isPart)) return { counted, open, changedHours: [], openHours: [] };
  const changedHours = [...days.changedHours].sort((one, other) => one - other);
  const rest = { ...hourSpan(until, hours, timeZone), until: endOfDay(until, timeZone) };
  const again = changedHours.map((hour) => hourSpan(until, hour, timeZone));
  return { counted, open, changedHours, openHours: [...again, rest] };
}
