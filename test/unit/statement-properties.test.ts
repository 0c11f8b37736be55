import fc from 'fast-check';
import { boundsOf } from '../../src/billing/period';
import type { CallGroup } from '../../src/billing/period-calls';
import { changeOfCosts, costsOf, sumOfCosts, type PeriodCosts } from '../../src/billing/period-costs';
import type { RateRow } from '../../src/billing/rate.entity';
import { billedSeconds } from '../../src/billing/rating';
import { readLines, stateLines, sumUp } from '../../src/billing/statement-form';
import { changesOf, keyOf, linesOf, type Line } from '../../src/billing/statement-lines';
import type { KeySource } from '../../src/keys/chain';
import { dayAfter, endOfDay, startOfDay } from '../../src/platform/calendar';
import { runs } from '../properties';

const SOURCES = ['AGENCY', 'CLIENT'] as const;

const rates = fc.array(
  fc.record({
    priceMicros: fc.integer({ min: 0, max: 10_000_000 }),
    firstIncrementSeconds: fc.integer({ min: 1, max: 90 }),
    incrementSeconds: fc.integer({ min: 1, max: 90 }),
  }),
  { minLength: 1, maxLength: 4 },
);
const call = fc.record({
  rate: fc.nat(4),
  source: fc.constantFrom<KeySource>(...SOURCES),
  durationMs: fc.integer({ min: 0, max: 4_000_000 }),
  costMicros: fc.integer({ min: 0, max: 5_000_000 }),
});

function rowsOf(
  made: readonly Pick<RateRow, 'priceMicros' | 'firstIncrementSeconds' | 'incrementSeconds'>[],
  currency: string,
) {
  const place = { agencyId: '', clientId: null, keySource: 'AGENCY' as const, currency };
  const times = { validFrom: new Date(0), createdAt: new Date(0) };
  return new Map(
    made.map((rate, index) => [String(index), { ...rate, ...place, ...times, id: String(index) }]),
  );
}

interface Call {
  readonly rate: number;
  readonly source: KeySource;
  readonly durationMs: number;
  readonly costMicros: number;
}

/** What the database answers of one call alone. A rate that is not there stands for none. */
function groupOf(
  { rate, source, durationMs, costMicros }: Call,
  known: ReadonlyMap<string, RateRow>,
): CallGroup {
  return {
    keySource: source,
    rateId: known.has(String(rate)) ? String(rate) : null,
    bearer: source,
    currency: 'USD',
    roundedMs: Math.ceil(durationMs / 1000) * 1000,
    calls: 1,
    callsOfUnknownCost: 0,
    callsOfUnknownDuration: 0,
    costMicros: BigInt(costMicros),
  };
}

const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

test('the lines sum to the total, and the calls to their line', () => {
  const currencies = fc.constantFrom('USD', 'JPY', 'KWD');
  const calls = fc.array(call, { maxLength: 12 });
  const property = fc.property(rates, calls, currencies, (made, placed, currency) => {
    const known = rowsOf(made, currency);
    const groups = placed.map((each) => groupOf(each, known));
    const lines = linesOf(groups, known);
    const stated = stateLines(
      lines.map((line) => ({ ...line, adjusts: null })),
      known,
      currency,
    );
    const { total } = sumUp(stated, currency, [{ ...costsOf(groups), adjusts: null }]);
    const areSums = lines.map((line) => {
      const rate = known.get(line.rateId ?? '');
      const own = groups.filter((group) => keyOf(group) === keyOf(line));
      const weights = own.map(({ roundedMs }) => BigInt(rate ? billedSeconds(roundedMs, rate) : 0));
      return sum(weights) === BigInt(line.billedSeconds);
    });
    const isWhole = sum(lines.map(({ units }) => units)) === BigInt(total.amount.replace('.', ''));
    const isRead = readLines(stated).every(({ units }, index) => units === lines[index]?.units);
    return isWhole && isRead && areSums.every(Boolean);
  });
  fc.assert(property, runs(100_000));
});

