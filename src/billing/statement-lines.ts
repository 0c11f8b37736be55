import type { KeySource } from '../keys/chain';
import { placesOf } from './currencies';
import type { CallGroup } from './period-calls';
import type { RateRow } from './rate.entity';
import { amountOfLine, billedSeconds } from './rating';

/** What calls on one key source and at one rate come to. `units` are the smallest ones of the currency. */
export interface Line {
  readonly keySource: KeySource | null;
  readonly rateId: string | null;
  readonly calls: number;
  readonly billedSeconds: number;
  readonly units: bigint;
}

export type Rates = ReadonlyMap<string, RateRow>;

export const keyOf = ({ keySource, rateId }: Pick<Line, 'keySource' | 'rateId'>) => `${keySource} ${rateId}`;

/** Makes a line of all calls on one key source and at one rate. Calls without a rate are charged nothing. */
export function linesOf(groups: readonly CallGroup[], rates: Rates): Line[] {
  const lines = new Map<
    string,
    { keySource: KeySource | null; rateId: string | null; calls: number; seconds: number }
  >();
  for (const group of groups) {
    const { keySource, rateId, calls, roundedMs } = group;
    const line = lines.get(keyOf(group)) ?? { keySource, rateId, calls: 0, seconds: 0 };
    const rate = rates.get(rateId ?? '');
    line.calls += calls;
    line.seconds += calls * (rate ? billedSeconds(roundedMs, rate) : 0);
    lines.set(keyOf(group), line);
  }
  const made = [...lines.values()].map(({ keySource, rateId, calls, seconds }) => {
    const rate = rates.get(rateId ?? '');
    const units = rate
      ? amountOfLine(BigInt(seconds), BigInt(rate.priceMicros), placesOf(rate.currency))
      : 0n;
    return { keySource, rateId, calls, billedSeconds: seconds, units };
  });
  return made.sort((one, other) => compare(orderOf(one), orderOf(other)));
}

// The ids of rates are in the order in which these were set.
const orderOf = ({ keySource, rateId }: Line) => `${keySource ?? '~'} ${rateId ?? '~'}`;
const compare = (one: string, other: string) => (one < other ? -1 : Number(one > other));

/** Returns what has changed in lines since they were billed: nothing for a line of which nothing has. */
export function changesOf(now: readonly Line[], billed: readonly Line[]): Line[] {
  const changes = new Map<string, Line>();
  const add = (line: Line, sign: 1 | -1) => {
    const key = keyOf(line);
    const { keySource, rateId } = line;
    const { calls, billedSeconds, units } = changes.get(key) ?? { calls: 0, billedSeconds: 0, units: 0n };
    changes.set(key, {
      ...{ keySource, rateId, calls: calls + sign * line.calls },
      billedSeconds: billedSeconds + sign * line.billedSeconds,
      units: units + BigInt(sign) * line.units,
    });
  };
  for (const line of now) add(line, 1);
  for (const line of billed) add(line, -1);
  const isAny = ({ calls, billedSeconds, units }: Line) => calls !== 0 || billedSeconds !== 0 || units !== 0n;
  const sorted = [...changes].sort(([one], [other]) => compare(one, other));
  return sorted.flatMap(([, change]) => (isAny(change) ? [change] : []));
}
