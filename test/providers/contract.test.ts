import type { RequestListener } from 'node:http';
import { inspect, isDeepStrictEqual } from 'node:util';
import { providers, type Provider } from '../../src/providers';
import type { Placement } from '../../src/providers/placement';
import { placeCall } from '../../src/providers/placement-requests';
import { messageFor } from '../../src/providers/refusals';
import { findAgent, verifyKey, type KeyVerdict } from '../../src/providers/key-requests';
import { CALL_END_REASONS, CALL_STATUSES, type CallFacts } from '../../src/providers/call-facts';
import { readLists } from '../../src/providers/list-requests';
import type { ProviderAdapter } from '../../src/providers/provider';
import {
  PROVIDER_ERROR_CODES,
  type AgentPresence,
  type ProviderErrorCode,
} from '../../src/providers/provider-errors';
import { sendWith, type OutboundLimits } from '../../src/vault/outbound';
import { ApiKeyText } from '../../src/vault/secret';
import { fixturesOf, NOTHING } from './fixtures';
import { LIES, pathsOf, withLie } from './lies';
import { deadUrl, flood, hangUp, json, KEY, Loopback, silence, stall, text, truncated } from './loopback';
import { keyOf, upgrade, type SeenRequest } from './loopback';

interface Expected {
  readonly verdict: KeyVerdict['status'];
  readonly presence: AgentPresence;
  readonly placement: Placement['outcome'];
  readonly code: ProviderErrorCode;
  readonly httpStatus: number | null;
  readonly retryAfterSeconds?: number;
}

interface Fault {
  readonly name: string;
  readonly answer: (adapter: ProviderAdapter & { id: Provider }) => RequestListener;
  readonly limits?: Partial<OutboundLimits>;
  readonly expected: Expected;
}

const HTML = '<!doctype html><title>Just a moment...</title>';
const MEGABYTE = 1024 * 1024;

const inconclusive = { verdict: 'UNREACHABLE', presence: 'UNKNOWN' } as const;
const fault = { ...inconclusive, placement: 'REFUSED', code: 'PROVIDER_FAULT' } as const;
const lost = { ...inconclusive, placement: 'UNKNOWN', code: 'PROVIDER_FAULT' } as const;
const limited = {
  verdict: 'RATE_LIMITED',
  presence: 'RATE_LIMITED',
  placement: 'REFUSED',
  code: 'RATE_LIMITED',
  httpStatus: 429,
} as const;
const timedOut = { ...inconclusive, placement: 'UNKNOWN', code: 'TIMEOUT', httpStatus: null } as const;

const page = (status: number) => text(status, HTML, { 'content-type': 'text/html; charset=utf-8' });

function refusal(status: 401 | 402 | 403 | 429 | 500, headers = {}): Fault['answer'] {
  return ({ id }) => json(status, fixturesOf(id).refusals[status], headers);
}

