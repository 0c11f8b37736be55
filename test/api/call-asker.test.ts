import type { RequestListener } from 'node:http';
import { CallAsker } from '../../src/calls/call-asker';
import { givenUpAt, nextAskAt } from '../../src/calls/ask-schedule';
import { CallRow } from '../../src/calls/call.entity';
import { RequestBuckets } from '../../src/providers/request-buckets';
import { BRIGHTLINE, HARBOR, HARBOR_BLAND_AGENT, HARBOR_RETELL_AGENT, HARBOR_VAPI_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { CLEAR_CLIENT, SET_CLIENT, START_CALL } from '../operations';
import { until } from '../e2e/process';
import { json, Loopback } from '../providers/loopback';
import { eventsOf, over, providerAgentIdOf } from '../retell-events';
import { unpaced } from '../unpaced';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const AGENTS = { retell: HARBOR_RETELL_AGENT, vapi: HARBOR_VAPI_AGENT, bland: HARBOR_BLAND_AGENT };
type Name = keyof typeof AGENTS;
const NAMES = Object.keys(AGENTS) as Name[];

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
});
afterEach(async () => {
  await running.close();
  await Loopback.closeAll();
});

async function start(name: Name): Promise<CallRow> {
  const input = { agentId: AGENTS[name], toNumber: '+14155550123' };
  const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(START_CALL, {
    input,
  });
  return stored(startTestCall.call);
}
const stored = ({ id }: { readonly id: string }) =>
  running.app.database.read.findOneByOrFail(CallRow, { id });
const write = (id: string, change: Partial<CallRow>) =>
  running.app.database.write((tx) => tx.updateRow('calls', change, { id }));
const later = (call: CallRow, ms: number) => new Date(call.createdAt.getTime() + ms);
const ask = (now: Date, instance = running) => instance.app.upkeep.callAsker.askDue(now);
const standIn = (name: Name, { providerCallId }: CallRow) => {
  const call = running.sandbox[name].calls.byId(providerCallId ?? '');
  if (!call) throw new Error('The stand-in has no such call');
  return call;
};
const asked = (name: Name) => running.sandbox[name].requests.length;
/** A call whose placement was never answered. */
async function unanswered(name: Name): Promise<CallRow> {
  const call = await start(name);
  await write(call.id, { status: 'UNKNOWN', providerCallId: null, errorCode: 'TIMEOUT' });
  return call;
}

test('a call is asked about after 2 and 10 minutes, 1 and 6 hours, and then daily for 30 days', () => {
  const createdAt = new Date('2026-09-21T12:00:00Z');
  const times: number[] = [];
  for (let now = createdAt; now < givenUpAt(createdAt);) {
    now = nextAskAt(createdAt, now);
    times.push(now.getTime() - createdAt.getTime());
  }
  const days = Array.from({ length: 30 }, (_, day) => (day + 1) * DAY);
  // At the last time it is given up.
  expect(times).toEqual([2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, ...days, 31 * DAY]);
  expect(nextAskAt(createdAt, new Date(createdAt.getTime() + 3 * HOUR))).toEqual(
    new Date(createdAt.getTime() + 6 * HOUR),
  );
});

describe.each(NAMES)('a call at %s', (name) => {
  test('is asked about when it is due, until its end and its cost are known', async () => {
    const call = await start(name);
    const before = asked(name);
    await ask(later(call, 2 * MINUTE - 1));
    expect(asked(name)).toBe(before);
    standIn(name, call).answer();
    await ask(later(call, 2 * MINUTE));
    const goingOn = { status: 'IN_PROGRESS', endedAt: null, askAt: later(call, 10 * MINUTE) };
    expect(await stored(call)).toMatchObject(goingOn);
    standIn(name, call).end(60_000);
    await ask(later(call, 10 * MINUTE));
    expect(await stored(call)).toMatchObject({
      status: 'COMPLETED',
      durationMs: 60_000,
      endReason: 'HUNG_UP_BY_CALLEE',
      costStatus: 'KNOWN',
      costMicros: 75_000,
      costCurrency: 'USD',
      askAt: null,
    });
    const after = asked(name);
    await ask(later(call, 30 * DAY));
    expect(asked(name)).toBe(after);
  });

  test('whose placement was never answered is found by its metadata', async () => {
    const call = await unanswered(name);
    await ask(later(call, 2 * MINUTE));
    expect(await stored(call)).toMatchObject({
      providerCallId: call.providerCallId,
      errorCode: null,
      askAt: later(call, 10 * MINUTE),
    });
    expect((await stored(call)).status).not.toBe('UNKNOWN');
  });

  test('that is not in the list after 10 minutes was never placed, and not before', async () => {
    const call = await unanswered(name);
    running.sandbox[name].calls.forget(call.providerCallId ?? '');
    await ask(later(call, 2 * MINUTE));
    expect(await stored(call)).toMatchObject({ status: 'UNKNOWN', costStatus: 'PENDING' });
    await ask(later(call, 10 * MINUTE));
    expect(await stored(call)).toMatchObject({
      status: 'FAILED',
      endReason: 'PROVIDER_FAULT',
      durationMs: 0,
      costStatus: 'KNOWN',
      costMicros: 0,
      errorCode: 'TIMEOUT',
      askAt: null,
    });
  });
});

