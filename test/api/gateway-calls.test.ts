import { request as sendRequest, type RequestListener } from 'node:http';
import { VapiClient } from '@vapi-ai/server-sdk';
import Retell from 'retell-sdk';
import { CallRow } from '../../src/calls/call.entity';
import { GatewayAttemptRow } from '../../src/gateway/gateway-attempt.entity';
import { AbsentAgentRow } from '../../src/keys/absent-agent.entity';
import { field } from '../../src/providers/json';
import { ARCHIVED_CLIENTS_AGENT, HARBOR, HARBOR_RETELL_AGENT, MAPLE } from '../demo-ids';
import { gatewayToken, revoke, send, type Received } from '../gateway';
import { startTestApp, type TestApp } from '../harness';
import { hangUp, json, Loopback, silence } from '../providers/loopback';

// CI places 1,000.
const PLACEMENTS = Number(process.env.GATEWAY_PLACEMENTS ?? 12);
const AT_ONCE = 100;
// So much time has it on a machine that takes several times as long as others.
const TIME_LIMIT_MS = 30_000 + PLACEMENTS * 600;
const TO = '+14155550199';

let running: TestApp;
let failing: TestApp;
let upstream: Loopback;
let answer: RequestListener = json(500, { status: 'error', message: 'Internal' });
let token: string;
let tokenId: string;

beforeAll(async () => {
  running = await startTestApp();
  upstream = await Loopback.start((incoming, outgoing) => answer(incoming, outgoing));
  const { baseUrl } = upstream;
  failing = await running.another({
    RETELL_BASE_URL: baseUrl,
    VAPI_BASE_URL: baseUrl,
    BLAND_BASE_URL: baseUrl,
  });
  ({ token, id: tokenId } = await gatewayToken(running));
});
beforeEach(() => (upstream.seen.length = 0));
afterAll(async () => {
  await failing.close();
  await running.close();
  await Loopback.closeAll();
});

const retell = ({ url }: TestApp, apiKey = token) =>
  new Retell({ apiKey, baseURL: `${url}/gateway/retell`, logLevel: 'off' });
