import { createHmac } from 'node:crypto';
import { AbstractLogger } from 'typeorm';
import { CallRow } from '../../src/calls/call.entity';
import { EventWorker } from '../../src/events/event-worker';
import { eventEffect } from '../../src/events/event-effect';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import type { Transaction } from '../../src/database/transaction';
import { BRIGHTLINE, HARBOR, HARBOR_RETELL_AGENT, MAPLE, MAPLE_RETELL_AGENT } from '../demo-ids';
import { KeyResolverService } from '../../src/keys/resolution/key-resolver.service';
import { newId } from '../../src/platform/ids';
import { tenantDatabase } from '../database';
import { post, startTestApp, type TestApp } from '../harness';
import {
  CLEAR_AGENCY,
  CLEAR_CLIENT,
  ENDPOINTS,
  SET_AGENCY,
  SET_CLIENT,
  SET_WEBHOOK_SECRET,
  START_LIVE_CALL,
} from '../operations';

const SECRET = 'whs_0123456789abcdefghij';
const START = Date.UTC(2026, 10, 27, 9);

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
});
afterEach(() => running.close());

type Owner = string | null;
interface RetellCall {
  readonly call_id: string;
  readonly [name: string]: unknown;
}

/** Events are sent to an address of the owner's, signed by its secret. */
async function retellOf(owner: Owner, instance = running) {
  const { webhookEndpoints } = await instance.data<{
    webhookEndpoints: { provider: string; url: string }[];
  }>(ENDPOINTS, { clientId: owner });
  const { pathname } = new URL(webhookEndpoints.find(({ provider }) => provider === 'RETELL')?.url ?? '');
  await running.data(SET_WEBHOOK_SECRET, { input: { clientId: owner, provider: 'RETELL', secret: SECRET } });
  return async (event: string, call: RetellCall, on = instance) => {
    const body = JSON.stringify({ event, call });
    const time = Date.now();
    const d = createHmac('sha256', SECRET).update(`${body}${time}`).digest('hex');
    const headers = { 'x-retell-signature': `v=${time},d=${d}` };
    const { status } = await fetch(`${on.url}${pathname}`, { method: 'POST', body, headers });
    expect(status).toBe(204);
  };
}
type SendEvent = Awaited<ReturnType<typeof retellOf>>;

const startCall = async (): Promise<{ id: string; providerCallId: string }> =>
  (
    await running.data<{ startCall: { call: { id: string; providerCallId: string } } }>(START_LIVE_CALL, {
      input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123', idempotencyKey: 'one' },
    })
  ).startCall.call;
const agentIdOf = async (id: string) =>
  (
    await running.app.database.read.rows<{ providerAgentId: string }>(
      'SELECT providerAgentId FROM agents WHERE id = ?',
      [id],
    )
  )[0]?.providerAgentId ?? '';
const calls = () => running.app.database.read.find(CallRow, { order: { id: 'ASC' } });
const waiting = () => running.app.database.read.countBy(ProviderEventRow, { state: 'WAITING' });

const started = (id: string, more: object = {}): RetellCall => ({
  call_id: id,
  call_status: 'ongoing',
  start_timestamp: START,
  ...more,
});
const over = (id: string, more: object = {}): RetellCall => ({
  ...started(id),
  call_status: 'ended',
  end_timestamp: START + 61_000,
  duration_ms: 61_000,
  disconnection_reason: 'user_hangup',
  ...more,
});
const ENDED = {
  status: 'COMPLETED',
  durationMs: 61_000,
  endReason: 'HUNG_UP_BY_CALLEE',
  startedAt: new Date(START),
  endedAt: new Date(START + 61_000),
};