const FAULTS: readonly Fault[] = [
  {
    name: 'a 401',
    answer: refusal(401),
    expected: {
      verdict: 'INVALID',
      presence: 'UNKNOWN',
      placement: 'REFUSED',
      code: 'KEY_INVALID',
      httpStatus: 401,
    },
  },
  {
    name: 'a 402',
    answer: refusal(402),
    expected: {
      verdict: 'OUT_OF_FUNDS',
      presence: 'UNKNOWN',
      placement: 'REFUSED',
      code: 'OUT_OF_FUNDS',
      httpStatus: 402,
    },
  },
  {
    name: 'a 403 of a restricted key',
    answer: refusal(403),
    expected: {
      verdict: 'INSUFFICIENT_PERMISSIONS',
      presence: 'RESTRICTED',
      placement: 'REFUSED',
      code: 'INSUFFICIENT_PERMISSIONS',
      httpStatus: 403,
    },
  },
  {
    name: 'a 403 of a guard in front',
    answer: () => text(403, 'error code: 1010'),
    expected: { ...fault, httpStatus: 403 },
  },
  { name: 'a 401 in HTML, of a gateway', answer: () => page(401), expected: { ...fault, httpStatus: 401 } },
  { name: 'a 402 in HTML, of a gateway', answer: () => page(402), expected: { ...fault, httpStatus: 402 } },
  {
    name: 'a 401 without a body',
    answer: () => text(401, ''),
    expected: {
      verdict: 'INVALID',
      presence: 'UNKNOWN',
      placement: 'REFUSED',
      code: 'KEY_INVALID',
      httpStatus: 401,
    },
  },
  { name: 'a 408', answer: () => json(408, {}), expected: { ...timedOut, httpStatus: 408 } },
  { name: 'a 429', answer: refusal(429), expected: limited },
  {
    name: 'a 429 with seconds',
    answer: refusal(429, { 'retry-after': '17' }),
    expected: { ...limited, retryAfterSeconds: 17 },
  },
  {
    name: 'a 429 with a date',
    answer: refusal(429, { 'retry-after': new Date(Date.now() + 200_000_000).toUTCString() }),
    expected: { ...limited, retryAfterSeconds: 86_400 },
  },
  { name: 'a 500', answer: refusal(500), expected: { ...lost, httpStatus: 500 } },
  { name: 'a 503 in HTML', answer: () => text(503, HTML), expected: { ...lost, httpStatus: 503 } },
  {
    name: 'a 521 of a gateway that did not get through',
    answer: () => text(521, HTML),
    expected: { ...fault, httpStatus: 521 },
  },
  { name: 'a 303 to what came of it', answer: () => text(303, ''), expected: { ...lost, httpStatus: 303 } },
  { name: 'a 404 in HTML', answer: () => text(404, HTML), expected: { ...fault, httpStatus: 404 } },
  { name: 'a 504 of a gateway', answer: () => text(504, HTML), expected: { ...lost, httpStatus: 504 } },
  { name: 'HTML instead of JSON', answer: () => text(200, HTML), expected: { ...lost, httpStatus: 200 } },
  { name: 'JSON that is no object', answer: () => json(200, 'OK'), expected: { ...lost, httpStatus: 200 } },
  { name: 'an empty body', answer: () => text(200, ''), expected: { ...lost, httpStatus: 200 } },
  { name: 'a truncated body', answer: () => truncated(200), expected: { ...lost, httpStatus: 200 } },
  { name: 'silence', answer: () => silence, limits: { timeoutMs: 150 }, expected: timedOut },
  {
    name: 'a body that does not end',
    answer: () => stall(200),
    limits: { timeoutMs: 150 },
    expected: timedOut,
  },
  {
    name: 'a connection dropped without an answer',
    answer: () => hangUp,
    expected: { ...inconclusive, placement: 'UNKNOWN', code: 'UNREACHABLE', httpStatus: null },
  },
  {
    name: 'another protocol in place of an answer',
    answer: () => upgrade,
    expected: { ...inconclusive, placement: 'UNKNOWN', code: 'UNREACHABLE', httpStatus: null },
  },
];

const TOMORROW = Date.now() + 25 * 60 * 60 * 1000;
const factOf = (facts: CallFacts, name: string) => facts[name as keyof CallFacts];

/** Every fact is null or of its type and in its span. */
function expectPossible(facts: CallFacts) {
  const { status, endReason, madeAt, startedAt, endedAt, durationMs, cost, ...ids } = facts;
  expect([null, ...CALL_STATUSES]).toContain(status);
  expect([null, ...CALL_END_REASONS]).toContain(endReason);
  for (const time of [madeAt, startedAt, endedAt])
    if (time) expect([2000 <= time.getUTCFullYear(), time.getTime() < TOMORROW]).toEqual([true, true]);
  if (durationMs !== null)
    expect([Number.isInteger(durationMs), durationMs >= 0, durationMs < 2 ** 31]).toEqual([true, true, true]);
  if (cost) {
    expect([Number.isSafeInteger(cost.micros), cost.micros >= 0]).toEqual([true, true]);
    expect(cost.figure).toMatch(/^\d[\d.]{0,31}$/);
  }
  for (const id of Object.values(ids)) expect(id ?? 'null').toMatch(/^[\x21-\x7E]{1,128}$/);
}

