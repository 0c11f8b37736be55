import type { RequestListener } from 'node:http';
import { CallRow } from '../../src/calls/call.entity';
import { HARBOR_RETELL_AGENT } from '../demo-ids';
import { gatewayToken, send } from '../gateway';
import { startTestApp, type TestApp } from '../harness';
import { json, Loopback, upgrade } from '../providers/loopback';

let running: TestApp;
let upstream: Loopback;
let answer: RequestListener = json(500, {});
let token: string;
let agentId: string;
beforeAll(async () => {
  upstream = await Loopback.start((incoming, outgoing) => answer(incoming, outgoing));
  running = await startTestApp({ RETELL_BASE_URL: upstream.baseUrl, PROVIDER_TIMEOUT_MS: '1000' });
  ({ token } = await gatewayToken(running));
  const { agent } = await running.data<{ agent: { providerAgentId: string } }>(
    `{ agent(id: "${HARBOR_RETELL_AGENT}") { providerAgentId } }`,
  );
  agentId = agent.providerAgentId;
});
beforeEach(() => (upstream.seen.length = 0));
afterAll(() => running.close().then(() => Loopback.closeAll()));

let number = 0;
const bodyOf = (more: object = {}) => ({
  override_agent_id: agentId,
  from_number: '+14155550100',
  to_number: `+1415555${String((number += 1)).padStart(4, '0')}`,
  ...more,
});
const place = async (body: unknown, headers: Record<string, string> = {}, { url }: TestApp = running) => {
  const sent = { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers };
  const { status, reason } = await send(url, '/gateway/retell/v2/create-phone-call', token, sent);
  return [status, reason];
};
const lastCall = async () =>
  (await running.app.database.read.find(CallRow, { order: { id: 'DESC' }, take: 1 }))[0];

describe('a provider that lies about a call that is placed', () => {
  const ids: [string, unknown][] = [
    ['none', undefined],
    ['null', null],
    ['a number', 7],
    ['an object', { a: 1 }],
    ['nothing but spaces', '   '],
    ['10,000 characters', 'x'.repeat(10_000)],
    ['control characters', 'call_\u0000\u001b[31m'],
    ['another script', 'звонок'],
  ];
  test.each(ids)(
    'with an id that is %s gets a call whose outcome is unknown, and is asked once',
    async (_what, id) => {
      answer = json(201, { call_id: id, call_status: 'registered' });
      const body = bodyOf();
      const first = await place(body);
      expect(first[0]).toBeLessThan(505);
      const call = await lastCall();
      expect(call?.providerCallId).toBeNull();
      expect(call?.status).toBe('UNKNOWN');
      await place(body);
      expect(upstream.seen).toHaveLength(1);
    },
  );

  const odd: [string, RequestListener][] = [
    [
      'a head and no end',
      (_in, out) => void out.writeHead(201, { 'content-type': 'application/json' }).write('{'),
    ],
    [
      'an endless body',
      (_in, out) => {
        const pour = () => {
          while (!out.destroyed && out.write('x'.repeat(65_536)));
          if (!out.destroyed) out.once('drain', pour);
        };
        pour();
      },
    ],
    ['a redirect', (_in, out) => void out.writeHead(307, { location: '/v2/create-phone-call' }).end()],
    ['another protocol', upgrade],
    ['no content', (_in, out) => void out.writeHead(204).end()],
    [
      'a page in place of an answer',
      (_in, out) => void out.writeHead(200, { 'content-type': 'text/html' }).end('<p>Ok'),
    ],
    ['a status that HTTP does not have', (_in, out) => void out.writeHead(999).end('{}')],
    ['a status that nobody knows', (_in, out) => void out.writeHead(299).end('{}')],
    [
      'a length that is not true',
      (_in, out) => void out.writeHead(201, { 'content-length': '50' }).end('{"call_id":"call_x"}'),
    ],
  ];
  test.each(odd)(
    'with %s is asked once, and its call is on record as one whose outcome is unknown',
    async (_what, listener) => {
      answer = listener;
      const body = bodyOf();
      for (const _time of [1, 2, 3]) {
        const [status, reason] = await place(body, { 'x-stainless-retry-count': '1' });
        expect(status).toBeGreaterThanOrEqual(200);
        expect(reason).toBe('OUTCOME_UNKNOWN');
      }
      expect(upstream.seen).toHaveLength(1);
      expect(await lastCall()).toMatchObject({ status: 'UNKNOWN', providerCallId: null });
    },
  );
});

test('a header of other characters than ASCII is left out of the answer, which is passed on', async () => {
  answer = ({ socket }) =>
    void socket.end(
      'HTTP/1.1 201 Created\r\nContent-Disposition: inline; filename="\u20ac"\r\nContent-Length: 25\r\n\r\n{"call_id":"call_header"}',
    );
  expect(await place(bodyOf())).toEqual([201, undefined]);
  expect(await lastCall()).toMatchObject({ providerCallId: 'call_header' });
  expect((await send(running.url, `/gateway/retell/get-agent/${agentId}`, token)).status).toBe(201);
});

