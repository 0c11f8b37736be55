import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as sendRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CallRevisionRow } from '../../src/calls/call-revision.entity';
import { CallRow } from '../../src/calls/call.entity';
import { knownOf } from '../../src/calls/known';
import { readConfig } from '../../src/config';
import type { Ending, PlacedCall } from '../../src/demo/sandbox/placed-calls';
import type { SandboxProvider } from '../../src/demo/sandbox';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import { openStore, type Store } from '../../src/store';
import { HARBOR, HARBOR_BLAND_AGENT, HARBOR_RETELL_AGENT, HARBOR_VAPI_AGENT } from '../demo-ids';
import { Copies } from '../fixtures/copies';
import { startTestApp, type TestApp } from '../harness';
import { ENDPOINTS, SET_WEBHOOK_SECRET, START_LIVE_CALL } from '../operations';
import { COMPILED_BEFORE, until } from './process';

/** By hand fewer than in CI. Each is sent one to five times, which is four times as many deliveries. */
const EVENTS = Number(process.env.KILLED_EVENTS ?? 300);
const ROUNDS = EVENTS > 1_000 ? 3 : 1;
const SENDERS = 12;
const SECRET = 'whs_of_killed_events_0123456789';

const STAGES = [
  'RECEIVED',
  'INSERTED',
  'ON RECORD',
  'ANSWERED',
  'TAKEN',
  'IN ITS EFFECT',
  'BEFORE ITS COMMIT',
  'WORKED',
] as const;

/** Harbor has accounts of its own at the first two, and uses the agency's at the third. */
const PLACES = [
  { name: 'retell', owner: HARBOR, account: 'client', agentId: HARBOR_RETELL_AGENT },
  { name: 'vapi', owner: HARBOR, account: 'client', agentId: HARBOR_VAPI_AGENT },
  { name: 'bland', owner: null, account: 'agency', agentId: HARBOR_BLAND_AGENT },
] as const;
type Place = (typeof PLACES)[number];

jest.setTimeout(EVENTS > 1_000 ? 1_800_000 : 300_000);

let running: TestApp;
let copies: Copies;
beforeAll(async () => {
  running = await startTestApp();
  copies = new Copies(running);
});
afterAll(async () => {
  await copies.drop();
  await running.close();
});