const vapi = ({ url }: TestApp) => new VapiClient({ token, baseUrl: `${url}/gateway/vapi` });
const harborsAgent = () => running.sandbox.retell.agents.client[0]?.id ?? '';
const harborsNumber = () => running.sandbox.retell.accounts.client.fromNumber;
const bodyOf = (more: object = {}) => ({
  from_number: harborsNumber(),
  to_number: TO,
  override_agent_id: harborsAgent(),
  ...more,
});
const place = (
  body: object | string,
  { url }: TestApp = running,
  headers: Record<string, string> = {},
  by = token,
): Promise<Received> =>
  send(url, '/gateway/retell/v2/create-phone-call', by, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const told = ({ status, reason }: Received) => [status, reason];
const calls = () =>
  running.app.database.read.find(CallRow, { where: { origin: 'GATEWAY' }, order: { id: 'ASC' } });
const lastCall = async () => (await calls()).at(-1);

describe('a call that an integration places with the client of its provider', () => {
  test('is a call of Latchkey, with a receipt, and is found again by metadata beside its own', async () => {
    const placed = await retell(running).call.createPhoneCall({ ...bodyOf(), metadata: { order: 7 } });
    const { id, ...call } = (await lastCall()) ?? { id: '' };
    expect(call).toMatchObject({
      origin: 'GATEWAY',
      kind: 'LIVE',
      direction: 'OUTBOUND',
      status: 'QUEUED',
      providerCallId: placed.call_id,
      clientId: HARBOR,
      agentId: HARBOR_RETELL_AGENT,
      keySource: 'CLIENT',
      toNumber: TO,
      receipt: expect.any(String) as string,
    });
    const sent = running.sandbox.retell.requests.at(-1)?.body;
    expect(field(sent, 'metadata')).toEqual({ order: 7, latchkey_call_id: id });
    const { auditEvents } = await running.data<{ auditEvents: { nodes: object[] } }>(
      '{ auditEvents(filter: { types: [CALL_PLACED] }, first: 1) { nodes { callId actorKind actorId actorName keySource } } }',
    );
    expect(auditEvents.nodes).toEqual([
      { callId: id, actorKind: 'GATEWAY_TOKEN', actorId: tokenId, actorName: 'n8n', keySource: 'CLIENT' },
    ]);
    expect((await retell(running).call.retrieve(placed.call_id)).call_id).toBe(placed.call_id);
  });

  test('is placed by Vapi’s client, whose metadata stands elsewhere', async () => {
    const [assistant] = running.sandbox.vapi.agents.client;
    const placed = await vapi(running).calls.create({
      assistantId: assistant?.id ?? '',
      phoneNumberId: running.sandbox.vapi.accounts.client.fromNumber,
      customer: { number: TO },
    });
    const call = await lastCall();
    expect(placed).toMatchObject({ id: call?.providerCallId });
    expect(field(running.sandbox.vapi.requests.at(-1)?.body, 'assistantOverrides')).toEqual({
      metadata: { latchkey_call_id: call?.id },
    });
  });

  test('of another client is not found by a token of one client, neither is its call', async () => {
    const placed = await retell(running).call.createPhoneCall(bodyOf());
    const { token: ofMaple } = await gatewayToken(running, { clientId: MAPLE });
    const before = await calls();
    await expect(retell(running, ofMaple).call.createPhoneCall(bodyOf())).rejects.toThrow(
      Retell.NotFoundError,
    );
    // Its call is answered like one that there never was.
    const [known, never] = await Promise.all(
      [placed.call_id, 'call_never'].map((id) =>
        send(running.url, `/gateway/retell/v2/get-call/${id}`, ofMaple),
      ),
    );
    expect(known && told(known)).toEqual(never && told(never));
    expect(await calls()).toEqual(before);
  });

  test('is refused by the provider, and then costs nothing', async () => {
    expect(told(await place(bodyOf({ from_number: '+14155550000' })))).toEqual([404, undefined]);
    expect(await lastCall()).toMatchObject({ status: 'FAILED', costMicros: 0, errorHttpStatus: 404 });
  });

  test.each<[string, () => object | string, unknown[]]>([
    ['names no agent', () => bodyOf({ override_agent_id: undefined }), [400, 'AGENT_REQUIRED']],
    ['is no JSON', () => '{', [400, 'INVALID_BODY']],
    [
      'names two agents',
      () => `{"override_agent_id":"x","override_agent_id":"${harborsAgent()}"}`,
      [400, 'INVALID_BODY'],
    ],
    [
      'claims to be a call of Latchkey',
      () => bodyOf({ metadata: { latchkey_call_id: 'x' } }),
      [400, 'INVALID_BODY'],
    ],
    ['has metadata that is none', () => bodyOf({ metadata: 'x' }), [400, 'INVALID_BODY']],
  ])('is not placed where it %s', async (_what, body, expected) => {
    const before = running.sandbox.retell.requests.length;
    expect([...told(await place(body())), running.sandbox.retell.requests.length]).toEqual([
      ...expected,
      before,
    ]);
  });

  test('is not placed for an archived client, nor with a token that was revoked', async () => {
    const { agent } = await running.data<{ agent: { providerAgentId: string } }>(
      `{ agent(id: "${ARCHIVED_CLIENTS_AGENT}") { providerAgentId } }`,
    );
    expect(told(await place(bodyOf({ override_agent_id: agent.providerAgentId })))).toEqual([
      403,
      'CLIENT_ARCHIVED',
    ]);
    const { id, token: revoked } = await gatewayToken(running);
    await revoke(running, id);
    expect(told(await place(bodyOf(), running, {}, revoked))).toEqual([401, 'TOKEN_REFUSED']);
  });
});

describe('a call whose outcome is unknown is dialled once', () => {
  const faults: [string, RequestListener][] = [
    ['that answers 500', json(500, { status: 'error', message: 'Internal' })],
    ['that hangs up', hangUp],
  ];

  test.each(faults)(
    `by both clients as they come, with a provider %s: ${PLACEMENTS} placements`,
    async (_what, fault) => {
      answer = fault;
      const [assistant] = running.sandbox.vapi.agents.client;
      const numbers = Array.from(
        { length: PLACEMENTS },
        (_, index) => `+1415${fault === hangUp ? 556 : 555}${String(1000 + index)}`,
      );
      const byRetell = numbers.map(
        (to_number) => () => retell(failing).call.createPhoneCall(bodyOf({ to_number })),
      );
      const byVapi = numbers.slice(0, 4).map(
        (number) => () =>
          vapi(failing).calls.create({
            assistantId: assistant?.id ?? '',
            phoneNumberId: 'x',
            customer: { number },
          }),
      );
      const placements: (() => Promise<unknown>)[] = [...byVapi, ...byRetell];
      const outcomes: PromiseSettledResult<unknown>[] = [];
      // The system refuses more connections at once than a listening socket keeps waiting: they dial nothing.
      for (let begun = 0; begun < placements.length; begun += AT_ONCE) {
        const together = placements.slice(begun, begun + AT_ONCE);
        outcomes.push(...(await Promise.allSettled(together.map((start) => start()))));
      }
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([]);
      const dialled = upstream.seen.map(
        ({ url, body }) => `${url} ${(body.match(/\+1415\d{7}/g) ?? []).join(' ')}`,
      );
      expect(dialled.filter((call, index) => dialled.indexOf(call) !== index)).toEqual([]);
      expect(dialled).toHaveLength(placements.length);
    },
    TIME_LIMIT_MS,
  );

  test('also where there is no answer in time, on every instance, and whoever asks while it is on its way', async () => {
    answer = silence;
    const another = await failing.another({ PROVIDER_TIMEOUT_MS: '500' });
    const slow = await failing.another({ PROVIDER_TIMEOUT_MS: '500' });
    const body = bodyOf({ to_number: '+14155552001' });
    const [first, second] = await Promise.all([place(body, another), place(body, slow)]);
    expect([told(first), told(second)]).toEqual([
      [504, 'OUTCOME_UNKNOWN'],
      [504, 'OUTCOME_UNKNOWN'],
    ]);
    expect(first.headers['x-should-retry']).toBe('false');
    expect(first.json).toMatchObject({ status: 'error' });
    expect(told(await place(body, slow, { 'x-stainless-retry-count': '1' }))).toEqual([
      504,
      'OUTCOME_UNKNOWN',
    ]);
    expect(upstream.seen).toHaveLength(1);
    await another.close();
    await slow.close();
  });

  /** What an event tells of a call while its placement has no answer, or none that is clear. */
  const heardOf = async (providerCallId: string) => {
    const call = await lastCall();
    const heard = { providerCallId, status: 'IN_PROGRESS', revision: 1 };
    await running.app.database.write((tx) => tx.updateRow('calls', heard, { id: call?.id }));
  };

  test('also where an event has told of it before it is asked for again', async () => {
    answer = json(500, {});
    const body = bodyOf({ to_number: '+14155552003' });
    expect(told(await place(body, failing))).toEqual([500, 'OUTCOME_UNKNOWN']);
    await heardOf('call_heard_of');
    const again = await place(body, failing);
    expect([...told(again), again.json]).toEqual([
      200,
      'REPEATED',
      expect.objectContaining({ call_id: 'call_heard_of' }),
    ]);
    expect(upstream.seen).toHaveLength(1);
    // Now it has a definite answer, and whoever asks again means another call.
    await place(body, failing);
    expect(upstream.seen).toHaveLength(2);
  });

  test('also where an event tells of it while the provider has not answered', async () => {
    let release = () => undefined as unknown;
    answer = (incoming, outgoing) => {
      release = () => json(201, { call_id: 'call_slow', call_status: 'registered' })(incoming, outgoing);
    };
    const body = bodyOf({ to_number: '+14155552004' });
    const first = place(body, failing);
    await until(() => upstream.seen.length === 1);
    await heardOf('call_slow');
    const looked = jest.spyOn(failing.app.database.read, 'rows');
    const second = place(body, failing);
    await until(() => looked.mock.calls.some(([sql]) => sql.includes('FROM gateway_attempts')));
    looked.mockRestore();
    release();
    const answers = await Promise.all([first, second]);
    expect(answers.map(({ json: said }) => field(said, 'call_id'))).toEqual(['call_slow', 'call_slow']);
    expect(upstream.seen).toHaveLength(1);
  });

  test('until its time is over, after which the same request is a new call', async () => {
    answer = json(500, {});
    const body = bodyOf({ to_number: '+14155552002' });
    await place(body, failing);
    await running.app.database.write((tx) =>
      tx.update(GatewayAttemptRow, { httpStatus: 500 }, { answeredAt: new Date(Date.now() - 3 * 60_000) }),
    );
    await place(body, failing, { 'x-stainless-retry-count': '1' });
    expect(upstream.seen).toHaveLength(1);
    await place(body, failing);
    expect(upstream.seen).toHaveLength(2);
  });
});

describe('the same call asked for again', () => {
  const placedBy = (body: object, headers?: Record<string, string>) =>
    place(body, running, headers).then(({ json: placed }) => field(placed, 'call_id'));

  test('is a new call after a definite answer, unless its client says that it repeats itself', async () => {
    const body = bodyOf({ to_number: '+14155553001' });
    const first = await placedBy(body);
    const second = await placedBy(body);
    expect(second).not.toBe(first);
    expect(await placedBy(body, { 'x-stainless-retry-count': '1' })).toBe(second);
  });

  test('is a new call, also marked, when a while has passed since its answer', async () => {
    const body = bodyOf({ to_number: '+14155553004' });
    const first = await placedBy(body);
    await running.app.database.write((tx) =>
      tx.update(GatewayAttemptRow, { httpStatus: 201 }, { answeredAt: new Date(Date.now() - 3 * 60_000) }),
    );
    expect(await placedBy(body, { 'x-stainless-retry-count': '1' })).not.toBe(first);
  });

  test('is refused in the same way where it was refused while it was on its way', async () => {
    let release = () => undefined as unknown;
    answer = (incoming, outgoing) => {
      release = () => json(402, { status: 'error', message: 'No funds' })(incoming, outgoing);
    };
    const body = bodyOf({ to_number: '+14155553005' });
    const first = place(body, failing);
    await until(() => upstream.seen.length === 1);
    const looked = jest.spyOn(failing.app.database.read, 'rows');
    const second = place(body, failing);
    await until(() => looked.mock.calls.some(([sql]) => sql.includes('FROM gateway_attempts')));
    looked.mockRestore();
    release();
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([402, 402]);
    expect(upstream.seen).toHaveLength(1);
  });

  test('is no other one’s where an idempotency key is empty', async () => {
    const headers = { 'idempotency-key': ' ' };
    const first = await placedBy(bodyOf({ to_number: '+14155553006' }), headers);
    expect(await placedBy(bodyOf({ to_number: '+14155553007' }), headers)).not.toBe(first);
  });

  test('is the same one under the same idempotency key, and a conflict for another body', async () => {
    const headers = { 'idempotency-key': 'order 7' };
    const first = await placedBy(bodyOf(), headers);
    expect(await placedBy(bodyOf(), headers)).toBe(first);
    expect(told(await place(bodyOf({ to_number: '+14155553002' }), running, headers))).toEqual([
      422,
      'IDEMPOTENCY_CONFLICT',
    ]);
  });

  test('is the same one where the integration went away before its answer, and the call is finished and recorded', async () => {
    let release = () => undefined as unknown;
    answer = (_incoming, outgoing) => {
      release = () => json(201, { call_id: 'call_late', call_status: 'registered' })(_incoming, outgoing);
    };
    const body = bodyOf({ to_number: '+14155553003' });
    const { hostname, port } = new URL(failing.url);
    const request = sendRequest({
      hostname,
      port,
      method: 'POST',
      path: '/gateway/retell/v2/create-phone-call',
      headers: { authorization: `Bearer ${token}` },
    });
    request.on('error', () => undefined);
    request.end(JSON.stringify(body));
    await until(() => upstream.seen.length === 1);
    const gone = new Promise((resolve) => request.once('close', resolve));
    request.destroy();
    await gone;
    release();
    await until(async () => (await lastCall())?.providerCallId === 'call_late');
    const again = await place(body, failing);
    expect([...told(again), again.json]).toEqual([
      201,
      'REPEATED',
      { call_id: 'call_late', call_status: 'registered', agent_id: harborsAgent() },
    ]);
    expect(upstream.seen).toHaveLength(1);
  });
});

describe('a web call', () => {
  const web = (headers: Record<string, string> = {}, { url }: TestApp = running) =>
    send(url, '/gateway/retell/v3/create-web-call', token, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ agent_id: harborsAgent() }),
    });

  test('is another one for each visitor, also at the same time and after a fault of the provider', async () => {
    answer = json(500, {});
    expect((await web({}, failing)).status).toBe(500);
    const joined = await Promise.all([web(), web(), web()]);
    const tokens = joined.map(({ json: said }) => field(said, 'access_token'));
    expect(new Set(tokens).size).toBe(3);
    expect(tokens).not.toContain(undefined);
  });

  test('gives out once what it takes to join it, under an idempotency key', async () => {
    const headers = { 'idempotency-key': 'visitor 1' };
    expect((await web(headers)).status).toBe(201);
    expect(told(await web(headers))).toEqual([409, 'ACCESS_GIVEN_ONCE']);
  });

  test.each([
    ['by a websocket of Vapi is one, too', {}, 2, 'INBOUND'],
    ['is none where somebody is dialled as well', { customer: { number: TO } }, 1, 'OUTBOUND'],
    ['is none where a customer on record is dialled', { customerId: 'x' }, 1, 'OUTBOUND'],
  ])('%s', async (_what, more, times, direction) => {
    answer = json(500, {});
    const [assistant] = running.sandbox.vapi.agents.client;
    const body = { assistantId: assistant?.id, transport: { provider: 'vapi.websocket' }, ...more };
    const ask = () =>
      send(failing.url, '/gateway/vapi/call', token, { method: 'POST', body: JSON.stringify(body) });
    expect([(await ask()).status, (await ask()).status]).toEqual([500, 500]);
    expect(upstream.seen).toHaveLength(times);
    expect(await lastCall()).toMatchObject({ direction });
  });
});

