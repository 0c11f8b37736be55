/**
 * What a call and a line of a statement cost, in whole numbers alone: prices are millionths of the currency
 * unit, amounts are its smallest units, e.g. cents. Nothing here reads anything: see `docs/billing.md`.
 */

/** `30/6` means at least 30 seconds, then each started 6 seconds. */
export interface Increments {
  readonly firstIncrementSeconds: number;
  readonly incrementSeconds: number;
}

const MICROS = 1_000_000n;
const SECONDS_PER_MINUTE = 60n;

/** Returns the seconds that are billed for the connected part of a call, which is rounded up to seconds. */
export function billedSeconds(durationMs: number, rate: Increments): number {
  if (durationMs <= 0) return 0;
  const seconds = Math.ceil(durationMs / 1000);
  const behind = Math.max(0, seconds - rate.firstIncrementSeconds);
  return rate.firstIncrementSeconds + rate.incrementSeconds * Math.ceil(behind / rate.incrementSeconds);
}

/** Returns the amount of a line in the smallest units of a currency that has `places` decimal places. */
export function amountOfLine(seconds: bigint, priceMicros: bigint, places: number): bigint {
  return divideRounded(seconds * priceMicros * 10n ** BigInt(places), SECONDS_PER_MINUTE * MICROS);
}

/** Divides and rounds once, half away from zero. The divisor is greater than 0. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const size = dividend < 0n ? -dividend : dividend;
  const rounded = (2n * size + divisor) / (2n * divisor);
  return dividend < 0n ? -rounded : rounded;
}