interface Event {
  readonly path: string;
  readonly body: string;
  readonly headers: () => Readonly<Record<string, string>>;
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

async function pathTo({ name, owner }: Place): Promise<string> {
  const provider = name.toUpperCase();
  await running.data(SET_WEBHOOK_SECRET, { input: { clientId: owner, provider, secret: SECRET } });
  const { webhookEndpoints } = await running.data<{ webhookEndpoints: { provider: string; url: string }[] }>(
    ENDPOINTS,
    { clientId: owner },
  );
  return new URL(webhookEndpoints.find((each) => each.provider === provider)?.url ?? '').pathname;
}

/** Some calls are placed by Latchkey, and the others come in. */
async function begin({ name, account, agentId }: Place, index: number): Promise<PlacedCall> {
  const { calls, accounts, receive }: SandboxProvider = running.sandbox[name];
  const { agents } = accounts[account];
  if (index % 10 > 0) {
    const call = receive(accounts[account], agents[0]?.id ?? '', '+14155550177');
    if (call) return call;
  }
  const { startCall } = await running.data<{ startCall: { call: { providerCallId: string } } }>(
    START_LIVE_CALL,
    { input: { agentId, toNumber: '+14155550123', idempotencyKey: `${name} ${index}` } },
  );
  const placed = calls.byId(startCall.call.providerCallId);
  if (!placed) throw new Error('The stand-in has no such call');
  return placed;
}

const ENDINGS: readonly Ending[] = [
  'CALLEE_HUNG_UP',
  'AGENT_HUNG_UP',
  'NO_ANSWER',
  'VOICEMAIL',
  'BUSY',
  'FAULT',
];
const isConnected = (ending: Ending | undefined) => ending !== 'NO_ANSWER' && ending !== 'BUSY';

/** The events of many calls at all three, as the stand-ins send them, in the order in which they happen. */
async function eventsOf(count: number): Promise<Event[]> {
  const paths = await Promise.all(PLACES.map(pathTo));
  for (const { name, account } of PLACES) {
    const { events, accounts } = running.sandbox[name];
    events.sendTo(accounts[account], { url: 'http://127.0.0.1', secret: SECRET });
  }
  const all: Event[] = [];
  for (let index = 0; all.length < count; index += 1) {
    for (const [at, place] of PLACES.entries()) {
      const { events } = running.sandbox[place.name];
      const call = await begin(place, index);
      call.ring();
      const ending = ENDINGS[(index + at) % ENDINGS.length];
      if (isConnected(ending)) call.answer(new Date(Date.now() - 3_600_000 + index * 1_000));
      call.end(1_000 + index * 250, ending);
      const isCorrected = index % 3 === 0 && place.name === 'retell';
      const waiting = events.waiting.splice(0);
      // A run that takes longer than two minutes asks about calls that Latchkey placed, and hears the same.
      if (isCorrected) call.cents = CORRECTED_CENTS;
      for (const event of waiting) {
        const body = isCorrected ? corrected(event.body) : event.body;
        const path = paths[at] ?? '';
        all.push({ path, body, headers: () => events.headersOf({ ...event, body }) });
      }
    }
  }
  return all.slice(0, count);
}

const CORRECTED_CENTS = 99.75;

/** What was analyzed can cost more than what had just ended. */
function corrected(body: string): string {
  const event = JSON.parse(body) as { event?: string; call?: object };
  if (event.event !== 'call_analyzed') return body;
  return JSON.stringify({ ...event, call: { ...event.call, call_cost: { combined_cost: CORRECTED_CENTS } } });
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => [random(), item] as const)
    .sort(([one], [other]) => one - other)
    .map(([, item]) => item);
}

const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
afterAll(() => agent.destroy());

/** The status of the answer; 0 where there was none. */
async function deliver(url: string, { path, body, headers }: Event): Promise<number> {
  const request = sendRequest(`${url}${path}`, { method: 'POST', agent, headers: { ...headers() } });
  try {
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    request.end(body);
    const [response] = await answered;
    for await (const _ of response);
    return response.statusCode ?? 0;
  } catch {
    return 0;
  }
}

