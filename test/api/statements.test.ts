import { CallFactsService } from '../../src/calls/call-facts.service';
import { CallRow } from '../../src/calls/call.entity';
import type { Period } from '../../src/billing/period';
import { RateRow } from '../../src/billing/rate.entity';
import { canonical, sha256Of } from '../../src/billing/statement-form';
import { StatementRow } from '../../src/billing/statement.entity';
import { dayAfter, dayOf } from '../../src/platform/calendar';
import { newId, newIdAt } from '../../src/platform/ids';
import { tenantDatabase } from '../database';
import { BRIGHTLINE, HARBOR, MAPLE, NEVER_GIVEN_OUT, OTHER_AGENCYS_CLIENT } from '../demo-ids';
import type { Persona } from '../../src/demo/seed';
import { startTestApp, type TestApp } from '../harness';
import { codes, FINALIZE, STATEMENT, type UserErrors } from '../operations';
import { NOTHING } from '../providers/fixtures';
import { endedCall, storeCalls } from '../statements';

interface Money {
  readonly amount: string;
  readonly currency: string;
}
interface Line {
  readonly keySource: string | null;
  readonly rate: { readonly id: string } | null;
  readonly adjusts: { readonly number: string } | null;
  readonly calls: number;
  readonly billedSeconds: number;
  readonly amount: Money;
}
interface Statement {
  readonly number: string | null;
  readonly status: string;
  readonly finalFrom: string | null;
  readonly lines: readonly Line[];
  readonly total: Money;
  readonly otherTotals: readonly Money[];
  readonly providerCost: Money | null;
  readonly callsOfUnknownCost: number;
  readonly margin: Money | null;
  readonly marginMissing: string | null;
  readonly sha256: string | null;
}
type Result = UserErrors & { readonly statement: Statement | null };

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
  await running.app.database.write((tx) =>
    tx.updateRow('agencies', { timeZone: 'Europe/Berlin' }, { id: BRIGHTLINE }),
  );
});
afterEach(() => running.close());

const JANUARY = { from: '2026-01-01', to: '2026-01-31' };
const FEBRUARY = { from: '2026-02-01', to: '2026-02-28' };
const MARCH = { from: '2026-03-01', to: '2026-03-31' };

async function rate(change: Partial<RateRow> = {}): Promise<string> {
  const row: RateRow = {
    id: newId(),
    agencyId: BRIGHTLINE,
    clientId: null,
    keySource: 'AGENCY',
    priceMicros: 50_000,
    currency: 'USD',
    firstIncrementSeconds: 1,
    incrementSeconds: 1,
    validFrom: new Date('2025-01-01T00:00:00Z'),
    createdAt: new Date(),
    ...change,
  };
  await running.app.database.write((tx) => tx.insertRow('rates', row));
  return row.id;
}

const store = (...calls: (Partial<CallRow> & { readonly startedAt: Date })[]) =>
  storeCalls(running.app, calls.map(endedCall));

async function draft(period: object, clientId = HARBOR): Promise<Statement> {
  const { statement } = await running.data<{ statement: Statement }>(STATEMENT, { clientId, ...period });
  return statement;
}
async function finalize(period: object, clientId = HARBOR, app = running): Promise<Result> {
  const input = { clientId, ...period };
  const { finalizeStatement } = await app.data<{ finalizeStatement: Result }>(FINALIZE, { input });
  return finalizeStatement;
}
const final = async (period: object, clientId = HARBOR) => {
  const { statement, userErrors } = await finalize(period, clientId);
  expect(userErrors).toEqual([]);
  return statement as Statement;
};
const inShort = ({ lines }: Statement) =>
  lines.map(({ keySource, adjusts, calls, billedSeconds, amount }) =>
    [keySource, adjusts?.number ?? '', calls, billedSeconds, amount.amount].join(' '),
  );
const apply = (id: string, facts: object, knownAt = new Date()) =>
  new CallFactsService(tenantDatabase(running.app.database)).apply(
    id,
    { ...NOTHING, ...facts },
    { source: 'EVENT', knownAt },
  );
/** What a provider says late of a call. */
const correct = (id: string, durationMs: number, seconds = 1) =>
  apply(
    id,
    { status: 'COMPLETED', durationMs, endReason: 'HUNG_UP_BY_CALLEE' },
    new Date(Date.now() + seconds * 1000),
  );

