import { plainText, wholeTimes } from '../platform/decimal';

/** The units in which providers state what a call costs, with the millionths of the currency in one. */
export const COST_UNITS = {
  US_DOLLAR: { currency: 'USD', millionths: 1_000_000 },
  US_CENT: { currency: 'USD', millionths: 10_000 },
} as const;
export type CostUnit = keyof typeof COST_UNITS;

/** What the provider takes for a call. */
export interface CallCost {
  /** Whole millionths of the currency unit: rounded once, half away from zero, from the figure. */
  readonly micros: number;
  readonly currency: string;
  /** The provider's own figure, in its own unit. */
  readonly figure: string;
  readonly unit: CostUnit;
}

/** The highest cost of one call that is taken for true, in millionths: a hundred thousand. */
const MOST_MICROS = 100_000 * 1_000_000;

export function readCost(value: unknown, unit: CostUnit): CallCost | null {
  const { currency, millionths } = COST_UNITS[unit];
  const micros = wholeTimes(value, millionths, MOST_MICROS);
  const figure = plainText(value);
  if (micros === null || figure === null || figure.length > FIGURE_MAX_LENGTH) return null;
  return { micros, currency, figure, unit };
}

/** A number below the highest cost is never longer than this, unless it is too small to be any cost. */
export const FIGURE_MAX_LENGTH = 32;
