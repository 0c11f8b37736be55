import type { Reader } from '../database/transaction';
import { dateOf, type RawDate } from '../database/raw';
import { dayOf, startOfDay, type Day } from '../platform/calendar';
import { hourOf, hourSpan } from './hours';

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