/** The product in a process that kills itself, and is started again each time. */
class Mortal {
  url = '';
  kills: string[] = [];
  #child: ChildProcess | null = null;
  #isOver = false;

  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly points: { readonly stage: string; readonly after: number }[],
  ) {}

  async start(): Promise<void> {
    if (this.#isOver) return;
    const point = this.points.shift();
    const env = {
      ...this.env,
      ...COMPILED_BEFORE,
      PORT: '0',
      KILL_AT: point?.stage ?? '',
      KILL_AFTER: String(point?.after ?? 0),
    };
    const child = fork(join(__dirname, '../fixtures/killed-events.mjs'), { execArgv: [], env });
    this.#child = child;
    child.once('exit', (_code, signal) => {
      if (this.#isOver) return;
      this.kills.push(`${point?.stage} ${signal}`);
      this.url = '';
      void this.start();
    });
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    this.url = url;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
}

/** Each delivery is sent again until it is acknowledged. */
async function deliverAll(deliveries: readonly Event[], to: { readonly url: string }): Promise<void> {
  const left = [...deliveries];
  const sender = async () => {
    for (let event = left.pop(); event; event = left.pop())
      while (to.url === '' || (await deliver(to.url, event)) !== 204) await pause(5);
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

/**
 * Of a call, whatever tells when it was written, and from which of its events: its id, the times of the
 * database, how often it changed, and the time for which its keys were resolved, which is that of the event
 * that was worked first. What was resolved has to be the same.
 */
const VOLATILE = new Set(['id', 'knownAt', 'resolvedAt', 'askAt', 'createdAt', 'updatedAt', 'revision']);

/** What is known of each call, whose latest revision has to say the same. */
async function outcomeOf({ database: { read } }: Pick<Store, 'database'>) {
  const calls = await read.find(CallRow, { order: { providerCallId: 'ASC' } });
  const revisions = new Map<string, CallRevisionRow[]>();
  for (const row of await read.find(CallRevisionRow, { order: { revision: 'ASC' } }))
    revisions.set(row.callId, [...(revisions.get(row.callId) ?? []), row]);
  return calls.map((call) => {
    const own = revisions.get(call.id) ?? [];
    expect(own.map(({ revision }) => revision)).toEqual(own.map((_, index) => index + 1));
    expect(call.revision).toBe(own.length);
    const last = own.at(-1);
    if (last) expect(last.known).toBe(JSON.stringify(knownOf(call)));
    // Every call has a receipt, which says for when it was resolved.
    expect(call).toMatchObject({
      receipt: expect.any(String) as string,
      resolvedAt: expect.any(Date) as Date,
    });
    const lasting = Object.entries(call).filter(([column]) => !VOLATILE.has(column));
    return { ...Object.fromEntries(lasting), receipt: JSON.parse(call.receipt ?? '') as object };
  });
}

/** What an instance that was killed had taken may be taken by another one at once. */
const release = ({ database }: Store) =>
  database.write((tx) =>
    tx.run("UPDATE provider_events SET dueAt = ? WHERE state = 'WAITING'", [new Date()]),
  );

test(`each delivery of ${EVENTS} events, shuffled, repeated one to five times, with the process killed at every stage, leaves what one delivery in order leaves`, async () => {
  const events = await eventsOf(EVENTS);
  // What is known of a key stands in receipts: it is not to change in one of both databases alone.
  await running.app.database.write((tx) => tx.run('UPDATE api_keys SET checkAt = NULL', []));
  const [inOrder, killed] = [await copies.take(), await copies.take()];

  const reference = await running.another({ DATABASE_URL: inOrder });
  for (const [index, event] of events.entries()) {
    expect(await deliver(reference.url, event)).toBe(204);
    if (index % 50 === 0) await reference.app.upkeep.eventWorker.work();
  }
  await reference.app.upkeep.eventWorker.work();
  const expected = await outcomeOf(reference.app);
  await reference.close();

  const seed = Date.now();
  const random = generator(seed);
  const repeated = events.flatMap((event) =>
    Array.from({ length: 1 + (Math.floor(random() * 5) % 5) }, () => event),
  );
  const extra = shuffled(events, random).slice(0, Math.max(0, 4 * EVENTS - repeated.length));
  const deliveries = shuffled([...repeated, ...extra], random);
  const points = Array.from({ length: ROUNDS }, () => STAGES).flatMap((stages) =>
    stages.map((stage) => ({ stage, after: Math.floor(random() * Math.max(1, EVENTS / 400)) })),
  );
  const planned = points.map(({ stage }) => `${stage} SIGKILL`);
  const mortal = new Mortal({ ...running.env, DATABASE_URL: killed }, points);
  const store = await openStore(readConfig({ ...running.env, DATABASE_URL: killed }));
  try {
    await mortal.start();
    const part = Math.ceil(deliveries.length / planned.length);
    for (let start = 0; start < deliveries.length; start += part)
      await deliverAll(deliveries.slice(start, start + part), mortal);
    const isWorked = async () => {
      await release(store);
      return !(await store.database.read.existsBy(ProviderEventRow, { state: 'WAITING' }));
    };
    await until(isWorked);
    expect([seed, await outcomeOf(store)]).toEqual([seed, expected]);
    expect(await store.database.read.countBy(ProviderEventRow, { state: 'DONE' })).toBe(EVENTS);
    // The last events may be worked before the last kill is due.
    expect(mortal.kills).toEqual(planned.slice(0, mortal.kills.length));
    expect(new Set(mortal.kills)).toEqual(new Set(planned));
  } finally {
    await mortal.end();
    await store.database.close();
  }
});
