import { noteLateCall } from '../../src/billing/late-call';
import type { Period } from '../../src/billing/period';
import { canonical, sha256Of, type StatementForm } from '../../src/billing/statement-form';
import { LateCallRow } from '../../src/billing/late-call.entity';
import { StatementRow } from '../../src/billing/statement.entity';
import type { CallRow } from '../../src/calls/call.entity';
import { dayAfter, dayOf, type Day } from '../../src/platform/calendar';
import { newId } from '../../src/platform/ids';
import { BRIGHTLINE, HARBOR } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { codes, FINALIZE, type UserErrors } from '../operations';
import { endedCall, storeCalls } from '../statements';

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
});
afterEach(() => running.close());

const SOURCES = ['AGENCY', 'CLIENT'] as const;

/** Stores calls of a minute at these times, each at a rate of its own. */
async function callsAtOwnRates(times: readonly Date[]): Promise<CallRow[]> {
  const price = { currency: 'USD', firstIncrementSeconds: 1, incrementSeconds: 1 };
  const calls = times.map((startedAt, index) => {
    const keySource = SOURCES[index % SOURCES.length] ?? null;
    return endedCall({ startedAt, keySource, rateId: newId(), durationMs: 60_000 });
  });
  const rates = calls.map(({ rateId: id, keySource, startedAt: validFrom }, index) => {
    const place = { id, agencyId: BRIGHTLINE, clientId: HARBOR, keySource, validFrom, createdAt: validFrom };
    return { ...place, ...price, priceMicros: 50_000 + index };
  });
  for (let first = 0; first < rates.length; first += 500) {
    const [one, ...others] = rates.slice(first, first + 500);
    if (one) await running.app.database.write((tx) => tx.insertRows('rates', [one, ...others]));
  }
  await storeCalls(running.app, calls);
  return calls;
}

async function finalize(period: Period): Promise<string[]> {
  const { finalizeStatement } = await running.data<{ finalizeStatement: UserErrors }>(FINALIZE, {
    input: { clientId: HARBOR, ...period },
  });
  return codes(finalizeStatement);
}

const newest = async () => {
  const rows = await running.app.database.read.find(StatementRow, { order: { number: 'DESC' }, take: 1 });
  return rows[0];
};

const DAYS = 30;
const MONTHS = 13;
const FIRST = dayAfter(dayOf(new Date(), 'UTC'), -5 - MONTHS * DAYS);
const monthOf = (index: number): Period => {
  const from = dayAfter(FIRST, index * DAYS);
  return { from, to: dayAfter(from, DAYS - 1) };
};
const noonOf = (day: Day) => new Date(`${day}T12:00:00Z`);

test('a statement of a month of daily rates for both accounts, with a dozen corrected months, is made final', async () => {
  const days = Array.from({ length: MONTHS * DAYS }, (_, index) => dayAfter(FIRST, index));
  const calls = await callsAtOwnRates(days.flatMap((day) => [noonOf(day), noonOf(day)]));
  for (let index = 0; index < MONTHS - 1; index += 1) expect(await finalize(monthOf(index))).toEqual([]);
  await running.app.database.write(async (tx) => {
    await tx.run('UPDATE calls SET durationMs = 120000', []);
    for (const call of calls) await noteLateCall(tx, call, { ...call, durationMs: 120_000 });
  });
  expect(await finalize(monthOf(MONTHS - 1))).toEqual([]);
  const row = await newest();
  const form = JSON.parse(row?.body ?? '') as StatementForm;
  expect(row?.body.length).toBeGreaterThan(100_000);
  expect([canonical(form), sha256Of(row?.body ?? '')]).toEqual([row?.body, row?.sha256]);
  expect(form.lines.filter(({ adjusts }) => adjusts === null)).toHaveLength(2 * DAYS);
  expect(form.lines.filter(({ adjusts }) => adjusts !== null)).toHaveLength(2 * DAYS * (MONTHS - 1));
  expect(await running.app.database.read.count(LateCallRow)).toBe(0);
});

test('a statement of more lines than are kept is refused as too long, and nothing of it is stored', async () => {
  const [from, middle, to] = ['2026-01-01', '2026-01-05', '2026-01-10'] as const;
  const begin = noonOf(from).getTime();
  const times = Array.from({ length: 12_500 }, (_, index) => new Date(begin + index * 60_000));
  await callsAtOwnRates(times);
  expect(await finalize({ from, to })).toEqual(['TOO_LONG input.to']);
  expect(await running.app.database.read.count(StatementRow)).toBe(0);
  expect(await finalize({ from, to: middle })).toEqual([]);
  expect(await newest()).toMatchObject({ number: 1, toDay: middle });
});