test('whatever is corrected and billed again and again, all statements together are what is known last', () => {
  const calls = fc.array(call, { maxLength: 6 });
  const property = fc.property(rates, fc.array(calls, { minLength: 1, maxLength: 5 }), (made, versions) => {
    const known = rowsOf(made, 'USD');
    const groups = versions.map((placed) => placed.map((each) => groupOf(each, known)));
    const states = groups.map((each) => linesOf(each, known));
    const costs = groups.map(costsOf);
    const stated = costs.reduce<PeriodCosts[]>((before, now) => [...before, changeOfCosts(now, before)], []);
    const usd = (all: readonly PeriodCosts[], account: 'ofAgency' | 'ofClient') =>
      sumOfCosts(all.map((each) => each[account])).get('USD') ?? 0n;
    const isCostBilled = (['ofAgency', 'ofClient'] as const).every(
      (account) => usd(stated, account) === usd(costs.slice(-1), account),
    );
    const billed = states.reduce<Line[]>((before, now) => [...before, ...changesOf(now, before)], []);
    const last = states.at(-1) ?? [];
    return (
      isCostBilled &&
      changesOf(last, billed).length === 0 &&
      sum(billed.map(({ units }) => units)) === sum(last.map(({ units }) => units))
    );
  });
  fc.assert(property, runs(20_000));
});

/** Each with a day around which its clocks do something odd, e.g. one of 23.5 hours, or that is not there. */
const ODD: readonly (readonly [zone: string, day: string])[] = [
  ['UTC', '2026-02-28'],
  ['Europe/Berlin', '2026-03-29'],
  ['Europe/London', '2026-10-25'],
  ['America/New_York', '2026-11-01'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['America/St_Johns', '2026-03-08'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Pacific/Apia', '2011-12-30'],
  ['Pacific/Chatham', '2026-04-05'],
  ['Asia/Kathmandu', '2026-01-01'],
  ['Africa/Cairo', '2026-04-24'],
  ['Asia/Amman', '2022-10-28'],
];

test('any partition of a period sums to the whole, and a change of owner splits it exactly', () => {
  const arbitrary = fc.record({
    odd: fc.constantFrom(...ODD),
    before: fc.nat(6),
    lengths: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 }),
    // Parts of the whole period: many calls start at its edges.
    starts: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), call), {
      maxLength: 20,
    }),
    made: rates,
    changeAt: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const property = fc.property(arbitrary, ({ odd: [zone, day], before, lengths, starts, made, changeAt }) => {
    const known = rowsOf(made, 'USD');
    const from = dayAfter(day, -before);
    const days = lengths.reduce((total, length) => total + length, 0);
    const whole = boundsOf({ from, to: dayAfter(from, days - 1) }, zone, []);
    const at = (share: number) =>
      whole.startsAt.getTime() + Math.floor(share * (whole.endsAt.getTime() - whole.startsAt.getTime()));
    const edges = Array.from({ length: days }, (_, index) =>
      startOfDay(dayAfter(from, index), zone).getTime(),
    );
    const change = at(changeAt);
    const random = starts.map(([share, each]) => ({ time: at(share), each }));
    // Also one at the very edge of each day, and one a millisecond before.
    const atEdges = edges.flatMap((edge, index) =>
      [edge, edge - 1].map((time) => ({ time, each: starts[index % (starts.length || 1)]?.[1] })),
    );
    const placed = [...random, ...atEdges].flatMap(({ time, each }) =>
      each ? [{ time, each: { ...each, source: SOURCES[Number(time < change)] ?? 'AGENCY' } }] : [],
    );
    const linesIn = (starts: number, ends: number) =>
      linesOf(
        placed.filter(({ time }) => starts <= time && time < ends).map(({ each }) => groupOf(each, known)),
        known,
      );
    const costIn = (starts: number, ends: number) =>
      sum(
        placed.filter(({ time }) => starts <= time && time < ends).map(({ each }) => BigInt(each.costMicros)),
      );
    let first = from;
    const parts = lengths.map((length) => {
      const bounds = boundsOf({ from: first, to: dayAfter(first, length - 1) }, zone, []);
      first = dayAfter(first, length);
      return [bounds.startsAt.getTime(), bounds.endsAt.getTime()] as const;
    });
    const all = [whole.startsAt.getTime(), whole.endsAt.getTime()] as const;
    const count = (lines: ReturnType<typeof linesOf>) => [
      lines.reduce((total, { calls }) => total + calls, 0),
      lines.reduce((total, line) => total + line.billedSeconds, 0),
    ];
    const isSum = String(count(linesIn(...all))) === String(count(parts.flatMap((part) => linesIn(...part))));
    const isCost = costIn(...all) === sum(parts.map((part) => costIn(...part)));
    const halves = [...linesIn(all[0], change), ...linesIn(change, all[1])];
    const isSplit = changesOf(linesIn(...all), halves).every(
      ({ calls, billedSeconds: seconds }) => calls === 0 && seconds === 0,
    );
    const isClosed = parts.at(-1)?.[1] === endOfDay(dayAfter(from, days - 1), zone).getTime();
    return isSum && isCost && isSplit && isClosed;
  });
  fc.assert(property, runs(10_000));
});