describe('a call whose placement was never answered', () => {
  test('is not thought never to have been placed where the list is that of another key', async () => {
    const call = await unanswered('vapi');
    running.sandbox.vapi.calls.forget(call.providerCallId ?? '');
    await setHarborsVapiKey();
    for (const after of [2 * MINUTE, 10 * MINUTE, HOUR]) await ask(later(call, after));
    expect(await stored(call)).toMatchObject({ status: 'UNKNOWN', costStatus: 'PENDING' });
  });

  test.each([
    ['a fault', json(500, {})],
    ['no list', json(200, { calls: 'none' })],
    ['a call without an id', json(200, { calls: [{}], count: 1 })],
    ['a refusal', json(401, {})],
    [
      'a list without an end',
      json(200, { calls: Array.from({ length: 500 }, (_, n) => ({ call_id: `c${n}`, to: '+14155550100' })) }),
    ],
  ])('is not thought never to have been placed after %s', async (_what, answer) => {
    const call = await unanswered('bland');
    const provider = await Loopback.start(answer);
    const instance = await running.another({ BLAND_BASE_URL: provider.baseUrl });
    await unpaced(() => ask(later(call, 2 * HOUR), instance));
    expect(provider.seen.length).toBeGreaterThan(0);
    expect(await stored(call)).toMatchObject({ status: 'UNKNOWN', costStatus: 'PENDING' });
    await instance.close();
  });
});

const setHarborsVapiKey = () =>
  running.data(SET_CLIENT, {
    input: { clientId: HARBOR, keys: [{ provider: 'VAPI', apiKey: running.sandbox.vapi.keys.valid }] },
  });
const clearHarborsVapiKey = () =>
  running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['VAPI'] } });

describe('a call whose owner has no key any more', () => {
  test("has an unknown cost, keeps what is known, and is asked about with no other owner's key", async () => {
    const call = await start('vapi');
    expect(call.keySource).toBe('CLIENT');
    await clearHarborsVapiKey();
    const before = asked('vapi');
    await ask(later(call, 2 * MINUTE));
    expect(await stored(call)).toMatchObject({ status: 'QUEUED', costStatus: 'UNKNOWN', costMicros: null });
    expect(asked('vapi')).toBe(before);
  });

  test.each([
    ['whose agent had no key', { keySource: null, keyVersion: null }],
    ['of another account', { isOtherAccount: true }],
  ])('is treated like one that began at the provider %s', async (_what, change) => {
    const call = await start('bland');
    await write(call.id, change);
    const before = asked('bland');
    await ask(later(call, 2 * MINUTE));
    expect(await stored(call)).toMatchObject({ status: 'QUEUED', costStatus: 'UNKNOWN' });
    expect(asked('bland')).toBe(before);
  });

  test('is asked about again once the owner has one', async () => {
    const call = await start('vapi');
    await clearHarborsVapiKey();
    await ask(later(call, 2 * MINUTE));
    const { secondAccount } = running.sandbox.vapi.keys;
    await running.data(SET_CLIENT, {
      input: { clientId: HARBOR, keys: [{ provider: 'VAPI', apiKey: secondAccount }] },
    });
    standIn('vapi', call).answer();
    standIn('vapi', call).end();
    await ask(later(call, 10 * MINUTE));
    expect(await stored(call)).toMatchObject({ status: 'COMPLETED', costStatus: 'KNOWN', askAt: null });
  });
});

describe('a call that has ended at a known cost and of which no duration is known', () => {
  async function withoutDuration(): Promise<CallRow> {
    const call = await start('retell');
    const send = await eventsOf(running, HARBOR);
    const end = { call_status: 'ended', disconnection_reason: 'user_hangup' };
    await send('call_ended', {
      call_id: call.providerCallId ?? '',
      ...end,
      call_cost: { combined_cost: 9 },
    });
    await running.app.upkeep.eventWorker.work();
    const known = await stored(call);
    expect(known).toMatchObject({ status: 'COMPLETED', costStatus: 'KNOWN', durationMs: null });
    return known;
  }

  test('is asked about until its duration is known', async () => {
    const call = await withoutDuration();
    standIn('retell', call).answer();
    standIn('retell', call).end(60_000);
    await ask(later(call, 2 * MINUTE));
    expect(await stored(call)).toMatchObject({ durationMs: 60_000, costStatus: 'KNOWN', askAt: null });
  });

  test('is given up after 30 days like one of an unknown cost', async () => {
    const call = await withoutDuration();
    const before = asked('retell');
    for (let day = 31; day < 34; day += 1) await ask(later(call, day * DAY));
    expect(await stored(call)).toMatchObject({ durationMs: null, costMicros: 90_000, askAt: null });
    expect(asked('retell')).toBe(before);
  });
});