describe('an event of a call', () => {
  test('that Latchkey placed tells what became of it', async () => {
    const send = await retellOf(HARBOR);
    const { id, providerCallId } = await startCall();
    await send('call_started', started(providerCallId));
    await running.app.upkeep.eventWorker.work();
    expect(await calls()).toMatchObject([{ id, status: 'IN_PROGRESS', startedAt: new Date(START) }]);
    await send('call_ended', over(providerCallId));
    await send('call_analyzed', over(providerCallId, { call_cost: { combined_cost: 12.5 } }));
    await running.app.upkeep.eventWorker.work();
    expect(await calls()).toMatchObject([{ id, ...ENDED, costStatus: 'KNOWN', costMicros: 125_000 }]);
    expect(await waiting()).toBe(0);
  });

  test('and that a transfer has ended tells the final cost, in whatever order they come', async () => {
    const send = await retellOf(HARBOR);
    const { providerCallId } = await startCall();
    const cost = (combined_cost: number) => over(providerCallId, { call_cost: { combined_cost } });
    for (const [type, cents] of [
      ['transfer_ended', 20],
      ['call_analyzed', 12.5],
      ['call_ended', 11],
    ] as const) {
      await send(type, cost(cents));
      await running.app.upkeep.eventWorker.work();
    }
    expect(await calls()).toMatchObject([{ costMicros: 200_000 }]);
  });

  test('is believed for the calls of its own account alone, whatever id it names', async () => {
    const mine = await startCall();
    const before = await calls();
    for (const owner of [null, MAPLE]) {
      const send = await retellOf(owner);
      await send('call_ended', over('another_call', { metadata: { latchkey_call_id: mine.id } }));
      await send('call_ended', over(mine.providerCallId));
    }
    await running.app.upkeep.eventWorker.work();
    expect(await calls()).toEqual(before);
    expect(await waiting()).toBe(0);
  });

  test('that nobody vouches for is not believed, and is a sign to ask the provider about its call', async () => {
    const { providerCallId } = await startCall();
    const before = await calls();
    const { webhookEndpoints } = await running.data<{ webhookEndpoints: { url: string }[] }>(ENDPOINTS, {
      clientId: HARBOR,
    });
    const { pathname } = new URL(webhookEndpoints[0]?.url ?? '');
    const body = JSON.stringify({ event: 'call_ended', call: over(providerCallId) });
    expect((await fetch(`${running.url}${pathname}`, { method: 'POST', body })).status).toBe(204);
    await running.app.upkeep.eventWorker.work();
    const [event] = await running.app.database.read.find(ProviderEventRow);
    expect(await calls()).toEqual([{ ...before[0], askAt: event?.receivedAt }]);
  });

  test.each(['', 'an_agent_of_nobody'])(
    'of no agent of the agency is kept and does nothing: %j',
    async (agent_id) => {
      const send = await retellOf(HARBOR);
      await send('call_started', started('inbound_1', { agent_id, direction: 'inbound' }));
      await running.app.upkeep.eventWorker.work();
      expect(await calls()).toEqual([]);
      expect(await running.app.database.read.countBy(ProviderEventRow, { state: 'DONE' })).toBe(1);
    },
  );
});

