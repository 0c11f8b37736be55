import { randomUUID } from 'node:crypto';
import { CallRevisionRow } from '../../src/calls/call-revision.entity';
import { CallRow } from '../../src/calls/call.entity';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import { BRIGHTLINE, HARBOR, HARBOR_BLAND_AGENT, HARBOR_RETELL_AGENT, HARBOR_VAPI_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { CLEAR_CLIENT, ENDPOINTS, START_CALL } from '../operations';
import { json, Loopback } from '../providers/loopback';
import { eventsOf, over, providerAgentIdOf, started } from '../retell-events';
import { unpaced } from '../unpaced';

const MINUTE = 60 * 1000;
const AGENTS = { retell: HARBOR_RETELL_AGENT, vapi: HARBOR_VAPI_AGENT, bland: HARBOR_BLAND_AGENT };
type Name = keyof typeof AGENTS;
const NAMES = Object.keys(AGENTS) as Name[];

let running: TestApp;
const start = async (env: NodeJS.ProcessEnv = {}) => void (running = await startTestApp(env));
afterEach(async () => {
  await running.close();
  await Loopback.closeAll();
});

const calls = () => running.app.database.read.find(CallRow, { order: { id: 'ASC' } });
const events = () => running.app.database.read.find(ProviderEventRow, { order: { id: 'ASC' } });
const states = async () => (await events()).map(({ state }) => state);
const work = (on = running) => on.app.upkeep.eventWorker.work();
const askDue = (now = new Date(), on = running) => on.app.upkeep.eventAsker.askDue(now);
const asked = (name: Name, id: string) =>
  running.sandbox[name].requests.filter(({ path }) => path.includes(id)).length;

/** Sends an event that nobody has signed. Harbor's agents call by the agency's account at Bland alone. */
async function send(name: Name, body: object): Promise<void> {
  const { webhookEndpoints } = await running.data<{
    webhookEndpoints: { provider: string; url: string }[];
  }>(ENDPOINTS, { clientId: name === 'bland' ? null : HARBOR });
  const { url } = webhookEndpoints.find(({ provider }) => provider === name.toUpperCase()) ?? { url: '' };
  const { pathname } = new URL(url);
  const sent = await fetch(`${running.url}${pathname}`, { method: 'POST', body: JSON.stringify(body) });
  expect(sent.status).toBe(204);
}

/** What a provider tells at the end of a call: a minute, unless it says otherwise. */
const endOf = (name: Name, id: string, agent?: string) =>
  ({
    retell: { event: 'call_ended', call: over(id, { agent_id: agent, direction: 'inbound' }) },
    vapi: {
      message: { type: 'end-of-call-report', call: { id, assistantId: agent }, timestamp: Date.now() },
    },
    bland: { call_id: id, agent_id: agent, completed: true, inbound: true, call_length: 1 },
  })[name];

/** A call that began at the provider, and has ended there after half a minute. */
async function foreign(name: Name) {
  const agent = await providerAgentIdOf(running, AGENTS[name]);
  const request = {
    retell: { override_agent_id: agent, to_number: '+14155550100' },
    vapi: { assistantId: agent, customer: { number: '+14155550100' } },
    bland: { agent_id: agent, phone_number: '+14155550100' },
  }[name];
  const account = running.sandbox[name].accounts[name === 'bland' ? 'agency' : 'client'];
  const call = running.sandbox[name].calls.add(account, randomUUID(), request, 'inbound');
  call.answer();
  call.end(30_000);
  return call;
}

describe.each(NAMES)('an event of %s that nobody has signed', (name) => {
  test('of a call that nobody knows has its provider asked for the call, and nothing else of it is believed', async () => {
    await start();
    const { id } = await foreign(name);
    const agent = await providerAgentIdOf(running, AGENTS[name]);
    await send(name, endOf(name, id, agent));
    await work();
    expect([await calls(), await states()]).toEqual([[], ['TO_ASK']]);
    await askDue();
    expect(await calls()).toMatchObject([
      {
        providerCallId: id,
        origin: 'PROVIDER',
        status: 'COMPLETED',
        durationMs: 30_000,
        costStatus: 'KNOWN',
      },
    ]);
    expect(await states()).toEqual(['DONE']);
    await askDue();
    expect(asked(name, id)).toBe(1);
  });

  test('of a call that its provider does not know is dropped', async () => {
    await start();
    await send(name, endOf(name, randomUUID()));
    await work();
    await askDue();
    expect([await calls(), await states()]).toEqual([[], ['DONE']]);
  });
});

test.each(NAMES)('an event of %s of an unknown type is kept and asks for nothing', async (name) => {
  await start();
  const agent = await providerAgentIdOf(running, AGENTS[name]);
  const { id } = await foreign(name);
  const end = endOf(name, id, agent);
  const unknown = {
    retell: { ...end, event: 'call_levitated' },
    vapi: { message: { ...('message' in end ? end.message : {}), type: 'levitation-update' } },
    bland: { ...end, event_type: 'levitation' },
  }[name];
  await send(name, unknown);
  await work();
  await askDue();
  expect([await states(), asked(name, id), await calls()]).toEqual([['DONE'], 0, []]);
});

test('events of an agent that is not the agency’s, which nobody has signed, ask for nothing', async () => {
  await start();
  await send('retell', endOf('retell', 'inbound_1', 'agent_of_somebody_else'));
  await work();
  expect(await states()).toEqual(['DONE']);
});

describe('an event of the account that the chain gives for a call of which a wrong address told first', () => {
  /** Signed events of Harbor's call come to the address of the agency. */
  async function toldAstray(id: string): Promise<void> {
    const agent_id = await providerAgentIdOf(running, HARBOR_RETELL_AGENT);
    const sendAstray = await eventsOf(running, null);
    await sendAstray('call_started', started(id, { agent_id, direction: 'inbound' }));
    await work();
    expect(await calls()).toMatchObject([{ isOtherAccount: true, otherOwnerId: BRIGHTLINE }]);
  }

  test.each(['signed', 'not signed'])('has its provider asked, whose answer decides: %s', async (how) => {
    await start();
    const { id } = await foreign('retell');
    await toldAstray(id);
    if (how === 'signed') await (await eventsOf(running, HARBOR))('call_ended', over(id));
    else await send('retell', endOf('retell', id));
    await work();
    expect(await calls()).toMatchObject([{ isOtherAccount: true, status: 'IN_PROGRESS' }]);
    await askDue();
    expect(await calls()).toMatchObject([
      {
        ...{ providerCallId: id, keyOwnerId: HARBOR, isOtherAccount: false, otherOwnerId: null },
        ...{ status: 'COMPLETED', durationMs: 30_000, costStatus: 'KNOWN' },
      },
    ]);
    expect(await states()).toEqual(['DONE', 'DONE']);
  });

  test('changes nothing where the provider does not show the call to that account', async () => {
    await start();
    await toldAstray('inbound_1');
    const before = await calls();
    await (
      await eventsOf(running, HARBOR)
    )('call_ended', over('inbound_1'));
    await work();
    await askDue();
    expect([await calls(), await states()]).toEqual([before, ['DONE', 'DONE']]);
  });
});

test('an event that may be of a call whose placement was not answered has its provider asked whose it is', async () => {
  await start();
  const toNumber = '+14155550123';
  await running.data(START_CALL, { input: { agentId: HARBOR_RETELL_AGENT, toNumber } });
  const [placed] = await calls();
  const unanswered = { status: 'UNKNOWN', providerCallId: null } as const;
  await running.app.database.write((tx) => tx.updateRow('calls', unanswered, { id: placed?.id }));
  const id = placed?.providerCallId ?? '';
  const agent_id = await providerAgentIdOf(running, HARBOR_RETELL_AGENT);
  const sendSigned = await eventsOf(running, HARBOR);
  await sendSigned('call_ended', over(id, { agent_id, direction: 'outbound', to_number: toNumber }));
  const other = { agent_id, direction: 'outbound', to_number: '+14155550199' };
  await sendSigned('call_ended', over('of_another_number', other));
  await work();
  expect(await states()).toEqual(['TO_ASK', 'DONE']);
  await askDue();
  expect(await calls()).toMatchObject([
    { providerCallId: 'of_another_number', origin: 'PROVIDER' },
    { id: placed?.id, providerCallId: id, origin: 'API' },
  ]);
});

test('an event may be of a call through the gateway whose number is not known, and whose placement was not answered', async () => {
  await start();
  await running.data(START_CALL, { input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' } });
  const [placed] = await calls();
  const unanswered = { status: 'UNKNOWN', providerCallId: null, toNumber: null } as const;
  await running.app.database.write((tx) => tx.updateRow('calls', unanswered, { id: placed?.id }));
  const agent_id = await providerAgentIdOf(running, HARBOR_RETELL_AGENT);
  const call = { agent_id, direction: 'outbound', to_number: '+14155550123' };
  await (
    await eventsOf(running, HARBOR)
  )('call_ended', over(placed?.providerCallId ?? '', call));
  await work();
  await askDue();
  expect(await calls()).toMatchObject([{ id: placed?.id, providerCallId: placed?.providerCallId }]);
});

test('the events of one call have it asked for once, by one of two instances', async () => {
  await start();
  const { id } = await foreign('retell');
  const agent = await providerAgentIdOf(running, HARBOR_RETELL_AGENT);
  for (const event of ['call_started', 'call_ended', 'call_analyzed'])
    await send('retell', { ...endOf('retell', id, agent), event });
  await work();
  const other = await running.another();
  await Promise.all([askDue(), askDue(new Date(), other)]);
  await askDue();
  expect(asked('retell', id)).toBe(1);
  expect([(await calls()).length, await states()]).toEqual([1, ['DONE', 'DONE', 'DONE']]);
  await other.close();
});

test('an account that takes no more requests, or does not answer, is asked again later, and not for ever', async () => {
  let status = 429;
  const standIn = await Loopback.start((_, response) =>
    response.writeHead(status, { 'retry-after': '90' }).end('{}'),
  );
  await start({ RETELL_BASE_URL: standIn.baseUrl });
  for (const id of ['one', 'two']) await send('retell', endOf('retell', id));
  await work();
  const now = new Date();
  await askDue(now);
  expect(standIn.seen).toHaveLength(1);
  await askDue(new Date(now.getTime() + 90_000 - 1));
  expect(standIn.seen).toHaveLength(1);
  expect(await states()).toEqual(['TO_ASK', 'TO_ASK']);
  status = 503;
  await unpaced(async () => {
    for (let minute = 2; minute < 60; minute++) await askDue(new Date(now.getTime() + minute * MINUTE));
  });
  expect(standIn.seen.length).toBeLessThanOrEqual(20);
  expect(await states()).toEqual(['DONE', 'DONE']);
});

test('an account that takes no more requests is left alone by whoever works in the background', async () => {
  const standIn = await Loopback.start((_, response) =>
    response.writeHead(429, { 'retry-after': '600' }).end('{}'),
  );
  await start();
  await running.data(START_CALL, { input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' } });
  await send('retell', endOf('retell', 'one'));
  await work();
  const other = await running.another({ RETELL_BASE_URL: standIn.baseUrl });
  const now = new Date();
  await askDue(now, other);
  expect(standIn.seen).toHaveLength(1);
  const later = (minutes: number) => new Date(now.getTime() + minutes * MINUTE);
  await other.app.upkeep.callAsker.askDue(later(9));
  expect(standIn.seen).toHaveLength(1);
  await other.app.upkeep.callAsker.askDue(later(12));
  expect(standIn.seen).toHaveLength(2);
  await other.close();
});

test('nobody is asked for a call of an owner that has no key any more', async () => {
  await start();
  await send('retell', endOf('retell', 'inbound_1'));
  await work();
  await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
  await askDue();
  expect([await states(), running.sandbox.retell.requests.length]).toEqual([['DONE'], 0]);
});

describe('a correction that is dated like what it corrects', () => {
  const settled = async (aheadMs = 0) => {
    await start();
    const { startTestCall } = await running.data<{
      startTestCall: { call: { id: string; createdAt: string } };
    }>(START_CALL, { input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' } });
    const [call] = await calls();
    if (!call?.providerCallId) throw new Error('The call was not placed');
    const standIn = running.sandbox.retell.calls.byId(call.providerCallId);
    standIn?.answer(new Date(Date.now() - 5 * MINUTE));
    standIn?.end(60_000);
    const sendSigned = await eventsOf(running, HARBOR);
    const dated = (time?: Date | null) => time && time.getTime() + aheadMs;
    const analyzed = (cents: number) =>
      sendSigned(
        'call_analyzed',
        over(call.providerCallId ?? '', {
          call_cost: { combined_cost: cents },
          start_timestamp: dated(standIn?.startedAt),
          end_timestamp: dated(standIn?.endedAt),
          duration_ms: 60_000,
        }),
      );
    await analyzed(7.5);
    await work();
    expect(await calls()).toMatchObject([{ id: startTestCall.call.id, costMicros: 75_000, askAt: null }]);
    return { call, standIn, analyzed };
  };
  const askAbout = (now: Date) => running.app.upkeep.callAsker.askDue(now);
  const later = (ms: number) => new Date(Date.now() + ms);

  test('is asked about, and what the provider answers is a new revision', async () => {
    const { call, standIn, analyzed } = await settled();
    if (standIn) standIn.cents = 9;
    await analyzed(9);
    await work();
    expect(await calls()).toMatchObject([{ costMicros: 75_000, askAt: expect.any(Date) as Date }]);
    await askAbout(later(2 * MINUTE));
    expect(await calls()).toMatchObject([{ costMicros: 90_000, askAt: null }]);
    const revisions = await running.app.database.read.findBy(CallRevisionRow, { callId: call.id });
    expect(revisions.map(({ source }) => source)).toEqual(['EVENT', 'ASKED']);
  });

  test('is asked about, and the answer counts, where the clock that dates them is ahead', async () => {
    // The call has ended four minutes ago, and by that clock it will have in four minutes.
    const { standIn, analyzed } = await settled(8 * MINUTE);
    if (standIn) standIn.cents = 9;
    await analyzed(9);
    await work();
    expect(await calls()).toMatchObject([{ costMicros: 75_000, askAt: expect.any(Date) as Date }]);
    await askAbout(new Date());
    expect(await calls()).toMatchObject([{ costMicros: 90_000, askAt: null }]);
  });

  test('is asked about also where it says by the same bytes what an event before the last one said', async () => {
    const { standIn, analyzed } = await settled();
    for (const [cents, before] of [
      [9, 75_000],
      [7.5, 90_000],
    ] as const) {
      if (standIn) standIn.cents = cents;
      await analyzed(cents);
      await work();
      expect(await calls()).toMatchObject([{ costMicros: before, askAt: expect.any(Date) as Date }]);
      await askAbout(later(2 * MINUTE));
      expect(await calls()).toMatchObject([{ costMicros: cents * 10_000, askAt: null }]);
    }
    expect(await states()).toEqual(['DONE', 'DONE']);
  });

  test('is none where the same event comes again, and nobody is asked', async () => {
    const { analyzed } = await settled();
    await analyzed(7.5);
    await work();
    expect([await calls(), await states()]).toMatchObject([[{ costMicros: 75_000, askAt: null }], ['DONE']]);
  });

  test('and that its provider denies changes nothing, and is asked about once', async () => {
    const { call, analyzed } = await settled();
    const before = asked('retell', call.providerCallId ?? '');
    await analyzed(9);
    await work();
    for (let day = 1; day < 40; day++) await askAbout(later(day * 24 * 60 * MINUTE));
    expect(await calls()).toMatchObject([{ costMicros: 75_000, askAt: null }]);
    expect(asked('retell', call.providerCallId ?? '')).toBe(before + 1);
  });

  test('is asked about again where the provider does not answer', async () => {
    const { analyzed } = await settled();
    const away = await Loopback.start(json(503, {}));
    await analyzed(9);
    await work();
    const other = await running.another({ RETELL_BASE_URL: away.baseUrl });
    await other.app.upkeep.callAsker.askDue(later(2 * MINUTE));
    await other.close();
    expect(away.seen).toHaveLength(1);
    const [call] = await calls();
    expect(call?.askAt?.getTime()).toBeGreaterThan(Date.now() + 23 * 60 * MINUTE);
    await askAbout(later(25 * 60 * MINUTE));
    expect(await calls()).toMatchObject([{ costMicros: 75_000, askAt: null }]);
  });

  test('is no doubt where an earlier event comes late, and tells nothing else', async () => {
    const { call } = await settled();
    const sendSigned = await eventsOf(running, HARBOR);
    await sendSigned('call_started', {
      call_id: call.providerCallId ?? '',
      call_status: 'ongoing',
      start_timestamp: (await calls())[0]?.startedAt?.getTime(),
    });
    await work();
    expect(await calls()).toMatchObject([{ askAt: null }]);
  });
});
