import type { Reader } from '../database/transaction';
import { leastIdOf } from '../platform/ids';
import type { KeySource } from '../keys/chain';
import type { RateRow } from './rate.entity';

/** The calls of a client that started in a span: from the first instant on, and before the second. */
export interface CallSpan {
  readonly agencyId: string;
  readonly clientId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/** Calls of a period that are alike in all that counts. */
export interface CallGroup {
  readonly keySource: KeySource | null;
  readonly rateId: string | null;
  /** Whose account carried them, and bears their cost. It is null where that is another client's. */
  readonly bearer: KeySource | null;
  readonly currency: string | null;
  /** The connected part of each, rounded up to whole seconds. */
  readonly roundedMs: number;
  readonly calls: number;
  readonly callsOfUnknownCost: number;
  readonly callsOfUnknownDuration: number;
  readonly costMicros: bigint;
}

type RawCount = number | string;
type RawGroup = Pick<CallGroup, 'keySource' | 'rateId' | 'bearer' | 'currency'> &
  Readonly<
    Record<'roundedMs' | 'calls' | 'unknownCosts' | 'unknownDurations' | 'costMicros', RawCount | null>
  >;

/**
 * The SQL of who bears the cost of calls `c`: the owner of the account that carried them, which may be
 * another one than their receipts name.
 */
export const BEARER = `CASE WHEN c.isOtherAccount = 0 THEN c.keySource
WHEN c.otherOwnerId = c.agencyId THEN 'AGENCY' WHEN c.otherOwnerId = c.clientId THEN 'CLIENT' END`;
// `%` of whole numbers is whole on every database, which `/` is not.
const ROUNDED = 'COALESCE(c.durationMs, 0) + 999 - (COALESCE(c.durationMs, 0) + 999) % 1000';
const COUNTED = `SELECT c.keySource, c.rateId, ${BEARER} AS bearer, c.costCurrency AS currency, ${ROUNDED} AS roundedMs,
COUNT(*) AS calls, COUNT(*) - COUNT(c.costMicros) AS unknownCosts,
COUNT(*) - COUNT(c.durationMs) AS unknownDurations, SUM(c.costMicros) AS costMicros FROM calls c`;
const GROUPS = `GROUP BY 1, 2, 3, 4, 5`;
/** The ids of calls that were placed by earlier versions are of about the time of the call. */
const ID_TOLERANCE_MS = 60_000;

/**
 * Counts the calls of a span in groups, by one statement and so at one instant. A call that never started at
 * its provider counts when it was placed.
 */
export async function groupCalls(read: Reader, span: CallSpan): Promise<CallGroup[]> {
  const { agencyId, clientId, startsAt, endsAt } = span;
  const from = `${COUNTED} ${read.indexHint('calls_by_start')} WHERE c.agencyId = ? AND c.clientId = ?`;
  const around = (time: Date, by: number) => leastIdOf(new Date(time.getTime() + by));
  const rows = await read.rows<RawGroup>(
    `${from} AND c.startedAt >= ? AND c.startedAt < ? ${GROUPS} UNION ALL
${from} AND c.startedAt IS NULL AND c.id >= ? AND c.id < ? AND c.createdAt >= ? AND c.createdAt < ? ${GROUPS}`,
    [
      ...[agencyId, clientId, startsAt, endsAt, agencyId, clientId],
      ...[around(startsAt, -ID_TOLERANCE_MS), around(endsAt, ID_TOLERANCE_MS), startsAt, endsAt],
    ],
  );
  return rows.map(({ keySource, rateId, bearer, currency, ...row }) => ({
    keySource,
    rateId,
    bearer,
    currency,
    roundedMs: Number(row.roundedMs),
    calls: Number(row.calls),
    callsOfUnknownCost: Number(row.unknownCosts),
    callsOfUnknownDuration: Number(row.unknownDurations),
    costMicros: exact(row.costMicros ?? 0),
  }));
}

/** What starts at the provider a little earlier than it was resolved has the rate that was valid then. */
const START_TOLERANCE_MS = 24 * 60 * 60 * 1000;

/**
 * Tells whether any call of a client has a rate, so that a statement has a line of it. Only the calls from
 * when the rate was valid on are looked at, up to the first one that has it.
 */
export async function hasCallAt(read: Reader, clientId: string, rate: RateRow): Promise<boolean> {
  const calls = `SELECT c.id FROM calls c ${read.indexHint('calls_by_start')} WHERE c.agencyId = ? AND c.clientId = ?`;
  const since = new Date(rate.validFrom.getTime() - START_TOLERANCE_MS);
  const queries = [
    [`${calls} AND c.startedAt >= ? AND c.rateId = ? ORDER BY c.startedAt LIMIT 1`, since],
    [
      `${calls} AND c.startedAt IS NULL AND c.id >= ? AND c.rateId = ? ORDER BY c.id LIMIT 1`,
      leastIdOf(since),
    ],
  ] as const;
  for (const [sql, from] of queries)
    if ((await read.rows(sql, [rate.agencyId, clientId, from, rate.id])).length > 0) return true;
  return false;
}

/** SQLite answers a number, and MySQL a DECIMAL as text. */
function exact(sum: RawCount): bigint {
  if (typeof sum === 'number' && !Number.isSafeInteger(sum)) throw new RangeError('The sum is not exact');
  return BigInt(sum);
}
