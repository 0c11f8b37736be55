import { BEARER } from '../billing/period-calls';
import { STRAY_AFTER_MS } from '../calls/late-change';
import { placeholders } from '../database/raw';
import type { Reader } from '../database/transaction';
import { leastIdOf } from '../platform/ids';
import { PERIOD_OF_SUM, type AnalyticsInterval, type Segment, type Span } from './periods';
import type { SumLevel } from './call-sum.entity';

export const DIMENSIONS = ['clientId', 'agentId', 'provider', 'keySource'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** A row of sums. The columns by which nobody asked are missing; MySQL gives sums as text. */
export interface SumRow {
  readonly period: string;
  readonly clientId?: string | null;
  readonly agentId?: string | null;
  readonly provider?: string;
  readonly keySource?: string | null;
  readonly currency: string | null;
  readonly calls: number | string;
  readonly connectedCalls: number | string;
  readonly seconds: number | string;
  readonly costMicros: number | string;
  readonly unknownCosts: number | string;
  readonly unknownDurations: number | string;
}

export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** Whose calls are summed up, and by what. */
export interface Scope {
  readonly agencyId: string;
  readonly clientId: string | null;
  readonly by: readonly Dimension[];
}

const START = 'COALESCE(c.startedAt, c.createdAt)';
const ON_AGENCYS_ACCOUNT = `${BEARER} = 'AGENCY'`;
const IS_KNOWN = `${ON_AGENCYS_ACCOUNT} AND c.costStatus = 'KNOWN'`;
// Whole seconds of each call, rounded up, so that the parts of a period sum to the whole.
const SECONDS = '(c.durationMs + 999 - (c.durationMs + 999) % 1000) / 1000';
const SUM_OF_SECONDS = `SUM(CASE WHEN c.durationMs > 0 THEN ${SECONDS} ELSE 0 END)`;
const UNKNOWN_DURATIONS = 'COUNT(*) - COUNT(c.durationMs) AS unknownDurations';
const SUMS_OF_CALLS = `CASE WHEN ${IS_KNOWN} THEN c.costCurrency END AS currency, COUNT(*) AS calls,
SUM(CASE WHEN c.durationMs > 0 THEN 1 ELSE 0 END) AS connectedCalls,
${SUM_OF_SECONDS} AS seconds,
SUM(CASE WHEN ${IS_KNOWN} THEN c.costMicros ELSE 0 END) AS costMicros,
SUM(CASE WHEN ${ON_AGENCYS_ACCOUNT} AND c.costStatus <> 'KNOWN' THEN 1 ELSE 0 END) AS unknownCosts, ${UNKNOWN_DURATIONS}`;
const SUMS_OF_SUMS = `SUM(s.calls) AS calls, SUM(s.connectedCalls) AS connectedCalls, SUM(s.seconds) AS seconds,
SUM(s.costMicros) AS costMicros, SUM(s.unknownCosts) AS unknownCosts,
SUM(s.unknownDurations) AS unknownDurations`;

/** The ids of calls are of about the time at which they were recorded. */
const ID_TOLERANCE_MS = STRAY_AFTER_MS + 5 * 60_000;

/** Sums up the calls that started in these spans, of which there is at least one. */
export function sumsOfCalls(reader: Reader, scope: Scope, spans: readonly Span[]): Statement {
  const parts = spans.flatMap((span) => [ofRecorded(reader, scope, span), ofStray(scope, span)]);
  return {
    sql: parts.map(({ sql }) => sql).join('\nUNION ALL\n'),
    values: parts.flatMap((part) => part.values),
  };
}

function ofRecorded(reader: Reader, scope: Scope, span: Span): Statement {
  const index = reader.indexHint(scope.clientId === null ? 'calls_by_agency' : 'calls_by_client');
  const period = periodIn(span.segments);
  const [own, ofClient] = ofScope('c', scope);
  const [since, until] = boundsOf(span);
  return {
    sql: `SELECT ${period.sql} AS period, ${columns('c', scope)}${SUMS_OF_CALLS} FROM calls c${index}
WHERE ${own} AND c.id >= ? AND c.id < ? AND ${START} >= ? AND ${START} < ? GROUP BY ${groups(scope)}`,
    values: [...period.values, ...ofClient, ...idsOf(span), since, until],
  };
}

// Those that the ids of the span lead to are found already.
function ofStray(scope: Scope, span: Span): Statement {
  const period = periodIn(span.segments);
  const [own, ofClient] = ofScope('c', scope);
  const [since, until] = boundsOf(span);
  return {
    sql: `SELECT ${period.sql} AS period, ${columns('c', scope)}${SUMS_OF_CALLS} FROM stray_calls s
JOIN calls c ON c.id = s.callId WHERE s.agencyId = ? AND s.startAt >= ? AND s.startAt < ? AND ${own}
AND (c.id < ? OR c.id >= ?) GROUP BY ${groups(scope)}`,
    values: [...period.values, scope.agencyId, since, until, ...ofClient, ...idsOf(span)],
  };
}

/** Whose account carried calls at a provider; a client stands for its calls alone. */
export interface Paid {
  readonly agencyId: string;
  readonly clientId: string | null;
  readonly provider: string;
  readonly keySource: string | null;
}

/** Sums up what the calls of a span came to that one account carried, whether or not that is the agency's. */
export function callsOf(reader: Reader, { keySource, provider, ...scope }: Paid, span: Span): Statement {
  const [own, ofClient] = ofScope('c', { ...scope, by: [] });
  const index = reader.indexHint(scope.clientId === null ? 'calls_by_agency' : 'calls_by_client');
  const source = keySource === null ? 'c.keySource IS NULL' : 'c.keySource = ?';
  const paid = `${own} AND c.provider = ? AND ${source} AND c.isOtherAccount = 0`;
  const values = [...ofClient, provider, ...(keySource === null ? [] : [keySource])];
  const sums = `SELECT CASE WHEN c.costStatus = 'KNOWN' THEN c.costCurrency END AS currency,
${SUM_OF_SECONDS} AS seconds, SUM(CASE WHEN c.costStatus = 'KNOWN' THEN c.costMicros ELSE 0 END) AS costMicros,
SUM(CASE WHEN c.costStatus <> 'KNOWN' THEN 1 ELSE 0 END) AS unknownCosts, ${UNKNOWN_DURATIONS}`;
  return {
    sql: `${sums} FROM calls c${index} WHERE ${paid} AND c.id >= ? AND c.id < ? AND ${START} >= ? AND ${START} < ? GROUP BY 1
UNION ALL
${sums} FROM stray_calls s JOIN calls c ON c.id = s.callId
WHERE s.agencyId = ? AND s.startAt >= ? AND s.startAt < ? AND ${paid} AND (c.id < ? OR c.id >= ?) GROUP BY 1`,
    values: [
      ...[...values, ...idsOf(span), ...boundsOf(span)],
      ...[scope.agencyId, ...boundsOf(span), ...values, ...idsOf(span)],
    ],
  };
}

/** Days from one on and before another, without some of them, and without some hours of one of them. */
interface SummedDays {
  readonly since: string;
  readonly until: string;
  readonly without: readonly string[];
  readonly withoutHours: { readonly day: string; readonly hours: readonly number[] };
}

/** Sums up the sums of days. */
export function sumsOfSums(
  reader: Reader,
  scope: Scope,
  interval: AnalyticsInterval,
  days: SummedDays,
): Statement {
  const level: SumLevel =
    scope.clientId === null && !scope.by.some((each) => each === 'clientId' || each === 'agentId')
      ? 'AGENCY'
      : 'AGENT';
  const [own, ofClient] = ofScope('s', scope);
  const index = scope.clientId === null ? '' : reader.indexHint('call_sums_by_client');
  const { without, withoutHours } = days;
  const notDays = without.length > 0 ? ` AND s.day NOT IN (${placeholders(without)})` : '';
  const { day, hours } = withoutHours;
  const notHours = hours.length > 0 ? ` AND NOT (s.day = ? AND s.hour IN (${placeholders(hours)}))` : '';
  return {
    sql: `SELECT ${PERIOD_OF_SUM[interval]} AS period, ${columns('s', scope)}s.currency AS currency, ${SUMS_OF_SUMS}
FROM call_sums s${index} WHERE ${own} AND s.level = ? AND s.day >= ? AND s.day < ?${notDays}${notHours} GROUP BY ${groups(scope)}`,
    values: [
      ...[...ofClient, level, days.since, days.until, ...without],
      ...(hours.length > 0 ? [day, ...hours] : []),
    ],
  };
}

function ofScope(table: string, { agencyId, clientId }: Scope): [sql: string, values: string[]] {
  if (clientId === null) return [`${table}.agencyId = ?`, [agencyId]];
  return [`${table}.agencyId = ? AND ${table}.clientId = ?`, [agencyId, clientId]];
}

const columns = (table: string, { by }: Scope) => by.map((name) => `${table}.${name} AS ${name}, `).join('');
const groups = ({ by }: Scope) =>
  Array.from({ length: by.length + 2 }, (_each, index) => index + 1).join(', ');

const boundsOf = ({ segments: [{ start }], until }: Span): [Date, Date] => [start, until];
const idsOf = ({ segments: [{ start }], until }: Span): [string, string] => [
  leastIdOf(new Date(start.getTime() - ID_TOLERANCE_MS)),
  leastIdOf(new Date(until.getTime() + ID_TOLERANCE_MS)),
];

/** Finds the segment in which a call started, by halves. */
function periodIn(segments: readonly Segment[]): Statement {
  const middle = segments[Math.floor(segments.length / 2)];
  if (segments.length < 2 || !middle) return { sql: '?', values: [segments[0]?.period ?? ''] };
  const index = segments.indexOf(middle);
  const [before, after] = [periodIn(segments.slice(0, index)), periodIn(segments.slice(index))];
  return {
    sql: `CASE WHEN ${START} < ? THEN ${before.sql} ELSE ${after.sql} END`,
    values: [middle.start, ...before.values, ...after.values],
  };
}