test.each([
  ['application/json; charset=utf-7', '+ACIALAAi-override_agent_id+ACIAOgAi-another'],
  ['application/x-www-form-urlencoded', '&override_agent_id=another&z='],
])('a body goes out as the JSON as which it was read, whatever it is said to be: %s', async (type, text) => {
  answer = json(201, { call_id: `call_${type.length}`, call_status: 'registered' });
  const body = bodyOf({ to_number: '+14155554001', metadata: { text } });
  expect((await place(body, failing, { 'content-type': type })).status).toBe(201);
  expect(upstream.seen[0]?.headers['content-type']).toBe('application/json');
});

test('a call to a number in another form than E.164 is outbound, too', async () => {
  answer = json(201, { call_id: 'call_other_form', call_status: 'registered' });
  await place(bodyOf({ to_number: '4155550123' }), failing);
  expect(await lastCall()).toMatchObject({ direction: 'OUTBOUND', toNumber: null });
});

test('an agent that its account lacks is noted, and a bare 404 says nothing of the agent', async () => {
  answer = json(404, { status: 'error', message: 'Not found' });
  await place(bodyOf({ to_number: '+14155554002' }), failing);
  expect(await lastCall()).toMatchObject({ status: 'FAILED', errorCode: 'INVALID_REQUEST' });
  const absent = () => running.app.database.read.count(AbsentAgentRow);
  expect(await absent()).toBe(0);
  const [assistant] = running.sandbox.vapi.agents.client;
  answer = json(400, { message: `Couldn't Get Assistant. \`assistantId\` ${assistant?.id} Does Not Exist.` });
  await expect(
    vapi(failing).calls.create({
      assistantId: assistant?.id ?? '',
      phoneNumberId: 'x',
      customer: { number: TO },
    }),
  ).rejects.toThrow();
  expect(await lastCall()).toMatchObject({ status: 'FAILED', errorCode: 'AGENT_NOT_FOUND' });
  expect(await absent()).toBe(1);
});

test('an instance that ends finishes the calls that are being placed, also of integrations that went away', async () => {
  let release = () => undefined as unknown;
  answer = (incoming, outgoing) => {
    release = () => json(201, { call_id: 'call_at_the_end', call_status: 'registered' })(incoming, outgoing);
  };
  const ending = await failing.another();
  const { hostname, port } = new URL(ending.url);
  const request = sendRequest({
    hostname,
    port,
    method: 'POST',
    path: '/gateway/retell/v2/create-phone-call',
    headers: { authorization: `Bearer ${token}` },
  });
  request.on('error', () => undefined).end(JSON.stringify(bodyOf({ to_number: '+14155554003' })));
  await until(() => upstream.seen.length === 1);
  const gone = new Promise((resolve) => request.once('close', resolve));
  request.destroy();
  await gone;
  const closed = ending.close();
  release();
  await closed;
  expect(await lastCall()).toMatchObject({ providerCallId: 'call_at_the_end', status: 'QUEUED' });
});

async function until(isThere: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isThere())) await new Promise((resolve) => setImmediate(resolve));
}