describe('a call that began at the provider', () => {
  const inbound = async (more: object = {}) => ({
    agent_id: await agentIdOf(HARBOR_RETELL_AGENT),
    direction: 'inbound',
    to_number: '+14155550100',
    ...more,
  });

  test('is recorded once, with what the chain gives for its agent, and tells what became of it', async () => {
    const send = await retellOf(HARBOR);
    await send('call_started', started('inbound_1', await inbound()));
    await send('call_ended', over('inbound_1', await inbound()));
    await running.app.upkeep.eventWorker.work();
    const [call, ...others] = await calls();
    expect(others).toEqual([]);
    expect(call).toMatchObject({
      ...ENDED,
      agencyId: BRIGHTLINE,
      clientId: HARBOR,
      agentId: HARBOR_RETELL_AGENT,
      origin: 'PROVIDER',
      direction: 'INBOUND',
      toNumber: '+14155550100',
      providerCallId: 'inbound_1',
      keySource: 'CLIENT',
      keyVersion: 1,
      isOtherAccount: false,
    });
    expect(call?.receipt).toContain('"CLIENT":{');
  });

  test('with another account than the chain gives is marked so', async () => {
    const send = await retellOf(null);
    await send('call_started', started('inbound_1', await inbound()));
    await running.app.upkeep.eventWorker.work();
    expect(await calls()).toMatchObject([{ keySource: 'CLIENT', isOtherAccount: true }]);
    await send('call_ended', over('inbound_1', await inbound()));
    await running.app.upkeep.eventWorker.work();
    expect(await calls()).toMatchObject([{ ...ENDED, isOtherAccount: true }]);
  });

  test('with another account takes no word from the account that the chain gives, whatever id it names', async () => {
    const send = await retellOf(null);
    await send('call_started', started('inbound_1', await inbound()));
    await running.app.upkeep.eventWorker.work();
    const before = await calls();
    const sendAsClient = await retellOf(HARBOR);
    await sendAsClient('call_ended', over('inbound_1'));
    await sendAsClient('call_ended', over('another', { metadata: { latchkey_call_id: before[0]?.id } }));
    await running.app.upkeep.eventWorker.work();
    expect(await calls()).toEqual(before);
  });

  test('while its agent has no key is recorded with a receipt that says so', async () => {
    const send = await retellOf(HARBOR);
    await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    await running.data(CLEAR_AGENCY, { input: { providers: ['RETELL'] } });
    await send('call_started', started('inbound_1', await inbound({ to_number: undefined })));
    await running.app.upkeep.eventWorker.work();
    const { data } = await post(running.url, running.tokens.agencyAdmin, {
      query: '{ calls { nodes { origin toNumber keySource keyVersion receipt { source explanation } } } }',
    });
    expect(data).toEqual({
      calls: {
        nodes: [
          {
            origin: 'PROVIDER',
            toNumber: null,
            keySource: null,
            keyVersion: null,
            receipt: { source: null, explanation: 'There was no Retell key for the call.' },
          },
        ],
      },
    });
  });

  test('is one call, however many of its events are worked at once, on two instances', async () => {
    const other = await running.another();
    const send = await retellOf(HARBOR);
    for (let round = 0; round < 6; round += 1) {
      const id = `inbound_${round}`;
      await Promise.all([
        send('call_started', started(id, await inbound())),
        send('call_ended', over(id, await inbound()), other),
        send('call_analyzed', over(id, await inbound({ call_cost: { combined_cost: 3 } }))),
      ]);
      await Promise.all([running.app.upkeep.eventWorker.work(), other.app.upkeep.eventWorker.work()]);
    }
    await running.app.upkeep.eventWorker.work();
    await other.close();
    const recorded = await calls();
    expect(recorded).toHaveLength(6);
    for (const call of recorded) expect(call).toMatchObject({ ...ENDED, costMicros: 30_000 });
  });
});

/** Returns a time after everything so far and before everything to come. */
async function moment(): Promise<Date> {
  const turn = async (time: number) => {
    while (Date.now() <= time) await new Promise(setImmediate);
  };
  await turn(Date.now());
  const at = new Date();
  await turn(at.getTime());
  return at;
}

describe('a call of which Latchkey hears late', () => {
  const assign = (clientId: string | null) =>
    running.data(
      'mutation ($input: AssignAgentInput!) { assignAgent(input: $input) { userErrors { code } } }',
      {
        input: { agentId: HARBOR_RETELL_AGENT, clientId },
      },
    );
  const setKey = (clientId: string) =>
    running.data(SET_CLIENT, {
      input: { clientId, keys: [{ provider: 'RETELL', apiKey: `key_of_${clientId}` }] },
    });
  const clearKey = (clientId: string) =>
    running.data(CLEAR_CLIENT, { input: { clientId, providers: ['RETELL'] } });
  async function heardLate(owner: Owner, at: Date): Promise<CallRow | undefined> {
    const send = await retellOf(owner);
    const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
    const times = { start_timestamp: at.getTime(), end_timestamp: at.getTime() + 1_000 };
    await send('call_ended', over('late', { agent_id, direction: 'inbound', ...times }));
    await running.app.upkeep.eventWorker.work();
    const [call, ...others] = await calls();
    expect(others).toEqual([]);
    return call;
  }

  test('is of the client that its agent had when it began, and no other client sees it', async () => {
    await assign(null);
    await assign(HARBOR);
    const at = await moment();
    await assign(MAPLE);
    expect(await heardLate(HARBOR, at)).toMatchObject({
      clientId: HARBOR,
      keySource: 'CLIENT',
      isOtherAccount: false,
      status: 'COMPLETED',
    });
    const { calls: ofMaple } = await running.data<{ calls: { totalCount: number } }>(
      'query ($id: ID!) { calls(clientId: $id) { totalCount } }',
      { id: MAPLE },
    );
    expect(ofMaple.totalCount).toBe(0);
  });

  test('is of no client where nothing tells whose its agent was', async () => {
    const at = await moment();
    await assign(MAPLE);
    expect(await heardLate(null, at)).toMatchObject({ clientId: null, keySource: 'AGENCY' });
  });

  test('was paid for by the key that was set when it began, whatever was set or cleared since', async () => {
    await clearKey(HARBOR);
    const without = await moment();
    await setKey(HARBOR);
    expect(await heardLate(null, without)).toMatchObject({
      clientId: HARBOR,
      keySource: 'AGENCY',
      isOtherAccount: false,
      resolvedAt: without,
    });
    expect((await calls())[0]?.receipt).toContain('"CLIENT":null');
  });

  test('was paid for by a key that was cleared since', async () => {
    const at = await moment();
    await clearKey(HARBOR);
    expect(await heardLate(HARBOR, at)).toMatchObject({
      keySource: 'CLIENT',
      keyVersion: 1,
      isOtherAccount: false,
    });
  });

  test('stands among the calls of its time', async () => {
    const at = new Date(Date.now() - 60 * 60 * 1000);
    const call = await heardLate(HARBOR, at);
    expect(call?.createdAt).toEqual(at);
    const span = { since: new Date(at.getTime() - 1), until: new Date(at.getTime() + 1) };
    const { calls: found } = await running.data<{ calls: { nodes: { id: string }[] } }>(
      'query ($filter: CallFilter) { calls(filter: $filter) { nodes { id } } }',
      { filter: span },
    );
    expect(found.nodes).toEqual([{ id: call?.id }]);
  });

  test.each([new Date(Date.now() + 60 * 60 * 1000), new Date(0)])(
    'stands among those of now where its provider tells a time that cannot be: %j',
    async (at) => {
      const before = Date.now();
      const call = await heardLate(HARBOR, at);
      expect(call?.createdAt.getTime()).toBeGreaterThanOrEqual(before);
    },
  );
});