test('a line is billed seconds times the price, for each key source and rate', async () => {
  const agencys = await rate();
  const newer = await rate({ priceMicros: 6_000, firstIncrementSeconds: 30, incrementSeconds: 6 });
  const clients = await rate({ keySource: 'CLIENT', priceMicros: 20_000 });
  const startedAt = new Date('2026-01-10T12:00:00Z');
  await store(
    { startedAt, rateId: agencys, durationMs: 600_000 },
    { startedAt, rateId: newer, durationMs: 32_000 },
    { startedAt, rateId: newer, durationMs: 57_000 },
    { startedAt, rateId: newer, durationMs: 75_000 },
    { startedAt, rateId: newer, durationMs: 0 },
    {
      startedAt,
      keySource: 'CLIENT',
      keyOwnerId: HARBOR,
      rateId: clients,
      durationMs: 90_001,
      costMicros: 7,
    },
    { startedAt, rateId: null, durationMs: 60_000 },
    { startedAt, clientId: MAPLE, rateId: agencys, durationMs: 60_000 },
  );
  const statement = await draft(JANUARY);
  expect(inShort(statement)).toEqual([
    'AGENCY  1 600 0.50',
    'AGENCY  4 174 0.02',
    'AGENCY  1 0 0.00',
    'CLIENT  1 91 0.03',
  ]);
  expect(statement).toMatchObject({
    number: null,
    status: 'DRAFT',
    total: { amount: '0.55', currency: 'USD' },
    otherTotals: [],
    providerCost: { amount: '0.06', currency: 'USD' },
    providerCostOfClient: { amount: '0.000007', currency: 'USD' },
    margin: { amount: '0.49', currency: 'USD' },
    callsOfUnknownCost: 0,
    sha256: null,
  });
});

test('a call belongs to the period in which it started, in the time zone of the agency', async () => {
  const rateId = await rate();
  const starts = [
    '2025-12-31T22:59:59.999Z',
    '2025-12-31T23:00:00.000Z',
    '2026-01-31T22:59:59.999Z',
    '2026-01-31T23:00:00.000Z',
  ];
  await store(...starts.map((start) => ({ startedAt: new Date(start), rateId })));
  // These never started at their provider, and count when they were placed.
  await store({ startedAt: new Date('2026-01-05T00:00:00Z'), rateId });
  await running.app.database.write((tx) =>
    tx.run('UPDATE calls SET startedAt = NULL, id = ? WHERE startedAt = ?', [
      '019b8b4c-8800-7000-8000-000000000001',
      new Date('2026-01-05T00:00:00Z'),
    ]),
  );
  expect((await draft(JANUARY)).lines[0]?.calls).toBe(3);
  await running.app.database.write((tx) => tx.updateRow('agencies', { timeZone: 'UTC' }, { id: BRIGHTLINE }));
  expect((await draft(JANUARY)).lines[0]?.calls).toBe(3);
  expect((await draft({ from: '2025-12-31', to: '2025-12-31' })).lines[0]?.calls).toBe(2);
});

test('where a cost is unknown or in another currency, the margin is unknown and says why', async () => {
  const rateId = await rate();
  const startedAt = new Date('2026-01-10T12:00:00Z');
  await store(
    { startedAt, rateId },
    { startedAt, rateId, costStatus: 'PENDING', costMicros: null, costCurrency: null },
  );
  expect(await draft(JANUARY)).toMatchObject({
    margin: null,
    marginMissing: 'COST_UNKNOWN',
    callsOfUnknownCost: 1,
    providerCost: { amount: '0.01', currency: 'USD' },
  });
  const yen = await rate({ clientId: MAPLE, currency: 'JPY', priceMicros: 10_500_000 });
  await store({ startedAt, clientId: MAPLE, rateId: yen, durationMs: 60_000 });
  expect(await draft(JANUARY, MAPLE)).toMatchObject({
    total: { amount: '11', currency: 'JPY' },
    providerCost: { amount: '0.01', currency: 'USD' },
    margin: null,
    marginMissing: 'CURRENCIES_DIFFER',
  });
});

