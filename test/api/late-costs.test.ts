import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { LateCosts1764490000000 } from '../../migrations/1764490000000-late-costs';
import type { Period } from '../../src/billing/period';
import { canonical, type StatementForm } from '../../src/billing/statement-form';
import { CallFactsService } from '../../src/calls/call-facts.service';
import type { CallRow } from '../../src/calls/call.entity';
import { dataSourceOptions } from '../../src/database/database';
import { entities } from '../../src/entities';
import { dayAfter, dayOf } from '../../src/platform/calendar';
import { newId } from '../../src/platform/ids';
import { tenantDatabase } from '../database';
import { BRIGHTLINE, HARBOR } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { codes, FINALIZE, STATEMENT, type UserErrors } from '../operations';
import { NOTHING } from '../providers/fixtures';
import { endedCall, storeCalls } from '../statements';

interface Money {
  readonly amount: string;
  readonly currency: string;
}
interface Statement {
  readonly total: Money;
  readonly lines: readonly { readonly adjusts: { readonly number: string } | null }[];
  readonly providerCosts: readonly Money[];
  readonly lateProviderCosts: readonly Money[];
  readonly providerCostOfClient: Money | null;
  readonly callsOfUnknownCost: number;
  readonly callsOfUnknownDuration: number | null;
  readonly margin: Money | null;
  readonly marginMissing: string | null;
}

let running: TestApp;
let rateId: string;
beforeEach(async () => {
  running = await startTestApp();
  rateId = newId();
  const validFrom = new Date('2025-01-01T00:00:00Z');
  const price = { priceMicros: 50_000, currency: 'USD', firstIncrementSeconds: 1, incrementSeconds: 1 };
  const rate = { id: rateId, agencyId: BRIGHTLINE, keySource: 'AGENCY', validFrom, createdAt: validFrom };
  await running.app.database.write((tx) => tx.insertRow('rates', { ...rate, ...price, clientId: null }));
});
afterEach(() => running.close());

const today = dayOf(new Date(), 'UTC');
const [ONE, TWO, THREE, FOUR] = [0, 1, 2, 3].map((index) => {
  const from = dayAfter(today, -150 + 30 * index);
  return { from, to: dayAfter(from, 29) };
}) as [Period, Period, Period, Period];
const inThe = ({ from }: Period) => new Date(`${dayAfter(from, 10)}T12:00:00Z`);

const UNKNOWN = { costStatus: 'PENDING', costMicros: null, costCurrency: null } as const;

/** A minute on the agency's account at 0.05 USD, for which its provider takes 0.01 USD. */
async function store(call: Partial<CallRow> & { readonly startedAt: Date }): Promise<string> {
  const row = endedCall({ rateId, durationMs: 60_000, ...call });
  await storeCalls(running.app, [row]);
  return row.id;
}

let told = Date.now();
/** A provider says late what it takes for a call. */
async function tellCost(id: string, micros: number, more: object = {}): Promise<void> {
  told += 1_000;
  const cost = { micros, currency: 'USD', figure: String(micros / 1_000_000), unit: 'US_DOLLAR' } as const;
  await new CallFactsService(tenantDatabase(running.app.database)).apply(
    id,
    { ...NOTHING, cost, ...more },
    { source: 'EVENT', knownAt: new Date(told) },
  );
}

async function draft(period: Period): Promise<Statement> {
  const asked = { clientId: HARBOR, ...period };
  return (await running.data<{ statement: Statement }>(STATEMENT, asked)).statement;
}

async function final(period: Period): Promise<Statement> {
  const input = { clientId: HARBOR, ...period };
  const { finalizeStatement: made } = await running.data<{
    finalizeStatement: UserErrors & { readonly statement: Statement };
  }>(FINALIZE, { input });
  expect(codes(made)).toEqual([]);
  return made.statement;
}

const usd = (amount: string): Money => ({ amount, currency: 'USD' });
const inShort = ({ total, providerCosts, lateProviderCosts, margin, marginMissing }: Statement) =>
  [
    ...[total.amount, providerCosts.map(({ amount }) => amount).join(), '|'],
    ...[lateProviderCosts.map(({ amount }) => amount).join(), '|', margin?.amount ?? marginMissing],
  ].join(' ');

test('a cost that becomes known after its statement was made final is in the margin of the next one, once', async () => {
  await store({ startedAt: inThe(ONE) });
  const call = await store({ startedAt: inThe(ONE), ...UNKNOWN });
  await store({ startedAt: inThe(TWO) });
  expect(inShort(await final(ONE))).toBe('0.10 0.01 |  | COST_UNKNOWN');
  await tellCost(call, 23_000);
  await tellCost(call, 23_000);
  const second = await final(TWO);
  expect(inShort(second)).toBe('0.05 0.033 | 0.023 | 0.017');
  // What the client owes has not changed, and its statement does not tell of it.
  expect(second.lines).toMatchObject([{ adjusts: null }]);
  expect(inShort(await final(THREE))).toBe('0.00  |  | 0');
});

