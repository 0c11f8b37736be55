import { millionthsText, plainText, wholeTimes } from '../../src/platform/decimal';

const MOST = Number.MAX_SAFE_INTEGER;

test.each([
  [0.1, 1_000_000, 100_000],
  [0.1 + 0.2, 1_000_000, 300_000],
  [1.005, 100, 101],
  [8.2345675, 1_000_000, 8_234_568],
  [12.345, 10_000, 123_450],
  [0.00005, 10_000, 1],
  [0.00004999, 10_000, 0],
  [1e-7, 10_000_000, 1],
  [5e-324, 1_000_000, 0],
  [0, 60_000, 0],
  [-0, 60_000, 0],
  [1.0917, 60_000, 65_502],
])('%d times %d is %d, rounded once, half away from zero', (value, factor, expected) => {
  expect(wholeTimes(value, factor, MOST)).toBe(expected);
});

test('every figure of up to six places is exact, where the product of floats is not', () => {
  const off: number[] = [];
  for (let micros = 1; micros < 3_000_000; micros += 997) {
    const value = Number(millionthsText(micros));
    expect(wholeTimes(value, 1_000_000, MOST)).toBe(micros);
    if (value * 1_000_000 !== micros) off.push(micros);
  }
  expect(off.length).toBeGreaterThan(100);
});

test.each([-1, -1e-9, NaN, Infinity, 1e300, '1', null, undefined, true, 10n, {}])(
  '%p is no figure',
  (value) => {
    expect(wholeTimes(value, 1_000_000, MOST)).toBeNull();
  },
);

test('a number that would be greater than allowed is none', () => {
  expect(wholeTimes(100, 10, 1000)).toBe(1000);
  expect(wholeTimes(100.1, 10, 1000)).toBeNull();
});

test.each([
  [0.1, '0.1'],
  [12, '12'],
  [1e-7, '0.0000001'],
  [1e21, '1000000000000000000000'],
  [1.5e-8, '0.000000015'],
  [-1, null],
  ['1', null],
])('%p is written as %p', (value, text) => {
  expect(plainText(value)).toBe(text);
});

test.each([
  [0, '0'],
  [1, '0.000001'],
  [72_500, '0.0725'],
  [1_000_000, '1'],
  [12_340_000, '12.34'],
])('%d millionths are %s', (millionths, text) => {
  expect(millionthsText(millionths)).toBe(text);
});
