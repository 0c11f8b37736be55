import { createHash, randomBytes } from 'node:crypto';
import type { Day } from '../platform/calendar';
import type { KeySource } from '../keys/chain';
import { amountText, placesOf } from './currencies';
import type { RateRow } from './rate.entity';
import type { Costs, Line, PeriodCosts, Rates } from './statement-lines';
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
  readonly providerCosts: readonly StatedMoney[];
  readonly providerCostsOfClient: readonly StatedMoney[];
  readonly callsOfUnknownCost: number;
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

type Adjusted = Line & { readonly adjusts: number | null };

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
  | 'providerCosts'
  | 'providerCostsOfClient'
  | 'callsOfUnknownCost'
  | 'margin'
  | 'marginMissing'
>;

/**
 * Adds the lines up. The margin is what is left of the period's own lines behind what the agency's account
 * takes for the same calls: what those calls cost that adjust an earlier statement is not in `costs`.
 */
export function sumUp(lines: readonly StatedLine[], currency: string, costs: PeriodCosts): Sums {
  const totals = totalsOf(lines, currency);
  const [total = { amount: '0', currency }, ...otherTotals] = [...totals].map(([code, units]) => ({
    amount: amountText(units, code),
    currency: code,
  }));
  const { callsOfUnknownCost } = costs;
  const own = totalsOf(
    lines.filter(({ adjusts }) => adjusts === null),
    currency,
  );
  const isOther = [...own.keys(), ...costs.ofAgency.keys()].some((code) => code !== currency);
  const unknown = callsOfUnknownCost > 0 ? 'COST_UNKNOWN' : null;
  const marginMissing = isOther ? 'CURRENCIES_DIFFER' : unknown;
  const micros = (own.get(currency) ?? 0n) * 10n ** BigInt(6 - placesOf(currency));
  const margin = micros - (costs.ofAgency.get(currency) ?? 0n);
  return {
    total,
    otherTotals,
    providerCosts: stateCosts(costs.ofAgency),
    providerCostsOfClient: stateCosts(costs.ofClient),
    callsOfUnknownCost,
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

function stateCosts(costs: Costs): StatedMoney[] {
  const sorted = [...costs].sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.map(([currency, micros]) => ({ amount: signedText(micros), currency }));
}

function signedText(micros: bigint): string {
  return micros < 0n ? `-${millionthsText(-micros)}` : millionthsText(micros);
}
