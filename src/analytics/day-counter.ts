import { COUNTED_AFTER_MS } from '../calls/late-change';
import type { Database } from '../database/database';
import type { Lease } from '../database/lease';
import { dateOf, placeholders, type RawDate } from '../database/raw';
import { ConcurrentChange } from '../database/repetition';
import type { Reader, Transaction } from '../database/transaction';
import { dayAfter, dayOf, endOfDay, mondayOf, startOfDay, type Day } from '../platform/calendar';
import type { CallSumProgressRow } from './call-sum-progress.entity';
import type { CallSumRow, SumLevel } from './call-sum.entity';
import { hourOf, hourSpan, type Instants } from './hours';
import { DIMENSIONS, sumsOfCalls, type SumRow } from './statements';

/** So many rows are inserted by one statement, or removed. */
const BATCH = 200;

/** One sum of an hour is told from those of other hours of its day by numbers that are so far apart. */
const ORDINALS_OF_HOUR = 10_000_000;

export type Progress = Omit<CallSumProgressRow, 'updatedAt'>;

/** A day, or an hour of the day that is not over for long. */
export interface Unit {
  readonly day: Day;
  readonly hour: number | null;
}

/**
 * Counts a day or an hour of an agency: its sums, how far the agency is counted and the notes of late
 * changes that are counted with it are written by one transaction. A change that is committed later has a
 * note that remains.
 * Returns how far the agency is counted, or null where another instance counts.
 */
export function count(
  database: Database,
  lease: Pick<Lease, 'renew'>,
  progress: Progress,
  unit: Unit,
): Promise<Progress | null> {
  return database.write(async (tx) => {
    if (!(await lease.renew(tx))) return null;
    const { agencyId, timeZone, version, firstDay } = progress;
    const span = spanOf(unit, timeZone);
    // The notes come first: what they tell of is in the calls that are read afterwards.
    const notes = await tx.rows<{ id: string }>(
      'SELECT id FROM late_call_changes WHERE agencyId = ? AND startAt >= ? AND startAt < ?',
      [agencyId, span.start, span.until],
    );
    await storeSums(tx, progress, unit, await sumsOf(tx, agencyId, span));
    const next = { ...progress, ...reached(progress, unit), version: version + 1 };
    const row = { ...next, updatedAt: new Date() };
    if (!(await tx.updateRow('call_sum_progress', row, { agencyId, version }))) throw new ConcurrentChange();
    await removeNotes(tx, notes);
    // Days before the first one are never counted, so that nobody needs the notes of them.
    await tx.run('DELETE FROM late_call_changes WHERE agencyId = ? AND startAt < ?', [
      agencyId,
      startOfDay(firstDay, timeZone),
    ]);
    return next;
  });
}

function spanOf({ day, hour }: Unit, timeZone: string): Instants {
  return hour === null
    ? { start: startOfDay(day, timeZone), until: endOfDay(day, timeZone) }
    : hourSpan(day, hour, timeZone);
}

/** How far an agency is counted with a day or an hour. */
function reached({ countedUntil, countedHours }: Progress, { day, hour }: Unit) {
  if (day < countedUntil) return { countedUntil, countedHours };
  return hour === null
    ? { countedUntil: dayAfter(day, 1), countedHours: 0 }
    : { countedUntil, countedHours: Math.max(countedHours, hour + 1) };
}

/** Begins with an agency that has calls, or begins again in its new time zone. Returns null without calls. */
export function beginCounting(
  database: Database,
  lease: Pick<Lease, 'renew'>,
  agencyId: string,
  timeZone: string,
): Promise<Progress | null> {
  return database.write(async (tx) => {
    if (!(await lease.renew(tx))) return null;
    const [first] = await tx.rows<{ createdAt: RawDate }>(
      `SELECT createdAt FROM calls${tx.indexHint('calls_by_agency')} WHERE agencyId = ? ORDER BY id LIMIT 1`,
      [agencyId],
    );
    if (!first) return null;
    const [current] = await tx.rows<{ version: number }>(
      'SELECT version FROM call_sum_progress WHERE agencyId = ?',
      [agencyId],
    );
    const firstDay = dayOf(dateOf(first.createdAt), timeZone);
    const version = (current?.version ?? 0) + 1;
    const begun = { timeZone, firstDay, countedUntil: firstDay, countedHours: 0, version };
    const row = { ...begun, updatedAt: new Date() };
    if (current) await tx.updateRow('call_sum_progress', row, { agencyId });
    else await tx.insertRow('call_sum_progress', { agencyId, ...row });
    return { agencyId, ...begun };
  });
}

/**
 * What is counted next: a day or an hour of which a call has changed, or the first one that is over for some
 * time.
 */
