import { webcrypto } from 'node:crypto';
import Retell from 'retell-sdk';
import { CallRow } from '../../src/calls/call.entity';
import { receiveDayOfCalls } from '../../src/demo/day-of-calls';
import type { EventOutbox, SigningForm } from '../../src/demo/sandbox/events';
import type { Ending, PlacedCall } from '../../src/demo/sandbox/placed-calls';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import { HARBOR, HARBOR_BLAND_AGENT, HARBOR_RETELL_AGENT, HARBOR_VAPI_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { ENDPOINTS, SET_WEBHOOK_SECRET, START_LIVE_CALL } from '../operations';
import { Loopback } from '../providers/loopback';

const SECRET = 'whs_of_the_stand_ins_0123456789';
/** Harbor has accounts of its own at the first two, and uses the agency's at the third. */
const CASES = {
  retell: { agentId: HARBOR_RETELL_AGENT, owner: HARBOR, account: 'client' },
  vapi: { agentId: HARBOR_VAPI_AGENT, owner: HARBOR, account: 'client' },
  bland: { agentId: HARBOR_BLAND_AGENT, owner: null, account: 'agency' },
} as const;
type Name = keyof typeof CASES;
const NAMES = Object.keys(CASES) as Name[];

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp();
});
afterAll(async () => {
  await running.close();
  await Loopback.closeAll();
});

/** Tells a stand-in where its events go, as an admin enters it at the provider. */
async function connect(name: Name, form?: SigningForm): Promise<EventOutbox> {
  const { owner, account } = CASES[name];
  const provider = name.toUpperCase();
  const { webhookEndpoints } = await running.data<{ webhookEndpoints: { provider: string; url: string }[] }>(
    ENDPOINTS,
    { clientId: owner },
  );
  const url = webhookEndpoints.find((each) => each.provider === provider)?.url ?? '';
  await running.data(SET_WEBHOOK_SECRET, { input: { clientId: owner, provider, secret: SECRET } });
  const { events, accounts } = running.sandbox[name];
  events.waiting.length = 0;
  events.sendTo(accounts[account], { url, secret: SECRET, ...(form && { form }) });
  return events;
}

async function place(name: Name): Promise<PlacedCall> {
  const { startCall } = await running.data<{ startCall: { call: { providerCallId: string } } }>(
    START_LIVE_CALL,
    { input: { agentId: CASES[name].agentId, toNumber: '+14155550123', idempotencyKey: `${Math.random()}` } },
  );
  const call = running.sandbox[name].calls.byId(startCall.call.providerCallId);
  if (!call) throw new Error('The stand-in has no such call');
  return call;
}

const receive = (name: Name): PlacedCall => {
  const { accounts, receive: comeIn } = running.sandbox[name];
  const account = accounts[CASES[name].account];
  const call = comeIn(account, account.agents[0]?.id ?? '', '+14155550177');
  if (!call) throw new Error('The stand-in takes no calls');
  return call;
};

const work = () => running.app.upkeep.eventWorker.work();
const stored = ({ id }: PlacedCall) =>
  running.app.database.read.find(CallRow, { where: { providerCallId: id } });
const count = ({ id }: PlacedCall) =>
  running.app.database.read.countBy(ProviderEventRow, { providerCallId: id });
const allTaken = (statuses: readonly number[]) => expect([...new Set(statuses)]).toEqual([204]);

const OVER = {
  status: 'COMPLETED',
  durationMs: 60_000,
  endReason: 'HUNG_UP_BY_AGENT',
  costStatus: 'KNOWN',
  costMicros: 75_000,
  costCurrency: 'USD',
};

describe.each(NAMES)('the stand-in of %s', (name) => {
  test('sends events of a call as it goes on, which tell its state, its times and its cost', async () => {
    const events = await connect(name);
    const call = await place(name);
    const seen: unknown[] = [];
    const next = async () => {
      allTaken([204, ...(await events.sendAll())]);
      await work();
      seen.push((await stored(call))[0]?.status);
    };
    await next();
    call.ring();
    await next();
    call.answer();
    await next();
    call.end(60_000, 'AGENT_HUNG_UP');
    await next();
    const phases = {
      retell: ['QUEUED', 'QUEUED', 'IN_PROGRESS', 'COMPLETED'],
      vapi: ['QUEUED', 'RINGING', 'IN_PROGRESS', 'COMPLETED'],
      bland: ['QUEUED', 'QUEUED', 'QUEUED', 'COMPLETED'],
    };
    expect(seen).toEqual(phases[name]);
    expect(await stored(call)).toMatchObject([
      { ...OVER, startedAt: call.startedAt, endedAt: call.endedAt, providerCallId: call.id },
    ]);
  });

  test.each<[Ending, string, string]>([
    ['CALLEE_HUNG_UP', 'COMPLETED', 'HUNG_UP_BY_CALLEE'],
    ['VOICEMAIL', 'COMPLETED', 'VOICEMAIL'],
    ['NO_ANSWER', 'NO_ANSWER', 'NO_ANSWER'],
    ['BUSY', 'BUSY', 'BUSY'],
    ['FAULT', 'FAILED', 'PROVIDER_FAULT'],
  ])('tells of a call that ends by %s', async (ending, status, endReason) => {
    const events = await connect(name);
    const call = await place(name);
    if (status === 'COMPLETED') call.answer();
    call.end(5_000, ending);
    allTaken(await events.sendAll());
    await work();
    expect(await stored(call)).toMatchObject([{ status, endReason, costStatus: 'KNOWN' }]);
  });

  test('tells of a call that came in, late, twice and in the reverse order, and it is one call', async () => {
    const events = await connect(name);
    const call = receive(name);
    call.answer();
    call.end(60_000, 'AGENT_HUNG_UP');
    const waiting = events.waiting.splice(0);
    for (const event of [...waiting, ...waiting].reverse()) {
      expect(await events.send(event)).toBe(204);
      await work();
    }
    expect(await count(call)).toBe(waiting.length);
    expect(await stored(call)).toMatchObject([
      {
        ...OVER,
        origin: 'PROVIDER',
        direction: 'INBOUND',
        isOtherAccount: false,
        providerCallId: call.id,
        startedAt: call.startedAt,
      },
    ]);
  });

  test('whose events do not come at all is asked instead', async () => {
    const events = await connect(name);
    const call = await place(name);
    call.answer();
    call.end(60_000, 'AGENT_HUNG_UP');
    events.waiting.length = 0;
    await running.app.upkeep.callAsker.askDue(new Date(Date.now() + 121_000));
    expect(await stored(call)).toMatchObject([OVER]);
    expect(await count(call)).toBe(0);
  });

  test('signs with the secret that it was given, and is refused with another', async () => {
    const events = await connect(name);
    const call = await place(name);
    const input = { clientId: CASES[name].owner, provider: name.toUpperCase() };
    // The two before the newest one are good for a day more.
    for (const secret of ['whs_newer_0123456789', 'whs_later_0123456789', 'whs_newest_0123456789'])
      await running.data(SET_WEBHOOK_SECRET, { input: { ...input, secret } });
    call.answer();
    call.end();
    expect(new Set(await events.sendAll())).toEqual(new Set([401]));
    expect(await count(call)).toBe(0);
  });
});