test('a call of which nothing is known after 30 days is given up: its cost is unknown', async () => {
  const call = await start('retell');
  const before = asked('retell');
  await ask(later(call, 31 * DAY));
  expect(await stored(call)).toMatchObject({ status: 'QUEUED', costStatus: 'UNKNOWN', askAt: null });
  expect(asked('retell')).toBe(before);
});

describe('a call of which Latchkey hears when all times to ask are over', () => {
  async function heardLate(): Promise<CallRow> {
    const agent_id = await providerAgentIdOf(running, HARBOR_RETELL_AGENT);
    const at = Date.now() - 32 * DAY;
    const send = await eventsOf(running, HARBOR);
    const times = { start_timestamp: at, end_timestamp: at + MINUTE, duration_ms: MINUTE };
    await send('call_ended', over('late', { agent_id, direction: 'inbound', ...times }));
    await running.app.upkeep.eventWorker.work();
    return running.app.database.read.findOneByOrFail(CallRow, { providerCallId: 'late' });
  }
  const asks = () => running.sandbox.retell.requests.filter(({ path }) => path.includes('late')).length;
  const askDaily = async (days: number, instance = running) => {
    for (let day = 0; day < days; day += 1) await ask(new Date(Date.now() + day * DAY), instance);
  };

  test('is asked about at once, and once, and then its cost is unknown', async () => {
    const call = await heardLate();
    expect(call).toMatchObject({ status: 'COMPLETED', costStatus: 'PENDING' });
    await askDaily(3);
    expect(await stored(call)).toMatchObject({ costStatus: 'UNKNOWN', askAt: null });
    expect(asks()).toBe(1);
  });

  test('has the cost that its provider answers', async () => {
    const call = await heardLate();
    const answer = { call_id: 'late', call_status: 'ended', call_cost: { combined_cost: 3 } };
    const provider = await Loopback.start(json(200, answer));
    const instance = await running.another({ RETELL_BASE_URL: provider.baseUrl });
    await askDaily(3, instance);
    await instance.close();
    expect(await stored(call)).toMatchObject({ costStatus: 'KNOWN', costMicros: 30_000, askAt: null });
    expect(provider.seen).toHaveLength(1);
  });

  test('waits as long as an account says that takes no more requests', async () => {
    const call = await heardLate();
    const provider = await Loopback.start(json(429, {}, { 'retry-after': '30' }));
    const instance = await running.another({ RETELL_BASE_URL: provider.baseUrl });
    await ask(new Date(), instance);
    await instance.close();
    const { askAt, costStatus } = await stored(call);
    expect([provider.seen.length, costStatus]).toEqual([1, 'PENDING']);
    expect(askAt?.getTime()).toBeLessThan(Date.now() + MINUTE);
  });

  test('waits for a few days at most', async () => {
    const call = await heardLate();
    const provider = await Loopback.start(json(429, {}));
    const instance = await running.another({ RETELL_BASE_URL: provider.baseUrl });
    for (let day = 0; day < 6; day += 1) await unpaced(() => askDaily(day + 1, instance));
    await instance.close();
    expect(await stored(call)).toMatchObject({ costStatus: 'UNKNOWN', askAt: null });
  });

  test('and of which nobody has the key any more has an unknown cost', async () => {
    const call = await heardLate();
    await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    await askDaily(1);
    expect(await stored(call)).toMatchObject({ costStatus: 'UNKNOWN', askAt: null });
  });
});

test('an account that takes no more requests is left alone as long as it says, and others are not', async () => {
  const [first, second] = [await start('bland'), await start('bland')];
  const other = await start('retell');
  // It counts from its answer, which takes its time.
  const slowly: RequestListener = (incoming, outgoing) =>
    void setTimeout(() => json(429, {}, { 'retry-after': '90' })(incoming, outgoing), 50);
  const provider = await Loopback.start(slowly);
  const instance = await running.another({ BLAND_BASE_URL: provider.baseUrl });
  const now = later(second, 2 * MINUTE);
  await ask(now, instance);
  expect(provider.seen).toHaveLength(1);
  const { askAt } = await stored(first);
  const end = askAt ?? now;
  expect(end.getTime()).toBeGreaterThan(now.getTime() + 90 * SECOND + 40);
  expect(await stored(second)).toMatchObject({ status: 'QUEUED', askAt: end });
  await ask(new Date(end.getTime() - 1), instance);
  expect(provider.seen).toHaveLength(1);
  expect((await stored(other)).revision).toBe(1);
  await ask(end, instance);
  expect(provider.seen).toHaveLength(2);
  await instance.close();
});

