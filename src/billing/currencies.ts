/** Currencies whose smallest unit is not a hundredth, by ISO 4217. Node's own table follows custom. */
const WITHOUT_PLACES = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ');
const WITH_THREE_PLACES = 'BHD IQD JOD KWD LYD OMR TND'.split(' ');
/** Units of account with four places, which nobody pays in. */
const WITH_FOUR_PLACES = ['CLF', 'UYW'];

/** Every currency that a rate can have. Codes that begin with X are precious metals and tests, mostly. */
const KNOWN = new Set(
  Intl.supportedValuesOf('currency').filter(
    (code) => (!code.startsWith('X') || /^X(AF|CD|CG|OF|PF)$/.test(code)) && !WITH_FOUR_PLACES.includes(code),
  ),
);

export function isCurrency(code: string): boolean {
  return KNOWN.has(code);
}

/** Returns how many decimal places the amounts of a currency have: 0, 2 or 3. */
export function placesOf(currency: string): number {
  if (WITHOUT_PLACES.includes(currency)) return 0;
  return WITH_THREE_PLACES.includes(currency) ? 3 : 2;
}

/** Writes an amount of smallest units with all of the currency's places, e.g. 12.50. */
export function amountText(units: bigint, currency: string): string {
  const places = placesOf(currency);
  const digits = String(units < 0n ? -units : units).padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const sign = units < 0n ? '-' : '';
  return places === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-places)}`;
}