describe('an integration that asks for a call in an odd way', () => {
  beforeEach(() => {
    let calls = 0;
    answer = (incoming, outgoing) => {
      json(201, {
        call_id: `call_${Date.now()}_${(calls += 1)}_${Math.random()}`,
        call_status: 'registered',
      })(incoming, outgoing);
    };
  });

  test('with an idempotency key that is empty has none', async () => {
    expect(await place(bodyOf(), { 'idempotency-key': '' })).toEqual([201, undefined]);
    expect(await place(bodyOf(), { 'idempotency-key': '' })).toEqual([201, undefined]);
    expect(upstream.seen).toHaveLength(2);
  });

  test('twenty times at once, as repetitions, places one call, also by several instances', async () => {
    const other = await running.another();
    const body = bodyOf();
    const placed = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        place(body, { 'x-stainless-retry-count': '1' }, index % 2 ? other : running),
      ),
    );
    expect(placed.filter(([status]) => status !== 201)).toEqual([]);
    expect(upstream.seen).toHaveLength(1);
    await other.close();
  });

  test.each<[string, () => unknown]>([
    ['500,000 arrays in each other', () => '['.repeat(500_000)],
    [
      '500,000 objects in each other',
      () => `{"override_agent_id":"x","a":${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}}`,
    ],
    ['150,000 members', () => `{${Array.from({ length: 80_000 }, (_, index) => `"${index}":1`).join()}}`],
    ['an agent that is a list', () => bodyOf({ override_agent_id: [agentId] })],
    ['an agent that is an object', () => bodyOf({ override_agent_id: { id: agentId } })],
    ['an agent in capitals', () => bodyOf({ override_agent_id: agentId.toUpperCase() })],
    ['an agent with a space behind it', () => bodyOf({ override_agent_id: `${agentId} ` })],
    ['an agent of a pattern', () => bodyOf({ override_agent_id: 'agent_%' })],
    ['an agent of 1,000,000 characters', () => bodyOf({ override_agent_id: 'x'.repeat(1_000_000) })],
    ['a body that is no object', () => '"x"'],
    ['a body that is null', () => 'null'],
    ['text that is not UTF-8', () => '{"a":"\ud800"}'],
    ['no body', () => ''],
  ])('with %s is refused, and no provider is asked', async (_what, body) => {
    const [status, reason] = await place(body());
    expect([status, reason]).toEqual([
      expect.any(Number),
      expect.stringMatching(/^(INVALID_BODY|AGENT_REQUIRED|AGENT_NOT_FOUND)$/),
    ]);
    expect(upstream.seen).toEqual([]);
  });

  test.each(['__proto__', 'constructor', 'toString'])(
    'with metadata of the name %s is passed on as it is',
    async (name) => {
      const body = `{"metadata":{"${name}":{"a":1}},${JSON.stringify(bodyOf()).slice(1)}`;
      expect(await place(body)).toEqual([201, undefined]);
      expect(upstream.seen[0]?.body).toContain(`"${name}":{"a":1}}`);
    },
  );
});

describe('a list whose body names agents', () => {
  const list = async (body: string, version = 'v3', headers: Record<string, string> = {}) => {
    answer = json(200, { items: [] });
    const path = `/gateway/retell/${version}/list-calls`;
    const { status, reason } = await send(running.url, path, token, { method: 'POST', headers, body });
    return [status, reason];
  };
  const criteria = (agents: string) => `{"filter_criteria":{"agent":${agents}}}`;

  test('goes out as JSON, whatever it was said to be', async () => {
    const body = ` {"note":"a:b", "filter_criteria":{"agent":[{"agent_id":"${agentId}"}], "note":{"agent":"\\":"}} }`;
    expect(await list(body, 'v3', { 'content-type': 'text/x; charset=utf-16' })).toEqual([200, undefined]);
    expect(upstream.seen.map((seen) => [seen.body, seen.headers['content-type']])).toEqual([
      [body, 'application/json'],
    ]);
  });

  test.each([
    [
      'other criteria before it',
      () => [`{"filter_criteria":{},${criteria(`[{"agent_id":"${agentId}"}]`).slice(1)}`, 'v3'],
    ],
    [
      'other agents before it',
      () => [criteria(`[{"agent_id":"other","\\u0061gent_id":"${agentId}"}]`), 'v3'],
    ],
    ['an entry without an id', () => [criteria(`[{"agent_id":"${agentId}"},{}]`), 'v3']],
    ['an id that is null', () => [criteria(`[{"agent_id":"${agentId}"},{"agent_id":null}]`), 'v3']],
    ['an id that is a pattern', () => [`{"filter_criteria":{"agent_id":["${agentId}",{"op":"ne"}]}}`, 'v2']],
  ] satisfies [string, () => [string, string]][])(
    'and has in it %s is refused, and no provider is asked',
    async (_what, of) => {
      const [body, version] = of();
      expect(await list(body, version)).toEqual([400, 'MALFORMED_REQUEST']);
      expect(upstream.seen).toEqual([]);
    },
  );
});