test('rates in two currencies have two totals, and nothing is converted', async () => {
  const old = await rate({ currency: 'KWD', priceMicros: 1_000 });
  const newer = await rate({ validFrom: new Date('2026-01-15T00:00:00Z') });
  await store(
    { startedAt: new Date('2026-01-10T12:00:00Z'), rateId: old, durationMs: 600_000 },
    { startedAt: new Date('2026-01-20T12:00:00Z'), rateId: newer, durationMs: 600_000 },
  );
  expect(await draft(JANUARY)).toMatchObject({
    total: { amount: '0.50', currency: 'USD' },
    otherTotals: [{ amount: '0.010', currency: 'KWD' }],
    margin: null,
    marginMissing: 'CURRENCIES_DIFFER',
  });
});

test('a final statement is numbered without gaps, hashed, and the same whatever comes later', async () => {
  const rateId = await rate();
  const call = endedCall({ startedAt: new Date('2026-01-10T12:00:00Z'), rateId });
  await storeCalls(running.app, [call]);
  const first = await final(JANUARY);
  expect(first).toMatchObject({ number: '1', status: 'FINAL', total: { amount: '0.03', currency: 'USD' } });
  const rows = () => running.app.database.read.find(StatementRow, { order: { number: 'ASC' } });
  const [before] = await rows();
  expect(first.sha256).toBe(sha256Of(before?.body ?? ''));
  expect(canonical(JSON.parse(before?.body ?? ''))).toBe(before?.body);
  expect((await final(JANUARY, MAPLE)).number).toBe('2');
  expect((await final(JANUARY)).number).toBe('1');
  await correct(call.id, 600_000);
  await store({ startedAt: new Date('2026-01-11T12:00:00Z'), rateId });
  expect(await draft(JANUARY)).toEqual(first);
  expect((await rows())[0]).toEqual(before);
  const trail = await running.data<{ auditEvents: { totalCount: number } }>(
    '{ auditEvents(filter: { types: [STATEMENT_FINALIZED] }) { totalCount } }',
  );
  expect(trail.auditEvents.totalCount).toBe(2);
});

const daysAgo = (days: number) => dayAfter(dayOf(new Date(), 'Europe/Berlin'), -days);
/** Periods of which something may still become known. */
const recent = [0, 1, 2, 3, 4].map((index) => {
  const from = daysAgo(200 - 30 * index);
  return { from, to: dayAfter(from, 29) };
}) as [Period, Period, Period, Period, Period];
const inThe = ({ from }: Period) => new Date(`${dayAfter(from, 10)}T12:00:00Z`);

test('what becomes known late is an adjustment of the next statement, once and only once', async () => {
  const rateId = await rate();
  const [one, two, three, four, five] = recent;
  const call = endedCall({ startedAt: inThe(one), rateId, durationMs: 60_000 });
  await storeCalls(running.app, [call]);
  expect((await final(one)).total.amount).toBe('0.05');
  await correct(call.id, 600_000);
  expect(inShort(await draft(two))).toEqual(['AGENCY 1 0 540 0.45']);
  await correct(call.id, 600_000, 2);
  expect(inShort(await final(two))).toEqual(['AGENCY 1 0 540 0.45']);
  expect(inShort(await final(three))).toEqual([]);
  // Corrected once more, after it was billed twice: what goes back is what is too much of both.
  await correct(call.id, 30_000, 3);
  expect(inShort(await final(four))).toEqual(['AGENCY 1 0 -570 -0.47']);
  expect(inShort(await draft(five))).toEqual([]);
});

test('the margin is what is left of the total, with what adjusts earlier statements and what that costs', async () => {
  const rateId = await rate();
  const [one, two] = recent;
  const [late, own] = [one, two].map((period) =>
    endedCall({ startedAt: inThe(period), rateId, durationMs: 60_000 }),
  ) as [CallRow, CallRow];
  await storeCalls(running.app, [late, own]);
  await final(one);
  await correct(late.id, 600_000);
  expect(await draft(two)).toMatchObject({
    total: { amount: '0.50', currency: 'USD' },
    providerCost: { amount: '0.01', currency: 'USD' },
    lateProviderCosts: [],
    margin: { amount: '0.49', currency: 'USD' },
  });
});

test('a call that only then becomes known at all adjusts the statement of its period', async () => {
  const rateId = await rate();
  const [one, two, three] = recent;
  await final(one);
  const call = endedCall({ startedAt: inThe(one), rateId });
  await storeCalls(running.app, [{ ...call, startedAt: null, durationMs: null, createdAt: new Date() }]);
  await apply(call.id, { status: 'COMPLETED', startedAt: call.startedAt, durationMs: 60_000 });
  expect(inShort(await final(two))).toEqual(['AGENCY 1 1 60 0.05']);
  expect(inShort(await final(three))).toEqual([]);
});