describe.each(providers)('the adapter of $name', (adapter) => {
  const { call, verified, agent, placed, placedId, noSuchAgent, notAboutTheAgent, notAboutTheKey } =
    fixturesOf(adapter.id);
  const { shownCalls } = fixturesOf(adapter.id);
  let server: Loopback;

  async function answering(answer: RequestListener, limits: Partial<OutboundLimits> = {}) {
    server = await Loopback.start(answer);
    return server.sender(limits, adapter.keyPresentation);
  }

  const keyIn = (request: SeenRequest) => keyOf(request, adapter.keyPresentation);

  afterEach(() => Loopback.closeAll());

  test('takes a key that is accepted for valid', async () => {
    const send = await answering(json(verified.status, verified.body));
    expect(await verifyKey(adapter, send)).toEqual({ status: 'VALID', error: null });
  });

  test('verifies by one read-only request, with the key in the header alone', async () => {
    await verifyKey(adapter, await answering(json(200, verified.body)));
    expect(server.seen).toMatchObject([{ method: 'GET', url: adapter.verify.path, body: '' }]);
    expect(server.seen.map(keyIn)).toEqual([KEY]);
    expect(JSON.stringify(server.seen).split(KEY)).toHaveLength(2);
  });

  test('finds an agent of the account', async () => {
    const send = await answering(json(agent.status, agent.body));
    expect(await findAgent(adapter, send, call)).toBe('PRESENT');
  });

  test("looks up no other path than the agent's, whatever its id", async () => {
    const send = await answering(json(404, {}));
    await findAgent(adapter, send, { ...call, providerAgentId: '../..?x=/#' });
    expect(server.seen[0]?.url).toBe(
      adapter.agent({ ...call, providerAgentId: '' }).path + encodeURIComponent('../..?x=/#'),
    );
    expect(await findAgent(adapter, send, { ...call, providerAgentId: '..' })).toBe('ABSENT');
    expect(server.seen).toHaveLength(1);
  });

  test('places a call and reads its id', async () => {
    const send = await answering(json(placed.status, placed.body));
    expect(await placeCall(adapter, send, call)).toEqual({ outcome: 'PLACED', providerCallId: placedId });
    expect(server.seen).toMatchObject([{ method: 'POST', headers: { 'content-type': 'application/json' } }]);
    expect(server.seen[0]?.body).toContain(call.callId);
  });

  test.each(noSuchAgent)(
    'knows $status $body for an agent that is not in the account',
    async ({ status, body }) => {
      const send = await answering(json(status, body));
      expect(await findAgent(adapter, send, call)).toBe('ABSENT');
      const error = { code: 'AGENT_NOT_FOUND', httpStatus: status };
      expect(await placeCall(adapter, send, call)).toMatchObject({ outcome: 'REFUSED', error });
    },
  );

  test.each(notAboutTheAgent)('does not take $status $body for a missing agent', async ({ status, body }) => {
    const send = await answering(json(status, body));
    const error = { code: 'INVALID_REQUEST', httpStatus: status };
    expect(await placeCall(adapter, send, call)).toMatchObject({ outcome: 'REFUSED', error });
  });

  test.each(notAboutTheAgent)(
    'asks for the agent where $status $body does not tell of it',
    async (refusal) => {
      const { status, body } = noSuchAgent[0] as (typeof noSuchAgent)[number];
      const answers = [json(refusal.status, refusal.body), json(status, body)];
      const send = await answering((...exchange) => (answers.shift() ?? silence)(...exchange));
      const error = { code: 'AGENT_NOT_FOUND', httpStatus: refusal.status };
      expect(await placeCall(adapter, send, call)).toMatchObject({ outcome: 'REFUSED', error });
      expect(server.seen.map(({ method }) => method)).toEqual(['POST', 'GET']);
    },
  );

  test('takes a bare 404 for a missing agent only where the provider, asked for the agent, says that it is missing', async () => {
    const bare = json(404, { nothing: 'more' });
    const { status, body } = noSuchAgent[0] as (typeof noSuchAgent)[number];
    for (const [second, code] of [
      [json(200, {}), 'INVALID_REQUEST'],
      [json(500, {}), 'INVALID_REQUEST'],
      [json(status, body), 'AGENT_NOT_FOUND'],
    ] as const) {
      const answers = [bare, second];
      const send = await answering((...exchange) => (answers.shift() ?? silence)(...exchange));
      const error = { code, httpStatus: 404 };
      expect(await placeCall(adapter, send, call)).toMatchObject({ outcome: 'REFUSED', error });
      expect(answers).toEqual([]);
    }
  });

  test('says nothing of a key when the request itself is refused', async () => {
    const send = await answering(json(409, {}));
    expect(await verifyKey(adapter, send)).toMatchObject({
      status: 'UNREACHABLE',
      error: { code: 'PROVIDER_FAULT', httpStatus: 409 },
    });
  });

  test('says nothing of a key when the answer is "not found"', async () => {
    const send = await answering(json(404, noSuchAgent[0]?.body));
    expect(await verifyKey(adapter, send)).toMatchObject({
      status: 'UNREACHABLE',
      error: { code: 'PROVIDER_FAULT', httpStatus: 404 },
    });
  });

  test('says nothing of a key when the refusal is about something else', async () => {
    for (const { status, body } of notAboutTheKey) {
      const send = await answering(json(status, body));
      expect(await verifyKey(adapter, send)).toMatchObject({
        status: 'UNREACHABLE',
        error: { code: 'PROVIDER_FAULT', httpStatus: status },
      });
      expect(await findAgent(adapter, send, call)).toBe('UNKNOWN');
    }
  });

  test.each([
    {},
    { status: 'error', message: 'Invalid API Key.' },
    { statusCode: 401, message: 'Invalid Key.' },
    { data: null, errors: [{ error: 'AUTH_FAILURE' }] },
  ])('takes a key for valid by what its provider answers about it alone, and not by %j', async (body) => {
    const { status, error } = await verifyKey(adapter, await answering(json(200, body)));
    expect([status, error?.code]).toEqual(['UNREACHABLE', 'PROVIDER_FAULT']);
  });

  test.each([undefined, null, 7, '', 'a b', 'x'.repeat(129)])(
    'calls a placement unknown when its call id is %j',
    async (id) => {
      const outcome = await placeCall(adapter, await answering(json(200, { id, call_id: id })), call);
      expect(outcome).toEqual({
        outcome: 'UNKNOWN',
        error: { code: 'PROVIDER_FAULT', httpStatus: 200, retryAfterSeconds: null },
      });
    },
  );

  test.each(shownCalls)('reads $what', ({ body, facts }) => {
    expect(adapter.readCall(body)).toEqual({ ...NOTHING, ...facts });
  });

  test('takes nothing but a page for a page of calls', () => {
    const span = { callId: call.callId, since: new Date(0), until: new Date(), cursor: null };
    for (const lie of LIES.filter((each) => !Array.isArray(each)))
      expect(adapter.readCallList(lie, span)).toBeNull();
    expect(adapter.listCalls(span).path).toBe(adapter.listCalls({ ...span, cursor: null }).path);
  });

  test('asks for one call, and for no other path, whatever its id', () => {
    expect(adapter.call('../..?x=/#')).toEqual({
      method: 'GET',
      path: adapter.call('').path + encodeURIComponent('../..?x=/#'),
    });
  });

  test('takes nothing of a call for true that cannot be, and reads the rest', () => {
    const whole = shownCalls[0] as (typeof shownCalls)[number];
    const expected = { ...NOTHING, ...whole.facts };
    for (const path of pathsOf(whole.body))
      for (const lie of LIES) {
        const facts = adapter.readCall(withLie(whole.body, path, lie));
        expectPossible(facts);
        // What is read from other places is not touched. A status can be read from several of them.
        const changed = Object.keys(facts).filter(
          (name) => !isDeepStrictEqual(factOf(facts, name), factOf(expected, name)),
        );
        expect(changed.length).toBeLessThan(5);
      }
    for (const lie of LIES) expectPossible(adapter.readCall(lie));
  });

  describe.each(FAULTS)('after $name', ({ answer, limits, expected }) => {
    const { verdict, presence, placement, code, httpStatus, retryAfterSeconds = null } = expected;
    const error = { code, httpStatus, retryAfterSeconds };

    test(`says ${verdict} of the key`, async () => {
      expect(await verifyKey(adapter, await answering(answer(adapter), limits))).toEqual({
        status: verdict,
        error,
      });
    });

    test(`says ${presence} of the agent`, async () => {
      expect(await findAgent(adapter, await answering(answer(adapter), limits), call)).toBe(presence);
    });

    test('lists no agent, and says the same', async () => {
      const send = await answering(answer(adapter), limits);
      expect(await readLists(adapter, send, adapter.agentLists, () => '')).toEqual({
        outcome: 'UNKNOWN',
        error,
      });
    });

    test(`says ${placement} of the call, asking exactly once`, async () => {
      expect(await placeCall(adapter, await answering(answer(adapter), limits), call)).toEqual({
        outcome: placement,
        error,
      });
      expect(server.seen.map(({ method }) => method)).toEqual(['POST']);
    });
  });

  test('knows that a refused connection placed no call', async () => {
    server = await Loopback.start();
    const target = { baseUrl: await deadUrl(), keyPresentation: adapter.keyPresentation };
    const limits = { timeoutMs: 5000, maxBodyBytes: 1 };
    const outcome = await placeCall(
      adapter,
      (request) => sendWith(new ApiKeyText(KEY), target, request, limits),
      call,
    );
    expect(outcome).toEqual({
      outcome: 'REFUSED',
      error: { code: 'UNREACHABLE', httpStatus: null, retryAfterSeconds: null },
    });
  });

  test('does not read 100 MB, and lets go of the connection', async () => {
    const send = await answering(flood(200, 100 * MEGABYTE));
    expect(await placeCall(adapter, send, call)).toMatchObject({
      outcome: 'UNKNOWN',
      error: { code: 'PROVIDER_FAULT' },
    });
    const socket = await server.disconnected;
    // What the operating system had buffered on the way is all that was sent.
    expect(socket.bytesWritten).toBeLessThan(20 * MEGABYTE);
    expect(server.seen).toHaveLength(1);
  });

  test.each([301, 302, 303, 307, 308])('follows no %i: the other host is never contacted', async (status) => {
    const other = await Loopback.start(json(200, placed.body));
    const send = await answering(text(status, '', { location: `${other.baseUrl}/elsewhere` }));
    const error = { code: 'PROVIDER_FAULT', httpStatus: status };
    expect(await verifyKey(adapter, send)).toMatchObject({ status: 'UNREACHABLE', error });
    // The others may say where to see what was done.
    expect(await placeCall(adapter, send, call)).toMatchObject({
      outcome: status === 307 || status === 308 ? 'REFUSED' : 'UNKNOWN',
      error,
    });
    expect(server.seen.map(({ method }) => method)).toEqual(['GET', 'POST']);
    expect(other.seen).toEqual([]);
  });

  test.each([200, 201, 400, 401, 403, 404, 429, 500])(
    'hands on nothing of a %i that echoes the key',
    async (status) => {
      const echo = {
        message: `bad key ${KEY}`,
        id: KEY,
        call_id: KEY,
        code: KEY,
        errors: [{ error: KEY, message: KEY }],
        [KEY]: KEY,
      };
      const send = await answering(json(status, echo, { 'retry-after': KEY, 'x-key': KEY }));
      const results: unknown[] = [await verifyKey(adapter, send), await findAgent(adapter, send, call)];
      results.push(await placeCall(adapter, send, call));
      expect(new Set(server.seen.map(keyIn))).toEqual(new Set([KEY]));
      expect(inspect(results, { depth: null })).not.toContain(KEY);
    },
  );

  test.each([
    ['base64', (key: string) => Buffer.from(key).toString('base64')],
    [
      'base64 of more than the key',
      (key: string) => Buffer.from(`Bearer ${key}, it said`).toString('base64url'),
    ],
    ['hex', (key: string) => Buffer.from(key).toString('hex').toUpperCase()],
    ['an address', (key: string) => encodeURIComponent(key)],
  ])('takes no call id that repeats the key as %s', async (_what, encode) => {
    const secret = 'key/with+signs=0123456789';
    const send = await answering(json(200, { id: encode(secret), call_id: encode(secret) }));
    expect(await placeCall(adapter, send, call)).toMatchObject({ outcome: 'PLACED' });
    const sendIt = await answering(json(200, { id: encode(KEY), call_id: encode(KEY) }));
    expect(await placeCall(adapter, sendIt, call)).toMatchObject({
      outcome: 'UNKNOWN',
      error: { code: 'PROVIDER_FAULT' },
    });
  });
});

test.each(PROVIDER_ERROR_CODES)('%s has constant words of its own, which name the provider', (code) => {
  expect(messageFor('Somebody', code, null)).toMatch(/\bSomebody\b.*[.]$/);
  expect(messageFor('Somebody', code, 418)).toBe(`${messageFor('Somebody', code, null)} (HTTP 418)`);
  expect(
    PROVIDER_ERROR_CODES.filter((other) => messageFor('', other, null) === messageFor('', code, null)),
  ).toEqual([code]);
});

test('providers have distinct ids and names', () => {
  expect(new Set(providers.map(({ id }) => id)).size).toBe(providers.length);
  expect(new Set(providers.map(({ name }) => name)).size).toBe(providers.length);
});
