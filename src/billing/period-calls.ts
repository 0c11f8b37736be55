import type { Reader } from '../database/transaction';
import { leastIdOf } from '../platform/ids';
import type { KeySource } from '../keys/chain';

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
  /** Whether another account carried them than the one that the key source names. */
  readonly isOtherAccount: boolean;
  readonly currency: string | null;
  /** The connected part of each, rounded up to whole seconds. */
  readonly roundedMs: number;
  readonly calls: number;
  readonly callsOfUnknownCost: number;
  readonly costMicros: bigint;
}

type RawCount = number | string;
type RawGroup = Pick<CallGroup, 'keySource' | 'rateId' | 'currency'> &
  Readonly<Record<'isOtherAccount' | 'roundedMs' | 'calls' | 'unknownCosts' | 'costMicros', RawCount | null>>;

// `%` of whole numbers is whole on every database, which `/` is not.
const ROUNDED = 'COALESCE(durationMs, 0) + 999 - (COALESCE(durationMs, 0) + 999) % 1000';
const COUNTED = `SELECT keySource, rateId, isOtherAccount, costCurrency AS currency, ${ROUNDED} AS roundedMs,
COUNT(*) AS calls, COUNT(*) - COUNT(costMicros) AS unknownCosts, SUM(costMicros) AS costMicros FROM calls`;
const GROUPS = `GROUP BY keySource, rateId, isOtherAccount, costCurrency, roundedMs`;
/** The ids of calls that were placed by earlier versions are of about the time of the call. */
const ID_TOLERANCE_MS = 60_000;

/**
 * Counts the calls of a span in groups, by one statement and so at one instant. A call that never started at
 * its provider counts when it was placed.
 */
export async function groupCalls(read: Reader, span: CallSpan): Promise<CallGroup[]> {
  const { agencyId, clientId, startsAt, endsAt } = span;
  const from = `${COUNTED} ${read.indexHint('calls_by_start')} WHERE agencyId = ? AND clientId = ?`;
  const around = (time: Date, by: number) => leastIdOf(new Date(time.getTime() + by));
  const rows = await read.rows<RawGroup>(
    `${from} AND startedAt >= ? AND startedAt < ? ${GROUPS} UNION ALL
${from} AND startedAt IS NULL AND id >= ? AND id < ? AND createdAt >= ? AND createdAt < ? ${GROUPS}`,
    [
      ...[agencyId, clientId, startsAt, endsAt, agencyId, clientId],
      ...[around(startsAt, -ID_TOLERANCE_MS), around(endsAt, ID_TOLERANCE_MS), startsAt, endsAt],
    ],
  );
  return rows.map(({ keySource, rateId, currency, ...row }) => ({
    keySource,
    rateId,
    currency,
    isOtherAccount: Number(row.isOtherAccount) !== 0,
    roundedMs: Number(row.roundedMs),
    calls: Number(row.calls),
    callsOfUnknownCost: Number(row.unknownCosts),
    costMicros: exact(row.costMicros ?? 0),
  }));
}

/** SQLite answers a number, and MySQL a DECIMAL as text. */
function exact(sum: RawCount): bigint {
  if (typeof sum === 'number' && !Number.isSafeInteger(sum)) throw new RangeError('The sum is not exact');
  return BigInt(sum);
}
