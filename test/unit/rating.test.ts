import Big from 'big.js';
import fc from 'fast-check';
import { amountText, isCurrency, placesOf } from '../../src/billing/currencies';
import { amountOfLine, billedSeconds, divideRounded } from '../../src/billing/rating';
import { runs } from '../properties';

// big.js is the oracle: 1 rounds half away from zero.
const HALF_AWAY = 1;

const increments = fc.record({
  firstIncrementSeconds: fc.integer({ min: 1, max: 3600 }),
  incrementSeconds: fc.integer({ min: 1, max: 3600 }),
});
const seconds = fc.bigInt({ min: 0n, max: 10n ** 10n });
const price = fc.bigInt({ min: 0n, max: 10n ** 12n });
const places = fc.constantFrom(0, 2, 3);

test.each([
  [0, 0, '0'],
  [32_000, 36, '0.0036'],
  [57_000, 60, '0.006'],
  [75_000, 78, '0.0078'],
])('%d ms at 30/6 and 0.006 a minute: %d s, %s before rounding', (durationMs, expected, exact) => {
  const billed = billedSeconds(durationMs, { firstIncrementSeconds: 30, incrementSeconds: 6 });
  expect(billed).toBe(expected);
  // To six places the amount of a line is the exact one here.
  expect(
    Big(String(amountOfLine(BigInt(billed), 6_000n, 6)))
      .div(1_000_000)
      .eq(exact),
  ).toBe(true);
});

test('600 s at 0.05 a minute are 0.50, and a call that was never connected is nothing', () => {
  expect(amountText(amountOfLine(600n, 50_000n, 2), 'USD')).toBe('0.50');
  expect(amountText(amountOfLine(0n, 50_000n, 2), 'USD')).toBe('0.00');
});

test('a started second counts as a whole one, and a started increment as well', () => {
  const each = { firstIncrementSeconds: 1, incrementSeconds: 1 };
  expect([1, 999, 1000, 1001].map((ms) => billedSeconds(ms, each))).toEqual([1, 1, 1, 2]);
  const coarse = { firstIncrementSeconds: 60, incrementSeconds: 30 };
  expect([1, 60_000, 60_001, 90_000, 90_001].map((ms) => billedSeconds(ms, coarse))).toEqual([
    60, 60, 90, 90, 120,
  ]);
});

// Properties answer whether they hold: a million calls of `expect` would take longer than what they check.
test('billed seconds cover the call by less than an increment, for every call and rate', () => {
  const property = fc.property(fc.integer({ min: 1, max: 86_400_000 }), increments, (durationMs, rate) => {
    const billed = billedSeconds(durationMs, rate);
    const connected = Math.ceil(durationMs / 1000);
    const { firstIncrementSeconds: first, incrementSeconds: following } = rate;
    const isWhole = (billed - first) % following === 0;
    return (
      isWhole && billed >= Math.max(connected, first) && (billed === first || billed - connected < following)
    );
  });
  fc.assert(property, runs(100_000));
});

test('the amount of a line is rounded once, as the oracle rounds it', () => {
  const property = fc.property(seconds, price, places, (billed, priceMicros, to) => {
    const unit = Big(10).pow(-to);
    // The exact amount times 60, because its quotient by 60 is no decimal number.
    const exact = Big(String(billed)).times(String(priceMicros)).div(1_000_000);
    const amount = Big(String(amountOfLine(billed, priceMicros, to))).times(unit);
    const off = amount.times(60).minus(exact);
    return off.gt(unit.times(-30)) && off.lte(unit.times(30));
  });
  fc.assert(property, runs(100_000));
});

test('a half is rounded away from zero on both sides of it, as the oracle does', () => {
  const property = fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), (dividend) => {
    const expected = Big(String(dividend)).div(1000).round(0, HALF_AWAY).toFixed(0);
    return divideRounded(dividend, 1000n) === BigInt(expected);
  });
  fc.assert(property, runs(100_000));
});

test('currencies have 0, 2 or 3 places', () => {
  expect(['JPY', 'USD', 'KWD'].map(placesOf)).toEqual([0, 2, 3]);
  expect(amountText(-5n, 'USD')).toBe('-0.05');
  expect(amountText(1234n, 'KWD')).toBe('1.234');
  expect(amountText(-1234n, 'JPY')).toBe('-1234');
  for (const code of ['USD', 'EUR', 'XOF']) expect(isCurrency(code)).toBe(true);
  for (const code of ['usd', 'US', 'XAU', 'XXX', 'CLF', '']) expect(isCurrency(code)).toBe(false);
});
