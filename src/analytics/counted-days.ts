import type { Reader } from '../database/transaction';
import { dateOf, type RawDate } from '../database/raw';
import { dayAfter, dayOf, endOfDay, startOfDay, type Day } from '../platform/calendar';
import { hourOf, hourSpan, type Instants } from './hours';

/** So many late changes are told apart; where there are more, no day counts. */
const MAX_LATE = 2_000;

interface Progress {
  readonly timeZone: string;
  readonly countedZone: string | null;
  readonly firstDay: string | null;
  readonly countedUntil: string | null;
  readonly countedHours: number | null;
  readonly version: number | null;
}

/** Which days of an agency are counted, and have not changed since. */
export interface CountedDays {
  readonly timeZone: string;
  readonly since: Day;
  /** The first day that is not counted as a whole: its hours are, as far as `hours` says. */
  readonly until: Day;
  readonly hours: number;
  /** Days in between of which a call has changed since they were counted. */
  readonly changed: ReadonlySet<Day>;
  /** And such hours of the day `until`. */
  readonly changedHours: ReadonlySet<number>;
  /** As long as this is the same, so are the sums of these days, and the calls that they were made of. */
  readonly signature: string;
}

const NONE = { since: '', until: '', hours: 0, changed: new Set<Day>(), changedHours: new Set<number>() };

/** Reads which days are counted. It is null for an agency that is not there. */
export async function readCountedDays(reader: Reader, agencyId: string): Promise<CountedDays | null> {
  const [progress] = await reader.rows<Progress>(
    `SELECT a.timeZone, p.timeZone AS countedZone, p.firstDay, p.countedUntil, p.countedHours, p.version
FROM agencies a LEFT JOIN call_sum_progress p ON p.agencyId = a.id WHERE a.id = ?`,
    [agencyId],
  );
  if (!progress) return null;
  const { timeZone, countedZone, firstDay: since, countedUntil: until, version } = progress;
  if (since === null || until === null || countedZone !== timeZone)
    return { ...NONE, timeZone, signature: timeZone };
  const hours = progress.countedHours ?? 0;
  const late = await reader.rows<{ id: string; startAt: RawDate }>(
    'SELECT id, startAt FROM late_call_changes WHERE agencyId = ? AND startAt >= ? AND startAt < ? ORDER BY startAt LIMIT ?',
    [agencyId, startOfDay(since, timeZone), hourSpan(until, hours, timeZone).start, MAX_LATE],
  );
  const signature = JSON.stringify([timeZone, version, late.map(({ id }) => id).sort()]);
  if (late.length === MAX_LATE) return { ...NONE, timeZone, signature };
  const [changed, changedHours] = [new Set<Day>(), new Set<number>()];
  for (const { startAt } of late) {
    const day = dayOf(dateOf(startAt), timeZone);
    if (day < until) changed.add(day);
    else changedHours.add(hourOf(dateOf(startAt), until, timeZone));
  }
  return { timeZone, since, until, hours, changed, changedHours, signature };
}

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
