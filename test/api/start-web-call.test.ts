import { AuditEventRow } from '../../src/audit/audit.entity';
import { CallRow } from '../../src/calls/call.entity';
import type { Persona } from '../../src/demo/seed';
import { HARBOR_BLAND_AGENT, HARBOR_RETELL_AGENT, HARBOR_VAPI_AGENT, NEVER_GIVEN_OUT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { codes, END_CALL, START_LIVE_CALL, START_WEB_CALL, type UserErrors } from '../operations';
import { json, Loopback } from '../providers/loopback';

interface Started extends UserErrors {
  readonly call: { readonly id: string; readonly status: string } | null;
  readonly access: { readonly url: string | null; readonly accessToken: string | null } | null;
}

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp({ METRICS: 'on', METRICS_PORT: '0' });
});
afterAll(() => running.close());
afterEach(() => Loopback.closeAll());

let keys = 0;
const start = async (
  agentId: string,
  idempotencyKey = `web ${(keys += 1)}`,
  as: Persona = 'agencyMember',
  instance = running,
) =>
  (
    await instance.data<{ startWebCall: Started }>(
      START_WEB_CALL,
      { input: { agentId, idempotencyKey, variables: [{ name: 'name', value: 'Ada' }] } },
      as,
    )
  ).startWebCall;
const stored = (id = '') => running.app.database.read.findOneByOrFail(CallRow, { id });

test('a call at Retell is started with the resolved key, and what it takes to join it is given out once', async () => {
  const started = await start(HARBOR_RETELL_AGENT, 'once', 'agencyAdmin');
  expect(started).toMatchObject({
    call: {
      status: 'QUEUED',
      kind: 'LIVE',
      direction: 'INBOUND',
      origin: 'API',
      toNumber: null,
    },
    access: {
      url: null,
      accessToken: expect.stringMatching(/^demo-token-/) as string,
      transport: 'gateway',
      iceServers: [{ urls: ['turn:127.0.0.1:3478'], username: 'demo' }],
      expiresAt: expect.any(String) as string,
    },
    userErrors: [],
  });
  const { requests } = running.sandbox.retell;
  expect(requests.at(-1)).toMatchObject({
    path: '/v3/create-web-call',
    body: {
      metadata: { latchkey_call_id: started.call?.id },
      retell_llm_dynamic_variables: { name: 'Ada' },
    },
  });
  const before = requests.length;
  const again = await start(HARBOR_RETELL_AGENT, ' once ', 'agencyAdmin');
  expect(again).toMatchObject({ call: { id: started.call?.id }, access: null });
  expect(codes(again)).toEqual(['ACCESS_GIVEN_ONCE input.idempotencyKey']);
  expect(requests).toHaveLength(before);
  const call = await stored(started.call?.id);
  expect(call).toMatchObject({ toNumber: null, keySource: 'CLIENT', receipt: expect.any(String) as string });
  expect(await running.app.database.read.countBy(AuditEventRow, { type: 'CALL_PLACED' })).toBe(1);
});

test('a call at Vapi is joined over a WebSocket', async () => {
  const { access } = await start(HARBOR_VAPI_AGENT);
  expect(access).toMatchObject({
    url: expect.stringMatching(/^wss:.*\/transport$/) as string,
    accessToken: null,
    transport: 'vapi.websocket',
    iceServers: [],
    expiresAt: null,
  });
});

test('a call goes on and ends like any other', async () => {
  const { call } = await start(HARBOR_RETELL_AGENT);
  const { providerCallId } = await stored(call?.id);
  running.sandbox.retell.calls.byId(providerCallId ?? '')?.answer();
  const { endCall } = await running.data<{ endCall: Started }>(END_CALL, { input: { callId: call?.id } });
  expect(endCall).toMatchObject({ call: { status: 'COMPLETED', costStatus: 'KNOWN' }, userErrors: [] });
});

test('a provider without web calls says so, and nothing is on record', async () => {
  const before = await running.app.database.read.countBy(CallRow, {});
  const refused = await start(HARBOR_BLAND_AGENT);
  expect([refused.call, refused.access, codes(refused)]).toEqual([
    null,
    null,
    ['NOT_SUPPORTED input.agentId'],
  ]);
  expect(refused.userErrors[0]?.message).toBe('Bland has no web calls.');
  expect(codes(await start(NEVER_GIVEN_OUT))).toEqual(['NOT_FOUND input.agentId']);
  expect(codes(await start(HARBOR_RETELL_AGENT, ' '))).toEqual(['REQUIRED input.idempotencyKey']);
  expect(await running.app.database.read.countBy(CallRow, {})).toBe(before);
});

test('an idempotency key stands for a call on the phone or on the web, and never for both', async () => {
  await start(HARBOR_RETELL_AGENT, 'either');
  const input = { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123', idempotencyKey: 'either' };
  const { startCall } = await running.data<{ startCall: Started }>(START_LIVE_CALL, { input });
  expect(codes(startCall)).toEqual(['IDEMPOTENCY_CONFLICT input.idempotencyKey']);
});

test('portal users start none', async () => {
  const input = { agentId: HARBOR_RETELL_AGENT, idempotencyKey: 'portal' };
  const { errors } = await running.ask('portalUser', START_WEB_CALL, { input });
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
});

test.each([
  ['a token is missing', { call_id: 'call_1' }],
  ['a token is no text', { call_id: 'call_1', access_token: { a: 1 } }],
  ['the id is missing', { access_token: 'zqxtoken' }],
])('a call is unknown, and nobody joins it, where %s', async (_what, body) => {
  const provider = await Loopback.start(json(201, body));
  const instance = await running.another({ RETELL_BASE_URL: provider.baseUrl });
  const started = await start(HARBOR_RETELL_AGENT, undefined, 'agencyMember', instance);
  await instance.close();
  expect(started).toMatchObject({ call: { status: 'UNKNOWN' }, access: null, userErrors: [] });
  expect(provider.seen).toHaveLength(1);
});

test('what it takes to join a call is found in no table, no log, no metric and no other answer', async () => {
  const provider = await Loopback.start(
    json(201, {
      call_id: 'call_zqx',
      access_token: 'zqxtoken',
      transport: 'gateway',
      ice_servers: [{ urls: 'turn:zqxserver', username: 'zqxname', credential: 'zqxcredential' }],
    }),
  );
  const instance = await running.another({ RETELL_BASE_URL: provider.baseUrl });
  const started = await start(HARBOR_RETELL_AGENT, 'leak', 'agencyMember', instance);
  expect(JSON.stringify(started.access).match(/zqx\w+/g)).toEqual([
    'zqxtoken',
    'zqxserver',
    'zqxname',
    'zqxcredential',
  ]);
  const again = await start(HARBOR_RETELL_AGENT, 'leak', 'agencyMember', instance);
  await instance.chained();
  const { read } = running.app.database;
  const tables = ['calls', 'call_revisions', 'provider_calls', 'audit_events'];
  const rows = await Promise.all(tables.map((table) => read.rows(`SELECT * FROM ${table}`)));
  const everything = JSON.stringify([again, rows, instance.logs]);
  expect(everything).toContain('call_zqx');
  expect(everything).not.toMatch(/zqx(token|server|name|credential)/);
  await instance.close();
});
