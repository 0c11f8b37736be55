import type { RequestListener } from 'node:http';
import { ApiKeyRow } from '../../src/keys/api-key.entity';
import { BRIGHTLINE, HARBOR, HARBOR_BLAND_AGENT, HARBOR_RETELL_AGENT, HARBOR_VAPI_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { START_CALL } from '../operations';
import { fixturesOf } from '../providers/fixtures';
import { json, Loopback } from '../providers/loopback';

const MINUTE = 60 * 1000;

/** How each provider tells that an account cannot pay: by the end of a call that it took before. */
const PROVIDERS = [
  {
    provider: 'RETELL',
    agentId: HARBOR_RETELL_AGENT,
    placed: (id: string) => ({ call_id: id, call_status: 'registered' }),
    unpaid: (id: string) => ({
      call_id: id,
      call_status: 'error',
      disconnection_reason: 'no_valid_payment',
    }),
    connected: (id: string) => ({
      call_id: id,
      call_status: 'ended',
      disconnection_reason: 'user_hangup',
      duration_ms: 30_000,
    }),
  },
  {
    provider: 'VAPI',
    agentId: HARBOR_VAPI_AGENT,
    placed: (id: string) => ({ id, status: 'queued' }),
    unpaid: (id: string) => ({
      id,
      status: 'ended',
      endedReason: 'call.start.error-subscription-insufficient-credits',
    }),
    // The first message that tells of the end of a call has no times.
    connected: (id: string) => ({ id, status: 'ended', endedReason: 'customer-ended-call' }),
  },
] as const;

let running: TestApp;
afterEach(async () => {
  await running.close();
  await Loopback.closeAll();
});

test.each(PROVIDERS)(
  'an account that cannot pay counts as such until a call was connected: $provider',
  async ({ provider, agentId, placed, unpaid, connected }) => {
    let count = 0;
    let isPaid = false;
    const answer: RequestListener = (request, response) => {
      const [, id] = /call\/(call-\d+)$/.exec(request.url ?? '') ?? [];
      if (request.method === 'POST') json(201, placed(`call-${(count += 1)}`))(request, response);
      else if (id) json(200, (isPaid ? connected : unpaid)(id))(request, response);
      else json(200, fixturesOf(provider).verified.body)(request, response);
    };
    const standIn = await Loopback.start(answer);
    running = await startTestApp({ [`${provider}_BASE_URL`]: standIn.baseUrl });
    const { callAsker, keyChecker } = running.app.upkeep;
    const call = () => running.data(START_CALL, { input: { agentId, toNumber: '+14155550123' } });
    let now = Date.now();
    const later = () => new Date((now += 10 * MINUTE));
    const status = async () => {
      await keyChecker.checkDue(later());
      const { read } = running.app.database;
      return (await read.findOneByOrFail(ApiKeyRow, { ownerId: HARBOR, provider })).status;
    };
    await call();
    await callAsker.askDue(later());
    expect(await status()).toBe('OUT_OF_FUNDS');
    await call();
    expect(await status()).toBe('OUT_OF_FUNDS');
    isPaid = true;
    await callAsker.askDue(later());
    expect(await status()).toBe('VALID');
  },
);

test('an account that cannot pay counts as such until a call is placed, where its provider refuses calls then', async () => {
  let isPaid = false;
  const accepted = { ...(fixturesOf('BLAND').verified.body as object), call_id: 'call-1' };
  const standIn = await Loopback.start((request, response) =>
    (request.method === 'POST' && !isPaid ? json(402, {}) : json(200, accepted))(request, response),
  );
  running = await startTestApp({ BLAND_BASE_URL: standIn.baseUrl });
  const statusAfterCall = async (now: number) => {
    await running.data(START_CALL, { input: { agentId: HARBOR_BLAND_AGENT, toNumber: '+14155550123' } });
    await running.app.upkeep.keyChecker.checkDue(new Date(now));
    const { read } = running.app.database;
    return (await read.findOneByOrFail(ApiKeyRow, { ownerId: BRIGHTLINE, provider: 'BLAND' })).status;
  };
  expect(await statusAfterCall(Date.now() + MINUTE)).toBe('OUT_OF_FUNDS');
  isPaid = true;
  expect(await statusAfterCall(Date.now() + 3 * MINUTE)).toBe('VALID');
});
