import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { BearersOfCalls1764520000000 } from '../../migrations/1764520000000-bearers-of-calls';
import { LateCallChangeRow } from '../../src/calls/late-change.entity';
import { CallRow } from '../../src/calls/call.entity';
import { digestOfCall } from '../../src/calls/provider-call';
import { canonical, type StatementForm } from '../../src/billing/statement-form';
import { dataSourceOptions } from '../../src/database/database';
import type { Persona } from '../../src/demo/seed';
import { entities } from '../../src/entities';
import { dayAfter, dayOf } from '../../src/platform/calendar';
import { newId, newIdAt } from '../../src/platform/ids';
import { BRIGHTLINE, HARBOR, HARBOR_RETELL_AGENT, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { moment } from '../moment';
import {
  CLEAR_AGENCY,
  CLEAR_CLIENT,
  FINALIZE,
  SET_AGENCY,
  SET_CLIENT,
  STATEMENT,
  withoutCosts,
} from '../operations';
import { eventsOf, over, providerAgentIdOf } from '../retell-events';
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
const rateIds = { CLIENT: newId(), AGENCY: newId() } as const;
beforeEach(async () => {
  running = await startTestApp();
  const validFrom = new Date('2025-01-01T00:00:00Z');
  const place = { agencyId: BRIGHTLINE, clientId: null, validFrom, createdAt: validFrom };
  const price = { currency: 'USD', firstIncrementSeconds: 1, incrementSeconds: 1 };
  const rates = [
    { ...place, ...price, id: rateIds.CLIENT, keySource: 'CLIENT', priceMicros: 20_000 },
    { ...place, ...price, id: rateIds.AGENCY, keySource: 'AGENCY', priceMicros: 300_000 },
  ] as const;
  await running.app.database.write((tx) => tx.insertRows('rates', rates));
});
afterEach(() => running.close());

const today = dayOf(new Date(), 'UTC');
const AROUND_NOW = { from: dayAfter(today, -1), to: dayAfter(today, 1) };
const [BEFORE, THEN] = [-90, -60].map((days) => ({
  from: dayAfter(today, days),
  to: dayAfter(today, days + 29),
})) as [typeof AROUND_NOW, typeof AROUND_NOW];
const LONG_AGO = new Date(`${dayAfter(BEFORE.from, 10)}T12:00:00Z`);
const usd = (amount: string): Money => ({ amount, currency: 'USD' });

async function draft(period: typeof AROUND_NOW, as: Persona = 'agencyAdmin'): Promise<Costs> {
  const query = as === 'agencyAdmin' ? STATEMENT : withoutCosts(STATEMENT);
  return (await running.data<{ statement: Costs }>(query, { clientId: HARBOR, ...period }, as)).statement;
}

async function final(period: typeof AROUND_NOW): Promise<Costs> {
  const input = { clientId: HARBOR, ...period };
  return (await running.data<{ finalizeStatement: { statement: Costs } }>(FINALIZE, { input }))
    .finalizeStatement.statement;
}

/** A minute of an inbound call of Harbor's agent, of which an account tells with its cost in cents. */
async function hear(owner: string | null, id: string, cents: number | null): Promise<void> {
  const send = await eventsOf(running, owner);
  const at = (await moment()).getTime();
  const call = {
    agent_id: await providerAgentIdOf(running, HARBOR_RETELL_AGENT),
    direction: 'inbound',
    start_timestamp: at,
    end_timestamp: at + 60_000,
    duration_ms: 60_000,
    ...(cents !== null && { call_cost: { combined_cost: cents } }),
  };
  await send('call_ended', over(id, call));
  await running.app.upkeep.eventWorker.work();
}

const ANALYTICS = `query ($from: Date!, $to: Date!) { callAnalytics(from: $from, to: $to, interval: TOTAL) {
  buckets { calls providerCost { amount currency } callsOfUnknownCost } } }`;
const analytics = async (period: typeof AROUND_NOW) =>
  (await running.data<{ callAnalytics: { buckets: unknown[] } }>(ANALYTICS, period)).callAnalytics.buckets;

const COSTS = '{ calls { nodes { providerCost { amount currency } } } }';
const costsOfCalls = async () =>
  (
    await running.data<{ calls: { nodes: { providerCost: Money | null }[] } }>(COSTS, {}, 'portalUser')
  ).calls.nodes.map(({ providerCost }) => providerCost);

const NO_COST_OF_CLIENT = { providerCostOfClient: usd('0'), callsOfUnknownCostOfClient: 0 };
const NO_COST_OF_AGENCY = { providerCost: usd('0'), callsOfUnknownCost: 0 };

describe('the cost of a call', () => {
  test("that the agency's account carried for a client with a key of its own is the agency's, in the margin as well", async () => {
    await hear(null, 'call_1', 15);
    expect(await draft(AROUND_NOW)).toMatchObject({
      ...NO_COST_OF_CLIENT,
      providerCost: usd('0.15'),
      callsOfUnknownCost: 0,
      margin: usd('-0.13'),
    });
    expect(await analytics(AROUND_NOW)).toEqual([
      { calls: 1, providerCost: usd('0.15'), callsOfUnknownCost: 0 },
    ]);
    expect(await draft(AROUND_NOW, 'portalUser')).toMatchObject(NO_COST_OF_CLIENT);
    expect(await costsOfCalls()).toEqual([null]);
  });

  test("that the agency's account carried so leaves the margin unknown until it is known", async () => {
    await hear(null, 'call_1', null);
    const unknown = { providerCost: null, callsOfUnknownCost: 1 };
    expect(await draft(AROUND_NOW)).toMatchObject({
      ...NO_COST_OF_CLIENT,
      ...unknown,
      margin: null,
      marginMissing: 'COST_UNKNOWN',
    });
    expect(await analytics(AROUND_NOW)).toEqual([{ calls: 1, ...unknown }]);
  });

  test("that the agency's account carried so is asked about with the agency's key", async () => {
    const agent_id = await providerAgentIdOf(running, HARBOR_RETELL_AGENT);
    const { accounts, calls, agents, requests } = running.sandbox.retell;
    const [agent] = agents.client;
    expect(agent?.id).toBe(agent_id);
    const carried = calls.add(accounts.agency, 'call_carried', { override_agent_id: agent_id }, 'inbound');
    carried.answer();
    const send = await eventsOf(running, null);
    await send('call_started', {
      call_id: carried.id,
      agent_id,
      direction: 'inbound',
      start_timestamp: Date.now(),
    });
    await running.app.upkeep.eventWorker.work();
    carried.end(60_000);
    await running.app.upkeep.callAsker.askDue(new Date(Date.now() + 11 * 60_000));
    expect(requests.at(-1)?.path).toContain(carried.id);
    const [call] = await running.app.database.read.findBy(CallRow, { providerCallId: carried.id });
    expect(call).toMatchObject({ isOtherAccount: true, status: 'COMPLETED', costStatus: 'KNOWN' });
  });

  test("that another client's account carried is asked about with that client's key, and so is its end", async () => {
    const agent_id = await providerAgentIdOf(running, HARBOR_RETELL_AGENT);
    const { accounts, calls, keys } = running.sandbox.retell;
    await running.data(CLEAR_AGENCY, { input: { providers: ['RETELL'] } });
    const ofMaple = [{ provider: 'RETELL', apiKey: keys.valid }];
    await running.data(SET_CLIENT, { input: { clientId: MAPLE, keys: ofMaple } });
    const carried = calls.add(accounts.agency, 'call_carried', { override_agent_id: agent_id }, 'inbound');
    carried.answer();
    const send = await eventsOf(running, MAPLE);
    const start = { direction: 'inbound', start_timestamp: Date.now() };
    await send('call_started', { call_id: carried.id, agent_id, ...start });
    await running.app.upkeep.eventWorker.work();
    carried.end(60_000);
    await running.app.upkeep.callAsker.askDue(new Date(Date.now() + 11 * 60_000));
    const [call] = await running.app.database.read.findBy(CallRow, { providerCallId: carried.id });
    expect(call).toMatchObject({
      clientId: HARBOR,
      otherOwnerId: MAPLE,
      durationMs: 60_000,
      costStatus: 'KNOWN',
    });
    expect(await draft(AROUND_NOW)).toMatchObject({ ...NO_COST_OF_AGENCY, ...NO_COST_OF_CLIENT });
    expect(await costsOfCalls()).toEqual([null]);
  });

  test("that the client's account carried while the agency's key counted is the client's, who sees it", async () => {
    await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    await hear(HARBOR, 'call_1', 15);
    const ofClient = { providerCostOfClient: usd('0.15'), callsOfUnknownCostOfClient: 0 };
    expect(await draft(AROUND_NOW)).toMatchObject({ ...NO_COST_OF_AGENCY, ...ofClient, margin: usd('0.3') });
    expect(await analytics(AROUND_NOW)).toEqual([{ calls: 1, providerCost: null, callsOfUnknownCost: 0 }]);
    expect(await draft(AROUND_NOW, 'portalUser')).toMatchObject(ofClient);
    expect(await costsOfCalls()).toEqual([usd('0.15')]);
  });

  test("that the agency's account carried while there was no key is the agency's", async () => {
    await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    await running.data(CLEAR_AGENCY, { input: { providers: ['RETELL'] } });
    await hear(null, 'call_1', 15);
    expect(await draft(AROUND_NOW)).toMatchObject({
      ...NO_COST_OF_CLIENT,
      providerCost: usd('0.15'),
      margin: usd('-0.15'),
    });
  });

  test("that another client's account carried is neither the agency's nor the client's", async () => {
    await hear(MAPLE, 'call_1', 15);
    await hear(MAPLE, 'call_2', null);
    expect(await draft(AROUND_NOW)).toMatchObject({ ...NO_COST_OF_AGENCY, ...NO_COST_OF_CLIENT });
    const [call] = await running.app.database.read.find(CallRow, {});
    expect(call).toMatchObject({ clientId: HARBOR, isOtherAccount: true, otherOwnerId: MAPLE });
    expect(await costsOfCalls()).toEqual([null, null]);
  });

  test("that an account of the agency and of another client carried is the agency's", async () => {
    const keys = [{ provider: 'RETELL', apiKey: 'key_of_both_0123456789' }];
    await running.data(SET_AGENCY, { input: { keys } });
    await running.data(SET_CLIENT, { input: { clientId: MAPLE, keys } });
    await hear(MAPLE, 'call_1', 15);
    expect(await draft(AROUND_NOW)).toMatchObject({ ...NO_COST_OF_CLIENT, providerCost: usd('0.15') });
  });
});

describe('the cost of a call of before its bearer was kept', () => {
  /** A minute that another account carried than the one of Harbor's key, as an earlier version stored it. */
  async function storeEarlier(ownerId: string): Promise<void> {
    const call = endedCall({
      id: newIdAt(LONG_AGO),
      startedAt: LONG_AGO,
      provider: 'RETELL',
      durationMs: 60_000,
      keySource: 'CLIENT',
      keyOwnerId: null,
      rateId: rateIds.CLIENT,
      isOtherAccount: true,
    });
    await storeCalls(running.app, [call]);
    const owner = { type: 'AGENCY', agencyId: BRIGHTLINE, id: ownerId } as const;
    const digest = digestOfCall({ owner, provider: 'RETELL' }, call.providerCallId ?? '');
    await running.app.database.write((tx) => tx.insertRow('provider_calls', { digest, callId: call.id }));
  }

  async function migrate(): Promise<void> {
    const source = await new DataSource(
      dataSourceOptions(running.databaseUrl, { entities, migrations }),
    ).initialize();
    const runner = source.createQueryRunner();
    for (const _ of ['for the first time', 'after it was killed'])
      await new BearersOfCalls1764520000000().up(runner);
    await runner.release();
    await source.destroy();
  }

  test('is in the next statement, once, and in the sums of its day, and no final statement changes', async () => {
    await storeEarlier(BRIGHTLINE);
    await storeEarlier(MAPLE);
    const first = await final(BEFORE);
    expect(first).toMatchObject({ ...NO_COST_OF_AGENCY, ...NO_COST_OF_CLIENT, margin: usd('0.04') });
    const count = () => running.app.upkeep.callCounting.work(new Date());
    await count();
    expect(await analytics(BEFORE)).toEqual([{ calls: 2, providerCost: null, callsOfUnknownCost: 0 }]);
    await migrate();
    const counted = [{ calls: 2, providerCost: usd('0.01'), callsOfUnknownCost: 0 }];
    expect(await analytics(BEFORE)).toEqual(counted);
    await count();
    expect(await running.app.database.read.count(LateCallChangeRow)).toBe(0);
    expect(await analytics(BEFORE)).toEqual(counted);
    expect(await draft(BEFORE)).toEqual(first);
    expect(await final(THEN)).toMatchObject({ providerCost: usd('0.01'), margin: usd('-0.01') });
    expect(await draft(AROUND_NOW)).toMatchObject(NO_COST_OF_AGENCY);
  });
});

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
