import type { CallGroup } from './period-calls';

/** What providers take, by currency and in millionths. */
export type Costs = ReadonlyMap<string, bigint>;

/** What providers take for the calls of a period, by whose account carried them. */
export interface AccountCosts {
  readonly ofAgency: Costs;
  readonly ofClient: Costs;
}

export interface PeriodCosts extends AccountCosts {
  /** How many calls on the agency's account have a cost that is not known. */
  readonly callsOfUnknownCost: number;
  /** And how many on the client's own account. */
  readonly callsOfUnknownCostOfClient: number;
  /** How many calls, whoever bears their cost, are billed no seconds because their duration is not known. */
  readonly callsOfUnknownDuration: number;
}

/**
 * Adds up what providers take, by who bears it. What another client's account carried is in neither sum: that
 * client bears it.
 */
export function costsOf(groups: readonly CallGroup[]): PeriodCosts {
  const [ofAgency, ofClient] = [new Map<string, bigint>(), new Map<string, bigint>()];
  let [callsOfUnknownCost, callsOfUnknownCostOfClient] = [0, 0];
  for (const { bearer, currency, costMicros, ...group } of groups) {
    if (bearer === null) continue;
    const costs = bearer === 'AGENCY' ? ofAgency : ofClient;
    if (currency !== null) costs.set(currency, (costs.get(currency) ?? 0n) + costMicros);
    if (bearer === 'AGENCY') callsOfUnknownCost += group.callsOfUnknownCost;
    else callsOfUnknownCostOfClient += group.callsOfUnknownCost;
  }
  const callsOfUnknownDuration = groups.reduce((sum, group) => sum + group.callsOfUnknownDuration, 0);
  return { ofAgency, ofClient, callsOfUnknownCost, callsOfUnknownCostOfClient, callsOfUnknownDuration };
}

export function sumOfCosts(all: readonly Costs[]): Costs {
  const sum = new Map<string, bigint>();
  for (const costs of all)
    for (const [currency, micros] of costs) sum.set(currency, (sum.get(currency) ?? 0n) + micros);
  return sum;
}

/** Returns what has changed in the costs of a period since they were billed. */
export function changeOfCosts(now: PeriodCosts, billed: readonly AccountCosts[]): PeriodCosts {
  return {
    ...now,
    ofAgency: changed(
      now.ofAgency,
      billed.map(({ ofAgency }) => ofAgency),
    ),
    ofClient: changed(
      now.ofClient,
      billed.map(({ ofClient }) => ofClient),
    ),
  };
}

function changed(now: Costs, billed: readonly Costs[]): Costs {
  const less = new Map([...sumOfCosts(billed)].map(([currency, micros]) => [currency, -micros]));
  return new Map([...sumOfCosts([now, less])].filter(([, micros]) => micros !== 0n));
}