test('what becomes known more than 400 days after a period adjusts nothing any more', async () => {
  const rateId = await rate();
  const today = dayOf(new Date(), 'Europe/Berlin');
  const old = { from: dayAfter(today, -410), to: dayAfter(today, -402) };
  const young = { from: dayAfter(today, -401), to: dayAfter(today, -390) };
  const startsOf = (day: string) => new Date(`${dayAfter(day, 3)}T12:00:00Z`);
  const calls = [old, young].map(({ from }) =>
    endedCall({ startedAt: startsOf(from), rateId, durationMs: 60_000 }),
  );
  await storeCalls(running.app, calls);
  for (const period of [old, young]) await final(period);
  for (const { id } of calls) await correct(id, 120_000);
  expect(inShort(await final(JANUARY))).toEqual(['AGENCY 2 0 60 0.05']);
});

test('what became known within 400 days adjusts the next statement, however late that is made', async () => {
  const rateId = await rate();
  const today = dayOf(new Date(), 'Europe/Berlin');
  const period = { from: dayAfter(today, -540), to: dayAfter(today, -510) };
  const call = endedCall({ startedAt: inThe(period), rateId, durationMs: 60_000 });
  await storeCalls(running.app, [call]);
  await final(period);
  await correct(call.id, 120_000);
  const notedAt = new Date(Date.now() - 200 * 24 * 60 * 60 * 1000);
  await running.app.database.write((tx) => tx.run('UPDATE late_calls SET id = ?', [newIdAt(notedAt)]));
  expect(inShort(await final(JANUARY))).toEqual(['AGENCY 1 0 60 0.05']);
});

test('a draft says from when it can be made final: 72 hours after its period, unless a part of it is final', async () => {
  const finalFrom = async (period: object) => (await draft(period)).finalFrom;
  expect(await finalFrom(JANUARY)).toBe('2026-02-03T23:00:00.000Z');
  // There the clocks go forward in between.
  expect(await finalFrom({ from: '2026-03-01', to: '2026-03-28' })).toBe('2026-03-31T23:00:00.000Z');
  const young = { from: daysAgo(30), to: daysAgo(2) };
  expect(Date.parse((await finalFrom(young)) ?? '')).toBeGreaterThan(Date.now());
  expect(codes(await finalize(young))).toEqual(['PERIOD_NOT_OVER input.to']);
  await final(JANUARY);
  expect(await finalFrom(JANUARY)).toBeNull();
  expect(await finalFrom({ from: '2026-01-31', to: '2026-02-01' })).toBeNull();
  expect(await finalFrom(FEBRUARY)).toBe('2026-03-03T23:00:00.000Z');
});

test('finalising twice at once yields one statement, also on two instances', async () => {
  const rateId = await rate();
  await store({ startedAt: new Date('2026-01-10T12:00:00Z'), rateId });
  const second = await running.another();
  const results = await Promise.all(
    [running, second, running, second].map((app) => finalize(JANUARY, HARBOR, app)),
  );
  expect(results.flatMap(codes)).toEqual([]);
  expect(new Set(results.map(({ statement }) => `${statement?.number} ${statement?.sha256}`)).size).toBe(1);
  expect(await running.app.database.read.count(StatementRow)).toBe(1);
  await second.close();
});

test('a line of more seconds than the API can say is refused in words, and never said wrong', async () => {
  const rateId = await rate();
  const startedAt = new Date('2026-01-10T12:00:00Z');
  // No provider says that a call took longer than a week.
  const week = Array.from({ length: 3_551 }, () => ({ startedAt, rateId, durationMs: 604_800_000 }));
  await store(...week.slice(1));
  expect((await draft(JANUARY)).lines).toMatchObject([{ billedSeconds: 2_147_040_000 }]);
  await store(...week.slice(0, 1));
  const { errors } = await running.ask('agencyAdmin', STATEMENT, { clientId: HARBOR, ...JANUARY });
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['LIMIT_EXCEEDED']);
  expect(codes(await finalize(JANUARY))).toEqual(['TOO_LONG input.to']);
});