export async function nextUnit(reader: Reader, progress: Progress, now: Date): Promise<Unit | null> {
  const { agencyId, timeZone, firstDay, countedUntil: day, countedHours: hour } = progress;
  const hourly = hourSpan(day, hour, timeZone);
  const [late] = await reader.rows<{ startAt: RawDate }>(
    'SELECT startAt FROM late_call_changes WHERE agencyId = ? AND startAt >= ? AND startAt < ? ORDER BY startAt LIMIT 1',
    [agencyId, startOfDay(firstDay, timeZone), hourly.start],
  );
  if (late) return unitOf(dateOf(late.startAt), progress);
  const isOver = (end: Date) => now.getTime() - end.getTime() > COUNTED_AFTER_MS;
  if (isOver(endOfDay(day, timeZone))) return { day, hour: null };
  return isOver(hourly.until) ? { day, hour } : null;
}

function unitOf(instant: Date, { timeZone, countedUntil }: Progress): Unit {
  const day = dayOf(instant, timeZone);
  return { day, hour: day < countedUntil ? null : hourOf(instant, day, timeZone) };
}

async function sumsOf(tx: Transaction, agencyId: string, { start, until }: Instants): Promise<SumRow[]> {
  const span = { segments: [{ start, period: '' }], until } as const;
  const { sql, values } = sumsOfCalls(tx, { agencyId, clientId: null, by: DIMENSIONS }, [span]);
  return tx.rows<SumRow>(sql, values);
}

type Sum = Omit<CallSumRow, 'agencyId' | 'day' | 'hour' | 'week' | 'ordinal'>;

async function storeSums(
  tx: Transaction,
  progress: Progress,
  unit: Unit,
  rows: readonly SumRow[],
): Promise<void> {
  const { agencyId } = progress;
  const { day, hour } = unit;
  const week = mondayOf(day);
  const least = hour === null ? 0 : (hour + 1) * ORDINALS_OF_HOUR;
  const ofUnit = (sum: Sum, index: number) => ({ agencyId, day, hour, week, ordinal: least + index, ...sum });
  const sums = [...added(rows, 'AGENCY').map(ofUnit), ...added(rows, 'AGENT').map(ofUnit)];
  const [replaced, values] = replacedBy(progress, unit);
  await tx.run(
    `DELETE FROM call_sums WHERE agencyId = ? AND level IN ('AGENCY', 'AGENT') AND day = ?${replaced}`,
    [agencyId, day, ...values],
  );
  for (let start = 0; start < sums.length; start += BATCH) {
    const [first, ...others] = sums.slice(start, start + BATCH);
    if (first) await tx.insertRows('call_sums', [first, ...others]);
  }
}

/** Which sums of the day go: behind the hours that are counted, there may be those of another time zone. */
function replacedBy({ countedHours }: Progress, { hour }: Unit): [sql: string, values: readonly number[]] {
  if (hour === null) return ['', []];
  return hour < countedHours ? [' AND hour = ?', [hour]] : [' AND (hour IS NULL OR hour >= ?)', [hour]];
}

/** Adds up the rows that are alike on this level; those of stray calls come apart from the others. */
function added(rows: readonly SumRow[], level: SumLevel): Sum[] {
  const found = new Map<string, Sum>();
  for (const row of rows) {
    const sum = sumOf(row, level);
    const { clientId, agentId, provider, keySource, currency } = sum;
    const key = [clientId, agentId, provider, keySource, currency].join();
    const before = found.get(key);
    found.set(key, before ? plus(before, sum) : sum);
  }
  return [...found.values()];
}

function sumOf(row: SumRow, level: SumLevel): Sum {
  return {
    level,
    clientId: level === 'AGENT' ? (row.clientId ?? null) : null,
    agentId: level === 'AGENT' ? (row.agentId ?? null) : null,
    provider: row.provider as Sum['provider'],
    keySource: (row.keySource ?? null) as Sum['keySource'],
    currency: row.currency,
    calls: Number(row.calls),
    connectedCalls: Number(row.connectedCalls),
    seconds: Number(row.seconds),
    costMicros: Number(row.costMicros),
    unknownCosts: Number(row.unknownCosts),
    unknownDurations: Number(row.unknownDurations),
  };
}

function plus(one: Sum, other: Sum): Sum {
  return {
    ...one,
    calls: one.calls + other.calls,
    connectedCalls: one.connectedCalls + other.connectedCalls,
    seconds: one.seconds + other.seconds,
    costMicros: one.costMicros + other.costMicros,
    unknownCosts: one.unknownCosts + other.unknownCosts,
    unknownDurations: one.unknownDurations + other.unknownDurations,
  };
}

async function removeNotes(tx: Transaction, notes: readonly { readonly id: string }[]): Promise<void> {
  for (let start = 0; start < notes.length; start += BATCH) {
    const ids = notes.slice(start, start + BATCH).map(({ id }) => id);
    await tx.run(`DELETE FROM late_call_changes WHERE id IN (${placeholders(ids)})`, ids);
  }
}