test('a call that carries an id of another Latchkey is known by its own', async () => {
  const send = await retellOf(HARBOR);
  const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
  const more = { agent_id, direction: 'outbound', metadata: { latchkey_call_id: newId() } };
  await send('call_started', started('elsewhere', more));
  await send('call_ended', over('elsewhere', more));
  await running.app.upkeep.eventWorker.work();
  expect(await calls()).toMatchObject([{ ...ENDED, providerCallId: 'elsewhere', origin: 'PROVIDER' }]);
});

test('a call that Latchkey placed is not recorded again by an event to the address of another owner', async () => {
  const { id, providerCallId } = await startCall();
  const before = await calls();
  const send = await retellOf(null);
  const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
  await send('call_ended', over(providerCallId, { agent_id, metadata: { latchkey_call_id: id } }));
  await send('call_ended', over(providerCallId, { agent_id }));
  await running.app.upkeep.eventWorker.work();
  expect(await calls()).toEqual(before);
});

test('an event to the address of either owner of one key tells of the calls of both', async () => {
  const apiKey = 'key_shared_0123456789';
  await running.data(SET_CLIENT, { input: { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey }] } });
  await running.data(SET_AGENCY, { input: { keys: [{ provider: 'RETELL', apiKey }] } });
  const send = await retellOf(null);
  const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
  const now = Date.now();
  await send(
    'call_ended',
    over('inbound', { agent_id, direction: 'inbound', start_timestamp: now, end_timestamp: now }),
  );
  await running.app.upkeep.eventWorker.work();
  expect(await calls()).toMatchObject([{ status: 'COMPLETED', keySource: 'CLIENT', isOtherAccount: false }]);
});

/** What is to be the same in whatever order the events came. */
async function outcome(instance = running) {
  const rows = await instance.app.database.read.find(CallRow, { order: { providerCallId: 'ASC' } });
  return rows.map(
    ({ providerCallId, status, startedAt, endedAt, durationMs, endReason, costStatus, costMicros }) => ({
      ...{ providerCallId, status, startedAt, endedAt, durationMs, endReason, costStatus, costMicros },
    }),
  );
}

const COUNT = 60;

/** Three events of each of many calls, of which some never connect and the cost of some is corrected. */
async function eventsOfADay() {
  const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
  return Array.from({ length: COUNT }, (_, index) => {
    const id = `day_${String(index).padStart(3, '0')}`;
    const common = { agent_id, direction: 'inbound', start_timestamp: START + index * 1_000 };
    const end = { ...common, end_timestamp: START + index * 1_000 + 500 + index };
    const reason = ['user_hangup', 'dial_no_answer', 'agent_hangup'][index % 3];
    const ended = over(id, { ...end, duration_ms: 500 + index, disconnection_reason: reason });
    return [
      ['call_started', started(id, common)],
      ['call_ended', { ...ended, call_cost: { combined_cost: 1 } }],
      ['call_analyzed', { ...ended, call_cost: { combined_cost: 1 + index / 4 } }],
    ] as const;
  }).flat();
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0] as T);
}

