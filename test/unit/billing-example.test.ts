import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Big from 'big.js';
import { amountText } from '../../src/billing/currencies';
import { amountOfLine, billedSeconds } from '../../src/billing/rating';

const page = readFileSync(join(__dirname, '../../docs/billing.md'), 'utf8').replace(/\s+/g, ' ');
const RATE = { firstIncrementSeconds: 30, incrementSeconds: 6 };
const PRICE_MICROS = 6_000n;

test('the worked example of docs/billing.md is what the code computes', () => {
  const rows = [...page.matchAll(/\| (\d+) ms \| (\d+) \| ([\d.]+) \|/g)].map(([, ms, seconds, exact]) => ({
    durationMs: Number(ms),
    seconds: Number(seconds),
    exact: exact ?? '',
  }));
  expect(rows).toHaveLength(6);
  for (const { durationMs, seconds, exact } of rows) {
    expect(billedSeconds(durationMs, RATE)).toBe(seconds);
    expect(Big(seconds).times('0.006').div(60).toFixed()).toBe(exact);
  }
  const weights = rows.map(({ seconds }) => BigInt(seconds));
  const sum = weights.reduce((total, weight) => total + weight, 0n);
  const amount = amountOfLine(sum, PRICE_MICROS, 2);
  expect(page).toContain(`${rows.length} calls and ${sum} billed seconds`);
  expect(page).toContain(`**${amountText(amount, 'USD')} USD**`);
});
