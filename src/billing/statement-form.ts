import { createHash, randomBytes } from 'node:crypto';
import type { Day } from '../platform/calendar';
import type { KeySource } from '../keys/chain';
import { amountText, placesOf } from './currencies';
import { type AccountCosts, type Costs, type PeriodCosts, sumOfCosts } from './period-costs';
import type { RateRow } from './rate.entity';
import type { Line, Rates } from './statement-lines';
import { millionthsText } from '../platform/decimal';

export interface StatedMoney {
  readonly amount: string;
  readonly currency: string;
}

export interface StatedLine {
  readonly keySource: KeySource | null;
  readonly rateId: string | null;
  readonly pricePerMinute: string | null;
  readonly increments: string | null;
  /** The number of the statement that the line adjusts. */
  readonly adjusts: number | null;
  readonly calls: number;
  readonly billedSeconds: number;
  readonly amount: StatedMoney;
}

/** What providers take for the calls of the period, or more than before for those of an earlier statement. */
export interface StatedCosts {
  /** The number of the earlier statement. */
  readonly adjusts: number | null;
  readonly ofAgency: readonly StatedMoney[];
  readonly ofClient: readonly StatedMoney[];
}

export const MARGIN_REASONS = ['COST_UNKNOWN', 'CURRENCIES_DIFFER'] as const;

/** All that a statement says. */
export interface StatementForm {
  readonly agencyId: string;
  /** Statements of earlier versions lack it. */
  readonly agencyName?: string;
  readonly clientId: string;
  readonly clientName: string;
  readonly number: number | null;
  readonly from: Day;
  readonly to: Day;
  readonly timeZone: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly finalizedAt: string | null;
  readonly lines: readonly StatedLine[];
  readonly total: StatedMoney;
  /** The sums of lines in other currencies than the total, which are not converted. */
  readonly otherTotals: readonly StatedMoney[];
  /** Statements of earlier versions lack it: they have no costs but those of the period. */
  readonly costs?: readonly StatedCosts[];
  /** The sums of these costs. */
  readonly providerCosts: readonly StatedMoney[];
  readonly providerCostsOfClient: readonly StatedMoney[];
  readonly callsOfUnknownCost: number;
  /** Statements of earlier versions lack it: they did not count these calls. */
  readonly callsOfUnknownCostOfClient?: number;
  /** Calls that the lines lack seconds of. Statements of earlier versions lack it. */
  readonly callsOfUnknownDuration?: number;
  readonly margin: StatedMoney | null;
  readonly marginMissing: (typeof MARGIN_REASONS)[number] | null;
  /**
   * Random text, so that a portal user, who knows all but what the agency pays, cannot find that out by
   * trying which amount has the digest. A draft has none, and neither have statements of earlier versions.
   */
  readonly salt?: string;
}

/** Writes the canonical form: JSON without spaces, with the names of every object in their order. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`;
}

export function sha256Of(body: string): string {
  return createHash('sha256').update(body, 'utf8').digest('hex');
}

export function newSalt(): string {
  return randomBytes(16).toString('hex');
}

interface Adjusting {
  readonly adjusts: number | null;
}
type Adjusted = Line & Adjusting;

/** Writes lines as they are stated. A line without a rate is in the currency of the statement. */
export function stateLines(lines: readonly Adjusted[], rates: Rates, currency: string): StatedLine[] {
  return lines.map(({ keySource, rateId, adjusts, calls, billedSeconds, units }) => {
    const rate = rates.get(rateId ?? '');
    const stated = rate?.currency ?? currency;
    return {
      keySource,
      rateId,
      pricePerMinute: rate ? millionthsText(rate.priceMicros) : null,
      increments: rate ? `${rate.firstIncrementSeconds}/${rate.incrementSeconds}` : null,
      adjusts,
      calls,
      billedSeconds,
      amount: { amount: amountText(units, stated), currency: stated },
    };
  });
}

/** Reads lines back as they were counted. */
export function readLines(lines: readonly StatedLine[]): Adjusted[] {
  return lines.map(({ keySource, rateId, adjusts, calls, billedSeconds, amount }) => {
    const units = BigInt(amount.amount.replace('.', ''));
    return { keySource, rateId, adjusts, calls, billedSeconds, units };
  });
}

