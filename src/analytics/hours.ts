import { endOfDay, startOfDay, type Day } from '../platform/calendar';

const HOUR_MS = 60 * 60 * 1000;

/** From the first instant on, and before the second. */
export interface Instants {
  readonly start: Date;
  readonly until: Date;
}

/** Returns an hour of a day, counted from the start of the day. The last one may be shorter. */
export function hourSpan(day: Day, hour: number, timeZone: string): Instants {
  const time = startOfDay(day, timeZone).getTime() + hour * HOUR_MS;
  const end = endOfDay(day, timeZone).getTime();
  return { start: new Date(time), until: new Date(Math.min(time + HOUR_MS, end)) };
}

/** Returns in which hour of a day an instant lies. */
export function hourOf(instant: Date, day: Day, timeZone: string): number {
  return Math.floor((instant.getTime() - startOfDay(day, timeZone).getTime()) / HOUR_MS);
}
