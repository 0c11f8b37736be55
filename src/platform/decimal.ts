/**
 * Exact arithmetic with numbers that came as JSON. `String` writes the shortest text that reads back as the
 * same number. Up to 15 significant digits that is the text that was sent, so that 0.1 is a tenth here, and
 * not the binary fraction beside it. What a sender has more than that is lost when the JSON is parsed, and is
 * far below what anything is rounded to.
 */
const FORM = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The result is null for anything but a finite number that is not negative. */
function fractionOf(value: unknown): Fraction | null {
  const parts = typeof value === 'number' ? FORM.exec(String(value)) : null;
  if (!parts) return null;
  const [, whole = '', behind = '', exponent = '0'] = parts;
  const power = Number(exponent) - behind.length;
  const digits = BigInt(whole + behind);
  return power < 0
    ? { numerator: digits, denominator: 10n ** BigInt(-power) }
    : { numerator: digits * 10n ** BigInt(power), denominator: 1n };
}

/**
 * Multiplies a number by a whole factor and rounds once, half away from zero, to a whole number. The result
 * is null for anything but a number from 0 on, and where it would be greater than `most`.
 */
export function wholeTimes(value: unknown, factor: number, most: number): number | null {
  const fraction = fractionOf(value);
  if (!fraction) return null;
  const { numerator, denominator } = fraction;
  const rounded = (2n * numerator * BigInt(factor) + denominator) / (2n * denominator);
  return rounded <= BigInt(most) ? Number(rounded) : null;
}

/** Writes a number without an exponent, e.g. 0.0000001. It is null in the same cases, except for `most`. */
export function plainText(value: unknown): string | null {
  const fraction = fractionOf(value);
  if (!fraction) return null;
  const { numerator, denominator } = fraction;
  return withPoint(numerator, String(denominator).length - 1);
}

/** Writes a whole number of millionths as a decimal number, without zeros at its end, e.g. 0.0725. */
export function millionthsText(millionths: number | bigint): string {
  return withPoint(BigInt(millionths), 6);
}

function withPoint(digits: bigint, places: number): string {
  const text = String(digits).padStart(places + 1, '0');
  const [whole, behind] = [text.slice(0, text.length - places), text.slice(text.length - places)];
  const kept = behind.replace(/0+$/, '');
  return kept === '' ? whole : `${whole}.${kept}`;
}
