import type { Reader } from '../database/transaction';
import { dateOf, type RawDate } from '../database/raw';
import { dayAfter, dayOf, startOfDay, type Day } from '../platform/calendar';

/** So many late changes are told apart; where there are more, no day counts. */
const MAX_LATE = 2_000;

interface Progress {
  readonly timeZone: string;
  readonly countedZone: string | null;
  readonly firstDay: string | null;
  readonly countedUntil: string | null;
  readonly version: number | null;
}

/** Which days of an agency are counted, and have not changed since. */
export interface CountedDays {
  readonly timeZone: string;
  readonly since: Day;
  readonly until: Day;
  /** Days in between of which a call has changed since they were counted. */
  readonly changed: ReadonlySet<Day>;
  /** As long as this is the same, so are the sums of these days, and the calls that they were made of. */
  readonly signature: string;
}

const NONE = { since: '', until: '', changed: new Set<Day>() };

/** Reads which days are counted. It is null for an agency that is not there. */
export async function readCountedDays(reader: Reader, agencyId: string): Promise<CountedDays | null> {
  const [progress] = await reader.rows<Progress>(
    `SELECT a.timeZone, p.timeZone AS countedZone, p.firstDay, p.countedUntil, p.version
FROM agencies a LEFT JOIN call_sum_progress p ON p.agencyId = a.id WHERE a.id = ?`,
    [agencyId],
  );
  if (!progress) return null;
  const { timeZone, countedZone, firstDay: since, countedUntil: until, version } = progress;
  if (since === null || until === null || countedZone !== timeZone)
    return { ...NONE, timeZone, signature: timeZone };
  const late = await reader.rows<{ id: string; startAt: RawDate }>(
    'SELECT id, startAt FROM late_call_changes WHERE agencyId = ? AND startAt >= ? AND startAt < ? ORDER BY startAt LIMIT ?',
    [agencyId, startOfDay(since, timeZone), startOfDay(until, timeZone), MAX_LATE],
  );
  const signature = JSON.stringify([timeZone, version, late.map(({ id }) => id).sort()]);
  if (late.length === MAX_LATE) return { ...NONE, timeZone, signature };
  const changed = new Set(late.map(({ startAt }) => dayOf(dateOf(startAt), timeZone)));
  return { timeZone, since, until, changed, signature };
}

/** Parts the days of a period into those that are counted and those whose calls have to be looked at. */
export function partDays(
  { since, until, changed }: CountedDays,
  from: Day,
  to: Day,
): { readonly counted: readonly Day[]; readonly open: readonly Day[] } {
  const [counted, open]: [Day[], Day[]] = [[], []];
  for (let day = from; day <= to; day = dayAfter(day, 1))
    (day >= since && day < until && !changed.has(day) ? counted : open).push(day);
  return { counted, open };
}
