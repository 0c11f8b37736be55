import { COUNTED_AFTER_MS } from '../calls/late-change';
import type { Database } from '../database/database';
import type { Lease } from '../database/lease';
import { dateOf, placeholders, type RawDate } from '../database/raw';
import { ConcurrentChange } from '../database/repetition';
import type { Reader, Transaction } from '../database/transaction';
import { dayAfter, dayOf, endOfDay, mondayOf, startOfDay, type Day } from '../platform/calendar';
import type { CallSumProgressRow, CallSumRow, SumLevel } from './call-sum.entity';
import { spanOf } from './periods';
import { DIMENSIONS, sumsOfCalls, type SumRow } from './statements';

/** So many rows are inserted by one statement, or removed. */
const BATCH = 200;

export type Progress = Omit<CallSumProgressRow, 'updatedAt'>;

/**
 * Counts a day of an agency: its sums, how far the agency is counted and the notes of late changes that are
 * counted with it are written by one transaction. A change that is committed later has a note that remains.
 * Returns how far the agency is counted, or null where another instance counts.
 */
export function countDay(
  database: Database,
  lease: Lease,
  progress: Progress,
  day: Day,
): Promise<Progress | null> {
  return database.write(async (tx) => {
    if (!(await lease.renew(tx))) return null;
    const { agencyId, timeZone, version, firstDay, countedUntil } = progress;
    // The notes come first: what they tell of is in the calls that are read afterwards.
    const notes = await tx.rows<{ id: string }>(
      'SELECT id FROM late_call_changes WHERE agencyId = ? AND startAt >= ? AND startAt < ?',
      [agencyId, startOfDay(day, timeZone), endOfDay(day, timeZone)],
    );
    await storeSums(tx, agencyId, day, await sumsOf(tx, agencyId, day, timeZone));
    const until = day < countedUntil ? countedUntil : dayAfter(day, 1);
    const next = { countedUntil: until, version: version + 1, updatedAt: new Date() };
    if (!(await tx.updateRow('call_sum_progress', next, { agencyId, version }))) throw new ConcurrentChange();
    await removeNotes(tx, notes);
    // Days before the first one are never counted, so that nobody needs the notes of them.
    await tx.run('DELETE FROM late_call_changes WHERE agencyId = ? AND startAt < ?', [
      agencyId,
      startOfDay(firstDay, timeZone),
    ]);
    return { ...progress, countedUntil: until, version: version + 1 };
  });
}

/** Begins with an agency that has calls, or begins again in its new time zone. Returns null without calls. */
export function beginCounting(
  database: Database,
  lease: Lease,
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
    const begun = { timeZone, firstDay, countedUntil: firstDay, version, updatedAt: new Date() };
    if (current) await tx.updateRow('call_sum_progress', begun, { agencyId });
    else await tx.insertRow('call_sum_progress', { agencyId, ...begun });
    return { agencyId, timeZone, firstDay, countedUntil: firstDay, version };
  });
}

/** The day that is counted next: one of which a call has changed, or the first one that is over for long. */
export async function nextDay(reader: Reader, progress: Progress, now: Date): Promise<Day | null> {
  const { agencyId, timeZone, firstDay, countedUntil } = progress;
  const [late] = await reader.rows<{ startAt: RawDate }>(
    'SELECT startAt FROM late_call_changes WHERE agencyId = ? AND startAt >= ? AND startAt < ? ORDER BY startAt LIMIT 1',
    [agencyId, startOfDay(firstDay, timeZone), startOfDay(countedUntil, timeZone)],
  );
  if (late) return dayOf(dateOf(late.startAt), timeZone);
  const isOver = now.getTime() - endOfDay(countedUntil, timeZone).getTime() > COUNTED_AFTER_MS;
  return isOver ? countedUntil : null;
}

async function sumsOf(tx: Transaction, agencyId: string, day: Day, timeZone: string): Promise<SumRow[]> {
  const span = spanOf([day], 'DAY', timeZone);
  const { sql, values } = sumsOfCalls(tx, { agencyId, clientId: null, by: DIMENSIONS }, [span]);
  return tx.rows<SumRow>(sql, values);
}

type Sum = Omit<CallSumRow, 'agencyId' | 'day' | 'week' | 'ordinal'>;

async function storeSums(
  tx: Transaction,
  agencyId: string,
  day: Day,
  rows: readonly SumRow[],
): Promise<void> {
  const week = mondayOf(day);
  const ofDay = (sum: Sum, ordinal: number) => ({ agencyId, day, week, ordinal, ...sum });
  const sums = [...added(rows, 'AGENCY').map(ofDay), ...added(rows, 'AGENT').map(ofDay)];
  await tx.run("DELETE FROM call_sums WHERE agencyId = ? AND level IN ('AGENCY', 'AGENT') AND day = ?", [
    agencyId,
    day,
  ]);
  for (let start = 0; start < sums.length; start += BATCH) {
    const [first, ...others] = sums.slice(start, start + BATCH);
    if (first) await tx.insertRows('call_sums', [first, ...others]);
  }
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
  };
}

async function removeNotes(tx: Transaction, notes: readonly { readonly id: string }[]): Promise<void> {
  for (let start = 0; start < notes.length; start += BATCH) {
    const ids = notes.slice(start, start + BATCH).map(({ id }) => id);
    await tx.run(`DELETE FROM late_call_changes WHERE id IN (${placeholders(ids)})`, ids);
  }
}
