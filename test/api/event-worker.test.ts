import { AbstractLogger } from 'typeorm';
import { CallRow } from '../../src/calls/call.entity';
import { EventWorker } from '../../src/events/event-worker';
import { OutgoingMessageRow } from '../../src/outbox/message.entity';
import { eventEffect } from '../../src/events/event-effect';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import type { Transaction } from '../../src/database/transaction';
import { BRIGHTLINE, HARBOR, HARBOR_RETELL_AGENT, MAPLE, MAPLE_RETELL_AGENT } from '../demo-ids';
import { KeyResolverService } from '../../src/keys/resolution/key-resolver.service';
import { isEnded } from '../../src/providers/call-facts';
import { newId } from '../../src/platform/ids';
import { createWebhook } from '../fixtures/webhooks';
import { tenantDatabase } from '../database';
import { post, startTestApp, type TestApp } from '../harness';
import { ENDED, eventsOf, over, providerAgentIdOf, START, started } from '../retell-events';
import { CLEAR_AGENCY, CLEAR_CLIENT, ENDPOINTS, START_LIVE_CALL } from '../operations';

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
});
afterEach(() => running.close());

const retellOf = (owner: string | null, instance = running) => eventsOf(running, owner, instance);
const agentIdOf = (id: string) => providerAgentIdOf(running, id);
type SendEvent = Awaited<ReturnType<typeof retellOf>>;

const startCall = async (): Promise<{ id: string; providerCallId: string }> =>
  (
    await running.data<{ startCall: { call: { id: string; providerCallId: string } } }>(START_LIVE_CALL, {
      input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123', idempotencyKey: 'one' },
    })
  ).startCall.call;
const calls = () => running.app.database.read.find(CallRow, { order: { id: 'ASC' } });
const waiting = () => running.app.database.read.countBy(ProviderEventRow, { state: 'WAITING' });

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
    const after = await calls();
    expect(after).toEqual([{ ...before[0], askAt: expect.any(Date) as Date }]);
    expect(after[0]?.askAt?.getTime()).toBeLessThanOrEqual(Date.now());
  });

  test('of an unknown type is kept and does nothing, whatever call it names', async () => {
    const send = await retellOf(HARBOR);
    const { providerCallId } = await startCall();
    const before = await calls();
    const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
    for (const id of [providerCallId, 'inbound_1']) await send('call_levitated', over(id, { agent_id }));
    await running.app.upkeep.eventWorker.work();
    expect(await calls()).toEqual(before);
    expect(await running.app.database.read.countBy(ProviderEventRow, { state: 'DONE' })).toBe(2);
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
    await createWebhook(running, 'http://127.0.0.1:1/');
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
    // The agency is told of each end once.
    const told = await database.read.findBy(OutgoingMessageRow, { type: 'CALL_ENDED' });
    const ended = (await calls()).filter(({ status }) => isEnded(status)).map(({ id }) => id);
    expect(
      told.map(({ body }) => (JSON.parse(body) as { data: { callId: string } }).data.callId).sort(),
    ).toEqual(ended.sort());
  });

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

test('events of three new calls are worked by hardly more statements than one', async () => {
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
  expect(await statementsOf(3)).toBeLessThanOrEqual(one + 2);
  expect(await calls()).toHaveLength(5);
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
