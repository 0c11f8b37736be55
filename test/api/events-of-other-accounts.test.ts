import type { RequestListener } from 'node:http';
import { CallRow } from '../../src/calls/call.entity';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import { HARBOR_BLAND_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { ENDPOINTS } from '../operations';
import { fixtures } from '../providers/fixtures/bland';
import { json, Loopback } from '../providers/loopback';
import { providerAgentIdOf } from '../retell-events';

const MINUTE = 60 * 1000;
const REFUSED = { status: 401, body: fixtures.refusals[401] };
const FAULT = { status: 500, body: fixtures.refusals[500] };

let running: TestApp;
let pathname: string;
let agentId: string;
/** What Bland answers when it is asked about a call, or whether a key is valid. */
let answers: Record<string, { readonly status: number; readonly body: unknown }>;
const askedFor: string[] = [];

const answer: RequestListener = (request, response) => {
  const url = request.url ?? '';
  askedFor.push(url);
  const { status, body } = answers[url] ?? { status: 404, body: { errors: [{ error: 'NOT_FOUND' }] } };
  json(status, body)(request, response);
};

beforeEach(async () => {
  const standIn = await Loopback.start(answer);
  running = await startTestApp({ BLAND_BASE_URL: standIn.baseUrl });
  const { webhookEndpoints } = await running.data<{
    webhookEndpoints: { provider: string; url: string }[];
  }>(ENDPOINTS, { clientId: null });
  const ofBland = webhookEndpoints.find(({ provider }) => provider === 'BLAND');
  pathname = new URL(ofBland?.url ?? '').pathname;
  agentId = await providerAgentIdOf(running, HARBOR_BLAND_AGENT);
  askedFor.length = 0;
  answers = { '/v1/me': fixtures.verified };
});
afterEach(async () => {
  await running.close();
  await Loopback.closeAll();
});

const ended = (id: string) => ({ call_id: id, agent_id: agentId, completed: true, inbound: true });

/** Unsigned events of these calls come to the agency's address, one after the other, and are worked. */
async function send(...ids: string[]): Promise<void> {
  for (const id of ids) {
    const body = JSON.stringify(ended(id));
    expect((await fetch(`${running.url}${pathname}`, { method: 'POST', body })).status).toBe(204);
    await running.app.upkeep.eventWorker.work();
  }
}

/** The account has the call. */
const has = (id: string) =>
  (answers[`/v1/calls/${id}`] = { status: 200, body: { ...ended(id), call_length: 1, price: 0.09 } });

const askDue = (now = new Date()) => running.app.upkeep.eventAsker.askDue(now);
const recorded = async () =>
  (await running.app.database.read.find(CallRow)).map(({ providerCallId }) => providerCallId);
const states = async () =>
  (await running.app.database.read.find(ProviderEventRow, { order: { id: 'ASC' } })).map(
    ({ state }) => state,
  );

test('calls that a provider refuses to show, as it does those of other accounts, keep no event waiting', async () => {
  for (const id of ['theirs-1', 'theirs-2']) answers[`/v1/calls/${id}`] = REFUSED;
  has('own');
  await send('theirs-1', 'theirs-2', 'own');
  await askDue();
  expect([await recorded(), await states()]).toEqual([['own'], ['DONE', 'DONE', 'DONE']]);
});

test('a key that is refused altogether has its events wait, and no further call is asked for', async () => {
  answers['/v1/me'] = REFUSED;
  answers['/v1/calls/one'] = REFUSED;
  has('own');
  await send('one', 'own');
  await askDue();
  expect([askedFor, await states()]).toEqual([
    ['/v1/calls/one', '/v1/me'],
    ['TO_ASK', 'TO_ASK'],
  ]);
});

test('a call for which there is never an answer keeps the other events of its account waiting once', async () => {
  answers['/v1/calls/faulty'] = FAULT;
  has('own');
  await send('faulty', 'own');
  const now = new Date();
  await askDue(now);
  expect(await recorded()).toEqual([]);
  await askDue(new Date(now.getTime() + MINUTE + 1));
  expect([await recorded(), await states()]).toEqual([['own'], ['TO_ASK', 'DONE']]);
});