/** The currency of a statement is that of the newest rate of its lines. */
export function currencyOf(rates: Iterable<RateRow>, otherwise: string): string {
  const [newest] = [...rates].sort(
    (one, other) => other.validFrom.getTime() - one.validFrom.getTime() || (one.id < other.id ? 1 : -1),
  );
  return newest?.currency ?? otherwise;
}

type Sums = Pick<
  StatementForm,
  | 'total'
  | 'otherTotals'
  | 'costs'
  | 'providerCosts'
  | 'providerCostsOfClient'
  | 'callsOfUnknownCost'
  | 'callsOfUnknownCostOfClient'
  | 'callsOfUnknownDuration'
  | 'margin'
  | 'marginMissing'
>;

/**
 * Adds the lines and the costs up, those of the period and those that adjust earlier statements. The margin
 * is what is left of the total behind what the agency's account takes.
 */
export function sumUp(
  lines: readonly StatedLine[],
  currency: string,
  costs: readonly (PeriodCosts & Adjusting)[],
): Sums {
  const totals = totalsOf(lines, currency);
  const [total = { amount: '0', currency }, ...otherTotals] = [...totals].map(([code, units]) => ({
    amount: amountText(units, code),
    currency: code,
  }));
  const callsOfUnknownCost = costs.reduce((sum, each) => sum + each.callsOfUnknownCost, 0);
  const ofAgency = sumOfCosts(costs.map((each) => each.ofAgency));
  const isOther = [...totals.keys(), ...ofAgency.keys()].some((code) => code !== currency);
  const unknown = callsOfUnknownCost > 0 ? 'COST_UNKNOWN' : null;
  const stated = costs.map((each) => ({
    adjusts: each.adjusts,
    ofAgency: stateCosts(each.ofAgency),
    ofClient: stateCosts(each.ofClient),
  }));
  const marginMissing = isOther ? 'CURRENCIES_DIFFER' : unknown;
  const micros = (totals.get(currency) ?? 0n) * 10n ** BigInt(6 - placesOf(currency));
  const margin = micros - (ofAgency.get(currency) ?? 0n);
  return {
    total,
    otherTotals,
    costs: stated.filter((each) => each.adjusts === null || each.ofAgency.length + each.ofClient.length > 0),
    providerCosts: stateCosts(ofAgency),
    providerCostsOfClient: stateCosts(sumOfCosts(costs.map((each) => each.ofClient))),
    callsOfUnknownCost,
    callsOfUnknownCostOfClient: costs.reduce((sum, each) => sum + each.callsOfUnknownCostOfClient, 0),
    callsOfUnknownDuration: costs.reduce((sum, each) => sum + each.callsOfUnknownDuration, 0),
    margin: marginMissing === null ? { amount: signedText(margin), currency } : null,
    marginMissing,
  };
}

/** Adds lines up by their currencies, of which that of the statement is the first. */
function totalsOf(lines: readonly StatedLine[], currency: string): Map<string, bigint> {
  const totals = new Map([[currency, 0n]]);
  for (const { amount } of lines)
    totals.set(amount.currency, (totals.get(amount.currency) ?? 0n) + BigInt(amount.amount.replace('.', '')));
  return totals;
}

/** Reads costs back as they were counted. */
export function readCosts(form: StatementForm): (AccountCosts & Adjusting)[] {
  const { providerCosts: ofAgency, providerCostsOfClient: ofClient } = form;
  const costs = form.costs ?? [{ adjusts: null, ofAgency, ofClient }];
  return costs.map((each) => ({
    adjusts: each.adjusts,
    ofAgency: new Map(each.ofAgency.map(({ amount, currency }) => [currency, microsOf(amount)])),
    ofClient: new Map(each.ofClient.map(({ amount, currency }) => [currency, microsOf(amount)])),
  }));
}

/** What the agency's account takes more for the calls of earlier statements than these say. */
export function lateCostsOf(form: StatementForm): StatedMoney[] {
  const late = readCosts(form).filter(({ adjusts }) => adjusts !== null);
  return stateCosts(sumOfCosts(late.map(({ ofAgency }) => ofAgency)));
}

function microsOf(amount: string): bigint {
  const [whole = '', behind = ''] = amount.split('.');
  return BigInt(whole + behind.padEnd(6, '0'));
}

function stateCosts(costs: Costs): StatedMoney[] {
  const sorted = [...costs].sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.map(([currency, micros]) => ({ amount: signedText(micros), currency }));
}

function signedText(micros: bigint): string {
  return micros < 0n ? `-${millionthsText(-micros)}` : millionthsText(micros);
}