/** Mulberry32, so that a run that fails can be repeated. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function sendAll(send: SendEvent, events: Awaited<ReturnType<typeof eventsOfADay>>) {
  for (let start = 0; start < events.length; start += 20)
    await Promise.all(events.slice(start, start + 20).map(([event, call]) => send(event, call)));
}

describe('the events of a day', () => {
  test('shuffled, repeated, and worked by workers that are ended at any of their transactions, leave what one delivery in order leaves', async () => {
    const events = await eventsOfADay();
    await sendAll(await retellOf(HARBOR), events);
    await running.app.upkeep.eventWorker.work();
    const expected = await outcome();
    expect(expected).toHaveLength(COUNT);
    await running.close();

    running = await startTestApp();
    const seed = Date.now();
    const random = generator(seed);
    const repeated = events.flatMap((event) =>
      Array.from({ length: 1 + Math.floor(random() * 5) }, () => event),
    );
    const send = await retellOf(HARBOR);
    const { database } = running.app;
    const effect = eventEffect(
      new KeyResolverService(tenantDatabase(running.app.database), running.app.vault),
    );
    let left = 0;
    // A transaction that is ended half-way is what a process leaves that is killed.
    const failing = new EventWorker(
      database,
      async (tx, all) => {
        await effect(tx, all);
        if ((left = (left + 1) % 3) === 0) throw new Error('killed');
      },
      () => undefined,
    );
    const all = shuffled(repeated, random);
    for (let start = 0; start < all.length; start += 100) {
      await sendAll(send, all.slice(start, start + 100));
      await Promise.all([failing.work(), running.app.upkeep.eventWorker.work()]);
    }
    await database.write((tx) =>
      tx.run("UPDATE provider_events SET dueAt = ? WHERE state = 'WAITING'", [new Date()]),
    );
    await running.app.upkeep.eventWorker.work();
    expect([seed, await outcome()]).toEqual([seed, expected]);
    expect(await waiting()).toBe(0);
  }, 60_000);

  test('that an instance has taken when it is killed are worked by another one', async () => {
    const events = (await eventsOfADay()).slice(0, 30);
    await sendAll(await retellOf(HARBOR), events);
    const dead = new EventWorker(
      running.app.database,
      () => new Promise<void>(() => undefined),
      () => undefined,
    );
    // It takes events, and is never heard of again. On SQLite its transaction would keep the file locked.
    const { database } = running.app;
    const write = database.write.bind(database);
    const first = jest.spyOn(database, 'write').mockImplementation(() => new Promise(() => undefined));
    first.mockImplementationOnce((work) => write(work));
    void dead.work();
    while (first.mock.calls.length < 2) await new Promise(setImmediate);
    first.mockRestore();
    await running.app.upkeep.eventWorker.work();
    expect(await waiting()).toBe(30);
    await database.write((tx: Transaction) =>
      tx.run("UPDATE provider_events SET dueAt = ? WHERE state = 'WAITING'", [new Date()]),
    );
    await running.app.upkeep.eventWorker.work();
    expect([await waiting(), (await calls()).length]).toEqual([0, 10]);
  });
});

test('a worker that is told to stop ends with the events that it has taken, however many wait', async () => {
  const send = await retellOf(HARBOR);
  await send('call_started', started('first'));
  const { database } = running.app;
  const [event] = await database.read.find(ProviderEventRow);
  await database.write(async (tx) => {
    for (let index = 1; index < 150; index += 1)
      await tx.insertRow('provider_events', { ...event, id: newId(), digest: `copy ${index}` });
  });
  const stops: Promise<void>[] = [];
  const worker = new EventWorker(
    database,
    () => {
      if (stops.length === 0) stops.push(worker.stop());
      return Promise.resolve();
    },
    () => undefined,
  );
  worker.start();
  while (stops.length === 0) await new Promise(setImmediate);
  await Promise.all(stops);
  expect(await waiting()).toBe(50);
});

test('events of twenty new calls are worked by hardly more statements than one', async () => {
  const send = await retellOf(null);
  const agent_id = await agentIdOf(MAPLE_RETELL_AGENT);
  const statementsOf = async (count: number) => {
    for (let index = 0; index < count; index += 1)
      await send(
        'call_started',
        started(newId(), { agent_id, direction: 'inbound', start_timestamp: undefined }),
      );
    let statements = 0;
    const spy = jest
      .spyOn(AbstractLogger.prototype, 'logQuery')
      .mockImplementation(() => void (statements += 1));
    await running.app.upkeep.eventWorker.work();
    spy.mockRestore();
    return statements;
  };
  await statementsOf(1);
  const one = await statementsOf(1);
  // Rates are looked for twice: for the first and for the last of the calls.
  expect(await statementsOf(20)).toBeLessThanOrEqual(one + 2);
  expect(await calls()).toHaveLength(22);
});

test.each(['together', 'one after the other'])(
  'an event of a call that Latchkey places by another account makes no second call, worked %s with one of its own',
  async (how) => {
    const own = await retellOf(HARBOR);
    const foreign = await retellOf(null);
    const { id, providerCallId } = await startCall();
    const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
    await own('call_started', started(providerCallId));
    if (how === 'one after the other') await running.app.upkeep.eventWorker.work();
    await foreign('call_ended', over(providerCallId, { agent_id }));
    await running.app.upkeep.eventWorker.work();
    expect(await calls()).toMatchObject([{ id, status: 'IN_PROGRESS' }]);
  },
);

test('events that say what cannot be are worked with the others, and keep none of them from being worked', async () => {
  const send = await retellOf(HARBOR);
  const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
  const wrong: object[] = [
    { start_timestamp: 1e20, end_timestamp: -1 },
    { start_timestamp: '2026-13-45', duration_ms: 'long' },
    { duration_ms: 1e300, call_cost: { combined_cost: 1e300 } },
    { duration_ms: -5, call_cost: { combined_cost: -1 } },
    { call_cost: { combined_cost: '1,5' }, disconnection_reason: 'x'.repeat(10_000) },
    { call_cost: [], metadata: { latchkey_call_id: ['a'] } },
    { metadata: { latchkey_call_id: `' OR ''='` }, direction: 'sideways', to_number: '+'.repeat(5_000) },
    { to_number: { a: 1 }, call_status: 'levitating' },
    { call_id: 'x'.repeat(5_000) },
    { call_id: '\u0000\ud800' },
    { call_id: { toString: 'call' } },
  ];
  for (const [index, more] of wrong.entries())
    await send('call_ended', over(`wrong_${index}`, { agent_id, ...more }));
  await send('call_ended', over('right', { agent_id, direction: 'inbound' }));
  // MariaDB takes these for one id where it compares them.
  await send('call_started', started('RIGHT', { agent_id, direction: 'inbound' }));
  await send('call_started', started('right ', { agent_id, direction: 'inbound' }));
  await running.app.upkeep.eventWorker.work();
  expect(await waiting()).toBe(0);
  expect(running.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
  expect((await calls()).filter(({ providerCallId }) => providerCallId === 'right')).toMatchObject([ENDED]);
});

test('an event that fails is told of, and waits longer each time, while the others are worked', async () => {
  const send = await retellOf(HARBOR);
  const { providerCallId } = await startCall();
  await send('call_started', started('first'));
  await send('call_ended', over(providerCallId));
  const errors: unknown[] = [];
  const worker = new EventWorker(
    running.app.database,
    (_tx, events) =>
      events.some(({ providerCallId: id }) => id === 'first')
        ? Promise.reject(new Error('no'))
        : Promise.resolve(),
    (error) => errors.push(error),
  );
  const pauses: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    await worker.work();
    const [event] = await running.app.database.read.findBy(ProviderEventRow, { state: 'WAITING' });
    pauses.push(Math.round(((event?.dueAt.getTime() ?? 0) - Date.now()) / 1_000));
    await running.app.database.write((tx) =>
      tx.updateRow('provider_events', { dueAt: new Date() }, { id: event?.id }),
    );
  }
  expect(pauses).toEqual([1, 2, 4]);
  expect(errors).toHaveLength(3);
  expect(await waiting()).toBe(1);
});
