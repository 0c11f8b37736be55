import { canonical, type StatementForm } from '../../src/billing/statement-form';
import type { CallRow } from '../../src/calls/call.entity';
import type { Persona } from '../../src/demo/seed';
import { dayAfter, dayOf } from '../../src/platform/calendar';
import { HARBOR } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { FINALIZE, STATEMENT, withoutCosts } from '../operations';
import { endedCall, storeCalls } from '../statements';

interface Money {
  readonly amount: string;
  readonly currency: string;
}
interface Costs {
  readonly providerCost?: Money | null;
  readonly callsOfUnknownCost: number;
  readonly providerCostOfClient: Money | null;
  readonly callsOfUnknownCostOfClient: number | null;
  readonly margin?: Money | null;
  readonly marginMissing?: string | null;
}

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
});
afterEach(() => running.close());

const today = dayOf(new Date(), 'UTC');
const BEFORE = { from: dayAfter(today, -90), to: dayAfter(today, -61) };
const LONG_AGO = new Date(`${dayAfter(BEFORE.from, 10)}T12:00:00Z`);
const usd = (amount: string): Money => ({ amount, currency: 'USD' });

async function draft(period: typeof BEFORE, as: Persona = 'agencyAdmin'): Promise<Costs> {
  const query = as === 'agencyAdmin' ? STATEMENT : withoutCosts(STATEMENT);
  return (await running.data<{ statement: Costs }>(query, { clientId: HARBOR, ...period }, as)).statement;
}

async function final(period: typeof BEFORE): Promise<Costs> {
  const input = { clientId: HARBOR, ...period };
  return (await running.data<{ finalizeStatement: { statement: Costs } }>(FINALIZE, { input }))
    .finalizeStatement.statement;
}

const NO_COST_OF_CLIENT = { providerCostOfClient: usd('0'), callsOfUnknownCostOfClient: 0 };
const NO_COST_OF_AGENCY = { providerCost: usd('0'), callsOfUnknownCost: 0 };

describe('the calls of unknown cost', () => {
  const UNKNOWN = { costStatus: 'UNKNOWN', costMicros: null, costCurrency: null } as const;
  const store = (...calls: readonly Partial<Omit<CallRow, 'startedAt'>>[]) =>
    storeCalls(
      running.app,
      calls.map((call) => endedCall({ startedAt: LONG_AGO, ...call })),
    );
  const OF_CLIENT = { keySource: 'CLIENT', keyOwnerId: HARBOR } as const;

  test("on the client's account are counted, for portal users as well, and what is unknown is not 0", async () => {
    const unknown = { ...OF_CLIENT, ...UNKNOWN };
    await store(unknown, unknown, unknown);
    for (const persona of ['agencyAdmin', 'portalUser'] as const)
      expect(await draft(BEFORE, persona)).toMatchObject({
        callsOfUnknownCost: 0,
        providerCostOfClient: null,
        callsOfUnknownCostOfClient: 3,
      });
    expect(await draft(BEFORE)).toMatchObject({ ...NO_COST_OF_AGENCY, margin: usd('0') });
    await store({ ...OF_CLIENT, costMicros: 30_000 });
    const some = { providerCostOfClient: usd('0.03'), callsOfUnknownCostOfClient: 3 };
    expect(await draft(BEFORE)).toMatchObject(some);
    expect(await final(BEFORE)).toMatchObject(some);
    expect(await draft(BEFORE, 'portalUser')).toMatchObject(some);
  });

  test("on the agency's account leave no cost where none is known, and stay hidden from portal users", async () => {
    await store(UNKNOWN);
    const ofAgency = { providerCost: null, callsOfUnknownCost: 1, marginMissing: 'COST_UNKNOWN' };
    expect(await draft(BEFORE)).toMatchObject({ ...ofAgency, ...NO_COST_OF_CLIENT });
    const { callsOfUnknownCost, ...ofClient } = await draft(BEFORE, 'portalUser');
    expect([callsOfUnknownCost, ofClient]).toEqual([0, expect.objectContaining(NO_COST_OF_CLIENT)]);
  });

  test("on the client's account are not told of a statement that an earlier version made final, which stays as it is", async () => {
    await store({ ...OF_CLIENT, ...UNKNOWN });
    await final(BEFORE);
    await running.app.database.write(async (tx) => {
      const [row] = await tx.rows<{ body: string }>('SELECT body FROM statements', []);
      const { callsOfUnknownCostOfClient, ...form } = JSON.parse(row?.body ?? '') as StatementForm;
      expect(callsOfUnknownCostOfClient).toBe(1);
      await tx.run('UPDATE statements SET body = ?', [canonical(form)]);
    });
    expect(await draft(BEFORE)).toMatchObject({
      providerCostOfClient: usd('0'),
      callsOfUnknownCostOfClient: null,
    });
  });
});