test('an account that takes no more requests is left alone, also with the calls of others that it carried', async () => {
  const carried = {
    keySource: 'CLIENT',
    keyOwnerId: null,
    isOtherAccount: true,
    otherOwnerId: BRIGHTLINE,
  } as const;
  const calls = [await start('bland'), await start('bland'), await start('bland')];
  for (const { id } of calls.slice(1)) await write(id, carried);
  const provider = await Loopback.start(json(429, {}, { 'retry-after': '90' }));
  const instance = await running.another({ BLAND_BASE_URL: provider.baseUrl });
  await ask(later(calls[2] as CallRow, 2 * MINUTE), instance);
  expect(provider.seen).toHaveLength(1);
  const askAts = await Promise.all(calls.map(async (call) => (await stored(call)).askAt));
  expect(new Set(askAts.map(Number)).size).toBe(1);
  await instance.close();
});

/** Puts the clock forward by the time for which requests in the background are to wait for their turn. */
async function byClockPutForward(work: () => Promise<void>): Promise<void> {
  let waitedMs = 0;
  const buckets = new RequestBuckets(() => waitedMs);
  const waitOf = buckets.reserve.bind(buckets);
  const realNow = Date.now.bind(Date);
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => realNow() + waitedMs);
  const reserve = jest.spyOn(RequestBuckets.prototype, 'reserve').mockImplementation((...of) => {
    waitedMs += waitOf(...of);
    return 0;
  });
  await work().finally(() => {
    reserve.mockRestore();
    clock.mockRestore();
  });
}

test('an account with many calls takes turns with the others', async () => {
  const calls: CallRow[] = [];
  for (let count = 0; count < 20; count += 1) calls.push(await start('bland'));
  calls.push(await start('retell'));
  const [before, beforeOther] = [asked('bland'), asked('retell')];
  const now = later(calls.at(-1) as CallRow, 2 * MINUTE);
  await byClockPutForward(() => ask(now));
  // As many as its bucket holds, and as come into it in five seconds.
  expect(asked('bland') - before).toBeGreaterThan(10);
  expect(asked('bland') - before).toBeLessThan(20);
  expect(asked('retell') - beforeOther).toBe(1);
  await byClockPutForward(() => ask(new Date(now.getTime() + 20 * SECOND)));
  expect(asked('bland') - before).toBe(20);
});

describe('two instances', () => {
  const askers = (...instances: TestApp[]) => instances.map(({ app }) => app.upkeep.callAsker);

  test('that ask at the same time ask about each call once', async () => {
    const calls: CallRow[] = [];
    for (const name of NAMES) for (let count = 0; count < 4; count += 1) calls.push(await start(name));
    const second = await running.another();
    const before = NAMES.map(asked);
    const now = later(calls.at(-1) as CallRow, 2 * MINUTE);
    await Promise.all(
      [...askers(running, second), ...askers(running, second)].map((asker) => asker.askDue(now)),
    );
    expect(NAMES.map((name, index) => asked(name) - (before[index] ?? 0))).toEqual([4, 4, 4]);
    for (const call of calls) expect((await stored(call)).revision).toBe(1);
    await second.close();
  });

  test('go on for each other: the lease of one that ended is free at once', async () => {
    const call = await start('retell');
    const second = await running.another();
    await ask(later(call, 2 * MINUTE), second);
    await second.close();
    await ask(later(call, 10 * MINUTE));
    expect((await stored(call)).revision).toBe(1);
    expect((await stored(call)).askAt).toEqual(later(call, HOUR));
  });

  test('do not work at the same time while one holds the lease', async () => {
    const call = await start('retell');
    const second = await running.another();
    await ask(later(call, 2 * MINUTE), second);
    const before = asked('retell');
    await ask(later(call, 10 * MINUTE));
    expect(asked('retell')).toBe(before);
    await second.close();
  });
});

test('an instance asks by itself, and nobody has to ask it to', async () => {
  const call = await start('retell');
  await write(call.id, { askAt: new Date() });
  expect(running.app.upkeep.callAsker).toBeInstanceOf(CallAsker);
  jest.useFakeTimers({ doNotFake: ['Date', 'performance'] });
  running.app.upkeep.callAsker.rounds.start();
  jest.advanceTimersByTime(5 * SECOND);
  jest.useRealTimers();
  await until(async () => (await stored(call)).revision > 0);
  await running.app.upkeep.callAsker.rounds.stop();
});