test('a statement says how many calls it bills no seconds of because nobody knows how long they lasted', async () => {
  await store({ startedAt: inThe(ONE) });
  const call = await store({ startedAt: inThe(ONE) });
  await running.app.database.write((tx) => tx.updateRow('calls', { durationMs: null }, { id: call }));
  const [first] = [await draft(ONE), await final(ONE)].map(({ total, callsOfUnknownDuration }) => ({
    ...{ amount: total.amount, callsOfUnknownDuration },
  }));
  expect(first).toEqual({ amount: '0.05', callsOfUnknownDuration: 1 });
  await tellCost(call, 10_000, { status: 'COMPLETED', durationMs: 120_000 });
  expect(await draft(TWO)).toMatchObject({ total: usd('0.10'), callsOfUnknownDuration: 0 });
});

test('a cost that is corrected again and again is in all margins together as it is known last', async () => {
  const call = await store({ startedAt: inThe(ONE) });
  expect(inShort(await final(ONE))).toBe('0.05 0.01 |  | 0.04');
  await tellCost(call, 70_000);
  expect(inShort(await final(TWO))).toBe('0.00 0.06 | 0.06 | -0.06');
  await tellCost(call, 5_000);
  expect(inShort(await final(THREE))).toBe('0.00 -0.065 | -0.065 | 0.065');
  expect(inShort(await draft(FOUR))).toBe('0.00  |  | 0');
});

test('a call that is heard of late is in the next margin with its cost, which is unknown as long as that is', async () => {
  const known = await store({ startedAt: inThe(ONE), ...UNKNOWN });
  await final(ONE);
  await tellCost(known, 10_000);
  const call = await store({ startedAt: inThe(ONE), ...UNKNOWN, durationMs: 0 });
  await tellCost(call, 0, { cost: null, status: 'COMPLETED', durationMs: 120_000, endReason: 'TRANSFERRED' });
  const second = await final(TWO);
  expect(inShort(second)).toBe('0.10 0.01 | 0.01 | COST_UNKNOWN');
  expect(second.callsOfUnknownCost).toBe(1);
  await tellCost(call, 40_000);
  expect(inShort(await final(THREE))).toBe('0.00 0.04 | 0.04 | -0.04');
});

test('a cost that became known late before such costs were noted is in the next margin, once', async () => {
  const call = await store({ startedAt: inThe(ONE), ...UNKNOWN });
  await final(ONE);
  await tellCost(call, 23_000);
  // As an earlier version stored it.
  await running.app.database.write(async (tx) => {
    await tx.run('DELETE FROM late_calls', []);
    const [row] = await tx.rows<{ body: string }>('SELECT body FROM statements', []);
    const { costs: _costs, ...form } = JSON.parse(row?.body ?? '') as StatementForm;
    await tx.run('UPDATE statements SET body = ?', [canonical(form)]);
  });
  const source = await new DataSource(
    dataSourceOptions(running.databaseUrl, { entities, migrations }),
  ).initialize();
  const runner = source.createQueryRunner();
  for (const _ of ['for the first time', 'after it was killed'])
    await new LateCosts1764490000000().up(runner);
  await runner.release();
  await source.destroy();
  expect(inShort(await final(TWO))).toBe('0.00 0.023 | 0.023 | -0.023');
  expect(inShort(await draft(THREE))).toBe('0.00  |  | 0');
});

test("a late cost on the client's own account is shown for information, and is in no margin", async () => {
  const ofClient = { keySource: 'CLIENT', keyOwnerId: HARBOR, rateId: null } as const;
  const call = await store({ startedAt: inThe(ONE), ...ofClient, ...UNKNOWN });
  expect((await final(ONE)).providerCostOfClient).toBeNull();
  await tellCost(call, 30_000);
  const second = await final(TWO);
  expect([inShort(second), second.providerCostOfClient]).toEqual(['0.00  |  | 0', usd('0.03')]);
  expect((await draft(THREE)).providerCostOfClient).toEqual(usd('0'));
});

test('a cost is in the next margin where it becomes known late that the account of the agency has carried the call', async () => {
  const other = { keyOwnerId: null, isOtherAccount: true, otherOwnerId: HARBOR } as const;
  const call = await store({ startedAt: inThe(ONE), ...other });
  expect(inShort(await final(ONE))).toBe('0.05  |  | 0.05');
  const origin = { source: 'ASKED', knownAt: new Date(), owners: new Set([BRIGHTLINE]) } as const;
  await new CallFactsService(tenantDatabase(running.app.database)).apply(call, NOTHING, origin);
  expect(inShort(await final(TWO))).toBe('0.00 0.01 | 0.01 | -0.01');
  expect(inShort(await draft(THREE))).toBe('0.00  |  | 0');
});

test('where a late cost is in another currency than the rates, the margin is unknown and says why', async () => {
  const call = await store({ startedAt: inThe(ONE) });
  await final(ONE);
  await running.app.database.write((tx) => tx.run("UPDATE rates SET currency = 'EUR'", []));
  await store({ startedAt: inThe(TWO), ...UNKNOWN, costStatus: 'KNOWN', costMicros: 0 });
  await tellCost(call, 20_000);
  expect(inShort(await draft(TWO))).toBe('0.05 0.01 | 0.01 | CURRENCIES_DIFFER');
});