test.each<SigningForm>(['HMAC', 'SECRET', 'BEARER'])(
  'the stand-in of vapi signs in the form that the account has chosen: %s',
  async (form) => {
    const events = await connect('vapi', form);
    const call = await place('vapi');
    call.answer();
    allTaken(await events.sendAll());
    await work();
    expect(await stored(call)).toMatchObject([{ status: 'IN_PROGRESS' }]);
  },
);

/** What a stand-in sends to somebody else, who verifies it. */
async function sent(name: Name) {
  const loopback = await Loopback.start((_incoming, outgoing) => void outgoing.writeHead(204).end());
  const { accounts, events } = running.sandbox[name];
  events.sendTo(accounts[CASES[name].account], { url: loopback.baseUrl, secret: SECRET });
  const call = receive(name);
  call.answer();
  call.end();
  allTaken(await events.sendAll());
  return loopback.seen;
}

/** By the interface of the Web, which neither the stand-ins nor the product use. */
async function isHmac(text: string, hex: unknown): Promise<boolean> {
  const { subtle } = webcrypto;
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await subtle.importKey('raw', Buffer.from(SECRET), algorithm, false, ['verify']);
  return subtle.verify('HMAC', key, Buffer.from(String(hex), 'hex'), Buffer.from(text));
}

describe('what a stand-in signs', () => {
  test("is verified by Retell's own SDK, and with no other secret or body", async () => {
    const requests = await sent('retell');
    expect(requests.map(({ body }) => (JSON.parse(body) as { event: string }).event)).toEqual([
      'call_started',
      'call_ended',
      'call_analyzed',
    ]);
    for (const { body, headers } of requests) {
      const signature = String(headers['x-retell-signature']);
      expect(await Retell.verify(body, SECRET, signature)).toBe(true);
      expect(await Retell.verify(body, `${SECRET}x`, signature)).toBe(false);
      expect(await Retell.verify(`${body} `, SECRET, signature)).toBe(false);
    }
  });

  test('is a keyed hash over the time and the body for Vapi, and over the body for Bland', async () => {
    for (const { body, headers } of await sent('vapi'))
      expect(await isHmac(`${String(headers['x-timestamp'])}.${body}`, headers['x-signature'])).toBe(true);
    const [only, ...others] = await sent('bland');
    expect(others).toEqual([]);
    expect(await isHmac(only?.body ?? '', only?.headers['x-webhook-signature'])).toBe(true);
  });
});

test('the call that goes on when the demo begins still does when its provider has been asked about it for hours', async () => {
  const { calls, accounts, requests } = running.sandbox.retell;
  const events = await connect('retell');
  receiveDayOfCalls(running.sandbox);
  allTaken(await events.sendAll());
  await work();
  const [goingOn] = calls.of(accounts.client).filter(({ phase }) => phase === 'GOING_ON');
  if (!goingOn) throw new Error('No call goes on');
  for (const minutes of [3, 11, 61, 361])
    await running.app.upkeep.callAsker.askDue(new Date(Date.now() + minutes * 60_000));
  expect(requests.filter(({ path }) => path.endsWith(goingOn.id))).toHaveLength(4);
  expect(await stored(goingOn)).toMatchObject([{ status: 'IN_PROGRESS' }]);
});

test('calls of the hours before stand at the time at which they began, whichever event tells of them first', async () => {
  const outboxes = [];
  for (const name of NAMES) outboxes.push(await connect(name));
  receiveDayOfCalls(running.sandbox);
  for (const events of outboxes) allTaken(await events.sendAll());
  await work();
  const calls = await running.app.database.read.findBy(CallRow, { origin: 'PROVIDER' });
  const begun = calls.filter(({ startedAt }) => startedAt !== null);
  expect(new Set(begun.map(({ provider }) => provider)).size).toBe(NAMES.length);
  expect(begun.map(({ createdAt }) => createdAt)).toEqual(begun.map(({ startedAt }) => startedAt));
});