test('statements of many clients at once are numbered without gaps', async () => {
  const periods = [JANUARY, FEBRUARY, MARCH];
  const results = await Promise.all(
    [HARBOR, MAPLE].flatMap((clientId) => periods.map((period) => finalize(period, clientId))),
  );
  expect(results.map(({ statement }) => Number(statement?.number)).sort()).toEqual([1, 2, 3, 4, 5, 6]);
});

test.each([
  [{ from: '2026-02-01', to: '2026-01-31' }, 'INVALID_FORMAT input.from'],
  [{ from: '2025-01-01', to: '2026-01-02' }, 'TOO_LONG input.to'],
  // Instants of these days are no times of every database.
  [{ from: '0000-01-01', to: '0000-01-31' }, 'INVALID_FORMAT input.from'],
  [{ from: '9999-12-31', to: '9999-12-31' }, 'INVALID_FORMAT input.to'],
  [{ from: daysAgo(30), to: daysAgo(2) }, 'PERIOD_NOT_OVER input.to'],
  [{ from: '2025-12-31', to: '2026-01-01' }, 'PERIOD_BILLED input.from'],
  [{ ...JANUARY, clientId: NEVER_GIVEN_OUT }, 'NOT_FOUND input.clientId'],
  [{ ...JANUARY, clientId: OTHER_AGENCYS_CLIENT }, 'NOT_FOUND input.clientId'],
])('a statement of %j is refused, and nothing is stored', async (input, error) => {
  await final({ from: '2026-01-01', to: '2026-01-01' });
  expect(codes(await finalize(input))).toEqual([error]);
  expect(await running.app.database.read.count(StatementRow)).toBe(1);
});

test('periods join without a gap when the agency moves to another time zone in between', async () => {
  const rateId = await rate();
  const hours = Array.from({ length: 72 }, (_, hour) => new Date(Date.UTC(2026, 0, 30, hour)));
  await store(...hours.map((startedAt) => ({ startedAt, rateId, durationMs: 1000 })));
  const january = await final(JANUARY);
  for (const timeZone of ['America/Los_Angeles', 'Pacific/Auckland']) {
    await running.app.database.write((tx) => tx.updateRow('agencies', { timeZone }, { id: BRIGHTLINE }));
    const calls = [january, await draft(FEBRUARY)].flatMap(({ lines }) => lines.map((line) => line.calls));
    expect(calls.reduce((sum, count) => sum + count, 0)).toBe(72);
  }
});

test('a portal user with MANAGE_BILLING sees its lines and total, and nothing of what the agency pays', async () => {
  const rateId = await rate();
  await store({ startedAt: new Date('2026-01-10T12:00:00Z'), rateId, costStatus: 'UNKNOWN' });
  const lines =
    'lines { calls billedSeconds amount { amount currency } } total { amount currency } callsOfUnknownCost';
  const ask = (fields: string, clientId = HARBOR, as: Persona = 'portalUser') =>
    running.ask(
      as,
      `query ($clientId: ID!) { statement(clientId: $clientId, from: "2026-01-01", to: "2026-01-31") { ${fields} } }`,
      { clientId },
    );
  const without = await ask(lines, HARBOR, 'portalUserNoPermissions');
  expect(without.errors[0]?.extensions.code).toBe('FORBIDDEN');
  await running.app.database.write((tx) =>
    tx.run("UPDATE people SET permissions = 'VIEW_CALLS,MANAGE_BILLING' WHERE clientId = ?", [HARBOR]),
  );
  expect((await ask(lines)).data).toMatchObject({
    statement: { lines: [{ calls: 1 }], total: { amount: '0.03' }, callsOfUnknownCost: 0 },
  });
  for (const field of [
    'providerCost { amount }',
    'providerCosts { amount }',
    'lateProviderCosts { amount }',
    'margin { amount }',
    'marginMissing',
  ])
    expect((await ask(field)).errors[0]?.extensions.code).toBe('FORBIDDEN');
  expect((await ask(lines, MAPLE)).data).toEqual({ statement: null });
  expect((await ask(lines, NEVER_GIVEN_OUT)).data).toEqual({ statement: null });
  const member = await running.ask('agencyMember', STATEMENT, { clientId: HARBOR, ...JANUARY });
  expect(member.errors[0]?.extensions.code).toBe('FORBIDDEN');
});
