import { randomUUID } from 'node:crypto';
import { AgentRow } from '../../src/agents/agent.entity';
import { CallRow } from '../../src/calls/call.entity';
import { reconcileAll } from '../../src/reconciliation/command';
import type { Difference } from '../../src/reconciliation/difference';
import { MOST_IN_FULL } from '../../src/reconciliation/reconciler';
import { BRIGHTLINE, HARBOR, HARBOR_BLAND_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { START_CALL } from '../operations';
import { json, Loopback } from '../providers/loopback';
import { unpaced } from '../unpaced';

const TO = '+14155550123';
const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What Bland's documentation and its own command line tool show of a call in a list. */
const SHOWN = ['call_id', 'created_at', 'call_length', 'from', 'completed', 'queue_status', 'answered_by'];

/** What the lists show beside it. */
let shownBeside: readonly string[] = [];

type Listed = Readonly<Record<string, unknown>>;

let running: TestApp;
/** Passes what it is asked on to the stand-in, whose lists say no more than Bland's. */
let instance: TestApp;
let bland: Loopback;
beforeEach(async () => {
  shownBeside = [];
  running = await startTestApp();
  bland = await Loopback.start((incoming, outgoing) => {
    void ask(incoming.url ?? '', incoming.headers.authorization ?? '').then(({ status, body }) =>
      json(status, body)(incoming, outgoing),
    );
  });
  instance = await running.another({ BLAND_BASE_URL: bland.baseUrl });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await instance.close();
  await running.close();
  await Loopback.closeAll();
});

async function ask(path: string, authorization: string) {
  const answer = await fetch(`${running.sandbox.bland.baseUrl}${path}`, { headers: { authorization } });
  const body = (await answer.json()) as { calls?: readonly Listed[] };
  return { status: answer.status, body: body.calls ? { ...body, calls: body.calls.map(inPart) } : body };
}

function inPart(call: Listed): Listed {
  const shown = Object.entries(call).filter(([name]) => [...SHOWN, ...shownBeside].includes(name));
  // Of a call that nobody answered, it may be the time for which the phone rang.
  const length = { call_length: call.call_length === 0 ? 0.3 : call.call_length };
  return { ...Object.fromEntries(shown), ...length, to: String(call.to).replace(/^\+1/, '') };
}

async function start(): Promise<CallRow> {
  const input = { agentId: HARBOR_BLAND_AGENT, toNumber: TO };
  const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(START_CALL, {
    input,
  });
  return stored(startTestCall.call.id);
}
const stored = (id: string) => running.app.database.read.findOneByOrFail(CallRow, { id });
const write = (id: string, change: Partial<CallRow>) =>
  running.app.database.write((tx) => tx.updateRow('calls', change, { id }));
const standIn = ({ providerCallId }: CallRow) => {
  const call = running.sandbox.bland.calls.byId(providerCallId ?? '');
  if (!call) throw new Error('The stand-in has no such call');
  return call;
};

/** A call of the account that nobody placed here. */
function foreign(agentId: string | undefined, at = new Date(), isOver = true) {
  const { agency } = running.sandbox.bland.accounts;
  const request = { agent_id: agentId, phone_number: TO };
  const call = running.sandbox.bland.calls.add(agency, randomUUID(), request, 'outbound', at);
  call.answer(at);
  if (isOver) call.end(60_000);
  return call;
}

async function reconcile() {
  const lines: (Omit<Difference, 'kind'> & { kind: string; undecided?: number; obstacle?: string | null })[] =
    [];
  const [since, until] = [new Date(Date.now() - DAY), new Date(Date.now() + HOUR)];
  const options = { agencyId: BRIGHTLINE, provider: 'BLAND' as const, since, until, asJson: true };
  await unpaced(() =>
    reconcileAll(instance.app.database.read, instance.app.upkeep.reconciler, options, (line) =>
      lines.push(JSON.parse(line) as (typeof lines)[number]),
    ),
  );
  return {
    differences: lines.filter(({ kind }) => kind !== 'ACCOUNT'),
    undecided: lines.reduce((sum, line) => sum + (line.undecided ?? 0), 0),
    obstacles: lines.flatMap(({ obstacle }) => obstacle ?? []),
  };
}
const askedInFull = () => bland.seen.filter(({ url }) => url?.startsWith('/v1/calls/')).length;

test('a call that was placed without an answer is found among many of the days around it', async () => {
  const call = await start();
  await write(call.id, { status: 'UNKNOWN', providerCallId: null, errorCode: 'TIMEOUT' });
  for (let count = 0; count < 40; count += 1)
    foreign(undefined, new Date(Date.now() - HOUR - count * MINUTE));
  const due = new Date(call.createdAt.getTime() + 2 * MINUTE);
  await unpaced(() => instance.app.upkeep.callAsker.askDue(due));
  expect(await stored(call.id)).toMatchObject({ providerCallId: call.providerCallId, errorCode: null });
  expect((await stored(call.id)).status).not.toBe('UNKNOWN');
});

test('what a list leaves out changes nothing of a call, whose end is asked for', async () => {
  const [unanswered, answered] = [await start(), await start()];
  standIn(unanswered).end(20_000, 'NO_ANSWER');
  standIn(answered).answer();
  standIn(answered).end(60_000, 'AGENT_HUNG_UP');
  expect((await reconcile()).differences).toEqual([]);
  const ended = [await stored(unanswered.id), await stored(answered.id)];
  expect(ended).toMatchObject([
    { status: 'NO_ANSWER', durationMs: 0, endReason: 'NO_ANSWER', costStatus: 'KNOWN', revision: 1 },
    {
      status: 'COMPLETED',
      durationMs: 60_000,
      endReason: 'HUNG_UP_BY_AGENT',
      costStatus: 'KNOWN',
      revision: 1,
    },
  ]);
  expect((await reconcile()).differences).toEqual([]);
  expect([await stored(unanswered.id), await stored(answered.id)]).toMatchObject(
    ended.map(({ status, durationMs, revision }) => ({ status, durationMs, revision })),
  );
});

async function ownAgent(): Promise<string> {
  const { read } = running.app.database;
  return (await read.findOneByOrFail(AgentRow, { id: HARBOR_BLAND_AGENT })).providerAgentId;
}

test('a call that nobody had heard of is asked for, and recorded if its agent is one of the agency', async () => {
  const providerAgentId = await ownAgent();
  const [own, other] = [foreign(providerAgentId), foreign(randomUUID())];
  const goingOn = foreign(providerAgentId, new Date(), false);
  const { differences } = await reconcile();
  expect(differences.map(({ kind, providerCallId }) => [kind, providerCallId]).sort()).toEqual(
    [own, other, goingOn].map(({ id }) => ['UNKNOWN_TO_US', id]).sort(),
  );
  const recorded = await running.app.database.read.find(CallRow);
  expect(new Map(recorded.map((call) => [call.providerCallId, call.status]))).toEqual(
    new Map([
      [own.id, 'COMPLETED'],
      [goingOn.id, 'IN_PROGRESS'],
    ]),
  );
  const ended = { clientId: HARBOR, durationMs: 60_000, costStatus: 'KNOWN' };
  expect(recorded.find(({ status }) => status === 'COMPLETED')).toMatchObject(ended);
});

test('a cost that the provider has corrected is found, although its list tells none', async () => {
  const call = await start();
  standIn(call).answer();
  standIn(call).end(60_000);
  await reconcile();
  standIn(call).cents = 50;
  expect((await reconcile()).differences).toMatchObject([
    { kind: 'OTHER_COST', callId: call.id, ourCost: '0.075 USD', theirCost: '0.5 USD' },
  ]);
});

test('a call of which a list tells how it ended and at what cost, and no agent, is asked for and recorded', async () => {
  shownBeside = ['status', 'price'];
  const { id } = foreign(await ownAgent());
  await reconcile();
  expect(await running.app.database.read.find(CallRow)).toMatchObject([
    { providerCallId: id, clientId: HARBOR, costStatus: 'KNOWN' },
  ]);
});

test('calls of which not all is known are asked for however many others there are, which are undecided then', async () => {
  jest.replaceProperty(MOST_IN_FULL, 'settled', 10);
  const count = MOST_IN_FULL.settled + 3;
  const agentId = await ownAgent();
  for (let index = 0; index < count; index += 1) foreign(agentId);
  expect([(await reconcile()).undecided, askedInFull()]).toEqual([0, count]);
  foreign(agentId);
  const { undecided } = await reconcile();
  expect([undecided, askedInFull()]).toEqual([3, count + 1 + MOST_IN_FULL.settled]);
  expect(await running.app.database.read.count(CallRow)).toBe(count + 1);
});

test('an account with more calls of which not all is known is not taken for compared, and goes on with the rest', async () => {
  expect(MOST_IN_FULL).toEqual({ open: 5_000, settled: 500 });
  jest.replaceProperty(MOST_IN_FULL, 'open', 4);
  const agentId = await ownAgent();
  for (let index = 0; index < 6; index += 1) foreign(agentId);
  const first = await reconcile();
  expect([first.undecided, first.obstacles, askedInFull()]).toEqual([2, ['TOO_MANY_CALLS'], 4]);
  expect(await running.app.database.read.count(CallRow)).toBe(4);
  const second = await reconcile();
  expect([second.undecided, second.obstacles]).toEqual([0, []]);
  expect(await running.app.database.read.count(CallRow)).toBe(6);
});
