import { GRAPHQL_MAX_INT } from 'graphql';
import type { TenantDatabase } from '../access/tenant-database';
import { requireAdmin } from '../access/context';
import type { Viewer } from '../access/viewer';
import { badArgument, limitExceeded } from '../graphql/errors';
import { dayAfter, DAYS, daysFromTo, FIRST_DAY, LAST_DAY, type Day } from '../platform/calendar';
import { isId } from '../platform/ids';
import { bucketsOf, type Bucket } from './buckets';
import { readCountedDays, type CountedDays } from './counted-days';
import { partDays } from './day-parts';
import { periodOf, runsOf, spanOf, type AnalyticsInterval, type Span } from './periods';
import { sumsOfCalls, sumsOfSums, type Dimension, type Scope, type SumRow } from './statements';

export interface Question {
  readonly from: Day;
  /** The last day, which is counted as well. */
  readonly to: Day;
  readonly interval: AnalyticsInterval;
  readonly by: readonly Dimension[];
  readonly clientId: string | null;
}

export const MAX_DAYS = 366;
export const MAX_BUCKETS = 10_000;
/** A bucket has a row for each currency, of calls that are counted already and of others. */
const MAX_ROWS = 4 * MAX_BUCKETS;
/** Where more spans than these have to be looked at, all calls are. */
const MAX_SPANS = 40;
/** So often the days that are counted may change while they are read. Then nothing but the calls counts. */
const ATTEMPTS = 4;

/**
 * Counts calls by the day on which they started. Days and hours that are counted already are read as sums,
 * and the calls of all others one by one, so that the answer is at every moment what the calls themselves
 * come to.
 */
export class CallAnalyticsService {
  constructor(private readonly database: Pick<TenantDatabase, 'read'>) {}

  /**
   * Throws `FORBIDDEN` for a split by key source unless the viewer is an admin, `BAD_USER_INPUT` for a period
   * that ends before it starts or is longer than 366 days, and `LIMIT_EXCEEDED` for more than 10,000 buckets.
   */
  async answer(viewer: Viewer, question: Question): Promise<Bucket[]> {
    checkPeriod(question);
    if (question.by.includes('keySource')) requireAdmin(viewer);
    const scope = scopeOf(viewer, question);
    if (scope === null) return [];
    const rows = await this.#sums(scope, question);
    const buckets = bucketsOf(rows, question);
    if (buckets.length > MAX_BUCKETS || rows.length >= MAX_ROWS)
      throw limitExceeded(
        `The answer has more than ${MAX_BUCKETS} buckets. Ask for a shorter period or longer intervals.`,
      );
    if (buckets.some(({ seconds }) => seconds > GRAPHQL_MAX_INT))
      throw limitExceeded('A bucket has too many seconds to be told. Ask for a shorter period.');
    return buckets;
  }

  async #sums(scope: Scope, question: Question): Promise<SumRow[]> {
    const { agencyId } = scope;
    let days = await readCountedDays(this.database.read, agencyId);
    for (let attempt = 0; days !== null && attempt < ATTEMPTS; attempt += 1) {
      const rows = await this.#sumsBy(days, scope, question);
      const since = await readCountedDays(this.database.read, agencyId);
      if (since?.signature === days.signature) return rows;
      days = since;
    }
    // One statement sees all calls at one moment.
    return days === null ? [] : this.#sumsBy(uncounted(days), scope, question);
  }

  async #sumsBy(days: CountedDays, scope: Scope, question: Question): Promise<SumRow[]> {
    const { from, to, interval } = question;
    const parted = partDays(days, from, to);
    const spans: Span[] = [
      ...runsOf(parted.open).map((run) => spanOf(run, interval, days.timeZone)),
      ...parted.openHours.map(({ start, until }): Span => ({
        segments: [{ start, period: periodOf(days.until, interval) }],
        until,
      })),
    ];
    if (spans.length > MAX_SPANS) return this.#sumsBy(uncounted(days), scope, question);
    const [first, last] = [parted.counted[0], parted.counted.at(-1)];
    const { read } = this.database;
    const statements = [
      ...(first && last
        ? [
            sumsOfSums(read, scope, interval, {
              since: first,
              until: dayAfter(last, 1),
              without: parted.open.filter((day) => day > first && day < last),
              withoutHours: { day: days.until, hours: parted.changedHours },
            }),
          ]
        : []),
      ...(spans.length > 0 ? [sumsOfCalls(read, scope, spans)] : []),
    ];
    const parts: SumRow[][] = [];
    for (const { sql, values } of statements)
      parts.push(await read.rows<SumRow>(`${sql} LIMIT ?`, [...values, MAX_ROWS]));
    return parts.flat();
  }
}

const uncounted = (days: CountedDays): CountedDays => ({ ...days, until: days.since, hours: 0 });

function checkPeriod({ from, to }: Question): void {
  if (from > to) throw badArgument('from', '`from` is not after `to`.');
  if (from < FIRST_DAY) throw badArgument('from', DAYS);
  if (to > LAST_DAY) throw badArgument('to', DAYS);
  if (daysFromTo(from, to) > MAX_DAYS) throw badArgument('to', `A period of at most ${MAX_DAYS} days.`);
}

/** Null where the viewer has no such client. */
function scopeOf(viewer: Viewer, { clientId, by }: Question): Scope | null {
  const isOwn = clientId === null || viewer.clientId === null || clientId === viewer.clientId;
  if (!isOwn || (clientId !== null && !isId(clientId))) return null;
  return { agencyId: viewer.agencyId, clientId: clientId ?? viewer.clientId, by };
}
