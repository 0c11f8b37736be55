import type { Day } from '../platform/calendar';
import type { KeySource } from '../keys/chain';
import type { Provider } from '../providers';
import { firstDayOf, type AnalyticsInterval } from './periods';
import type { Dimension, SumRow } from './statements';

/** What the calls of a period that have something in common come to. */
export interface Bucket {
  readonly from: Day;
  readonly clientId: string | null;
  readonly agentId: string | null;
  readonly provider: Provider | null;
  readonly keySource: KeySource | null;
  readonly calls: number;
  readonly connectedCalls: number;
  readonly seconds: number;
  /** The known costs on the agency's account, in millionths of each currency. */
  readonly costs: ReadonlyMap<string, number>;
  readonly unknownCosts: number;
  readonly callsOfUnknownDuration: number;
}

type Kind = Pick<Bucket, 'from' | 'clientId' | 'agentId' | 'provider' | 'keySource'>;

/** Puts the rows of one bucket together, and the buckets into the order of their days and ids. */
export function bucketsOf(
  rows: readonly SumRow[],
  { from, interval, by }: { from: Day; interval: AnalyticsInterval; by: readonly Dimension[] },
): Bucket[] {
  const found = new Map<string, Bucket>();
  for (const row of rows) {
    const first = interval === 'TOTAL' ? from : firstDayOf(row.period, interval, from);
    const key = [first, ...by.map((name) => row[name] ?? '')].join();
    found.set(key, plus(found.get(key) ?? { ...kindOf(row, first), ...NOTHING }, row));
  }
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, bucket]) => bucket);
}

const NOTHING = {
  calls: 0,
  connectedCalls: 0,
  seconds: 0,
  costs: new Map<string, number>(),
  unknownCosts: 0,
  callsOfUnknownDuration: 0,
};

function kindOf(row: SumRow, from: Day): Kind {
  const { clientId = null, agentId = null, provider = null, keySource = null } = row;
  return {
    from,
    clientId,
    agentId,
    provider: provider as Provider | null,
    keySource: keySource as KeySource | null,
  };
}

function plus(bucket: Bucket, row: SumRow): Bucket {
  const costs = new Map(bucket.costs);
  if (row.currency !== null) costs.set(row.currency, (costs.get(row.currency) ?? 0) + Number(row.costMicros));
  return {
    ...bucket,
    calls: bucket.calls + Number(row.calls),
    connectedCalls: bucket.connectedCalls + Number(row.connectedCalls),
    seconds: bucket.seconds + Number(row.seconds),
    costs,
    unknownCosts: bucket.unknownCosts + Number(row.unknownCosts),
    callsOfUnknownDuration: bucket.callsOfUnknownDuration + Number(row.unknownDurations),
  };
}
