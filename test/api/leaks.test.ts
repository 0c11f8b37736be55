import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { buildSchema, getNamedType, isInputObjectType, type GraphQLInputType } from 'graphql';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import { CallRow } from '../../src/calls/call.entity';
import { emittedFiles } from '../../src/emit-schema';
import { entities } from '../../src/entities';
import type { Persona } from '../../src/demo/seed';
import type { DecryptPurpose } from '../../src/vault/cipher';
import { vaultKeyPlace } from '../../src/vault/vault-keys';
import { BRIGHTLINE, HARBOR, HARBOR_BLAND_AGENT, MAPLE } from '../demo-ids';
import { canaryOf, formsOf, generator, hits } from '../fixtures/canaries';
import { useAndMisuseToken } from '../fixtures/gateway-tokens';
import { createWebhook } from '../fixtures/webhooks';
import { MALFORMED, type Sent } from '../fixtures/malformed';
import { managerOf } from '../database';
import { startTestApp, type TestApp } from '../harness';
import { metricsTextOf } from '../metrics';
import {
  ACCEPT_HAND_IN,
  CLEAR_CLIENT,
  CLIENT_KEYS,
  CREATE_CLIENT,
  CREATE_KEY_LINK,
  DELIVERIES,
  END_CALL,
  ENDPOINTS,
  HAND_IN,
  PENDING_HAND_INS,
  PREVIEW,
  PREVIEW_HAND_IN,
  REFUSE_HAND_IN,
  ROTATE_SIGNING,
  SET_AGENCY,
  SET_CLIENT,
  SET_WEBHOOK_SECRET,
  SET_HAND_IN_POLICY,
  START_CALL,
  UPDATE_WEBHOOK,
  VERIFY_AGENCY,
  VERIFY_CLIENT,
} from '../operations';
import { talk, talkingProvider } from '../fixtures/talking-provider';
import { Loopback } from '../providers/loopback';
import { sealFor } from '../seal';

// CI sends 5,000.
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 250);
const AT_ONCE = 8;
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
const TIME_LIMIT_MS = 600_000;
const AN_HOUR_MS = 60 * 60 * 1000;

const PREVIEW_AGENCY = PREVIEW.replaceAll(
  'PreviewClientApiKeyChange',
  'PreviewAgencyApiKeyChange',
).replaceAll('previewClientApiKeyChange', 'previewAgencyApiKeyChange');

/**
 * Everything that takes a key, with the rest of its input as it should be. A test finds what is missing here.
 */
const TAKING_KEYS: Readonly<Record<string, (apiKey: string) => [as: Persona, query: string, input: object]>> =
  {
    setClientApiKeys: (apiKey) => [
      'agencyAdmin',
      SET_CLIENT,
      { clientId: HARBOR, keys: [{ provider: 'BLAND', apiKey }] },
    ],
    setAgencyApiKeys: (apiKey) => ['agencyAdmin', SET_AGENCY, { keys: [{ provider: 'BLAND', apiKey }] }],
    previewClientApiKeyChange: (apiKey) => [
      'agencyAdmin',
      PREVIEW,
      { clientId: HARBOR, provider: 'BLAND', apiKey },
    ],
    previewAgencyApiKeyChange: (apiKey) => ['agencyAdmin', PREVIEW_AGENCY, { provider: 'BLAND', apiKey }],
    handInApiKey: (apiKey) => ['portalUser', HAND_IN, { provider: 'BLAND', apiKey }],
    setWebhookSecret: (secret) => [
      'agencyAdmin',
      SET_WEBHOOK_SECRET,
      { clientId: HARBOR, provider: 'BLAND', secret },
    ],
  };

/** Where a key could come out again. */
const PLACES = ['bodies', 'headers', 'log', 'output', 'rows', 'files', 'audit', 'metrics'] as const;
const found: Record<(typeof PLACES)[number], string[]> = {
  bodies: [],
  headers: [],
  log: [],
  output: [],
  rows: [],
  files: [],
  audit: [],
  metrics: [],
};

let running: TestApp;
/** The same without the playground, whose errors tell nothing of the schema. */
let closed: TestApp;
let provider: Server;
let mode: 'ECHO' | 'REFUSE' | 'ACCEPT' | 'DROP' = 'ECHO';
let shown = 0;
/** The heads of the requests that the provider got. */
const arrived: string[] = [];
let count = 0;
let worst = 0;
const next = () => canaryOf((count += 1));

/** A provider that repeats all that it is sent wherever it can. */
async function startProvider(): Promise<string> {
  provider = createServer((request, response) => {
    arrived.push(JSON.stringify([request.url, request.rawHeaders]));
    shown += hits(request.headers.authorization ?? '') > 0 ? 1 : 0;
    const echo = request.headers.authorization ?? String(request.headers['webhook-signature']);
    const said = JSON.stringify({
      message: echo,
      call_id: echo,
      status: 'ok',
      url: request.url,
    });
    if (mode === 'DROP') return void request.socket.destroy();
    const status = { ECHO: 500, REFUSE: 401, ACCEPT: 200 }[mode];
    return void response
      .writeHead(status, {
        'content-type': 'application/json',
        'x-echo': echo,
        'retry-after': echo,
      })
      .end(said);
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
}

async function send(
  { path, init }: Sent,
  as: Persona | null = 'agencyAdmin',
  { url, tokens }: Pick<TestApp, 'url' | 'tokens'> = running,
): Promise<string> {
  const headers = {
    ...(as && { authorization: `Bearer ${tokens[as]}` }),
    ...(init.headers as Record<string, string>),
  };
  const response = await fetch(`${url}${path}`, { ...init, headers });
  const body = await response.text();
  worst = Math.max(worst, response.status);
  found.headers.push(JSON.stringify([...response.headers]));
  found.bodies.push(body);
  return body;
}

const graphql = (as: Persona, query: string, input: object) =>
  send(
    {
      path: '/graphql',
      init: {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables: { input } }),
      },
    },
    as,
  );

async function pendingHandIn(): Promise<string> {
  const { keyHandIns } = await running.data<{ keyHandIns: { nodes: { id: string }[] } }>(PENDING_HAND_INS);
  return keyHandIns.nodes[0]?.id ?? '';
}

/** Each way of a key through the product, whatever its provider says. */
async function everyOperation(): Promise<void> {
  for (const [name, take] of Object.entries(TAKING_KEYS)) {
    await graphql(...take(next()));
    const owner = name.includes('Agency') ? BRIGHTLINE : HARBOR;
    await graphql(...take(await sealFor(running, next(), { owner, provider: 'BLAND' })));
  }
  for (const query of [PREVIEW_HAND_IN, ACCEPT_HAND_IN])
    await graphql('agencyAdmin', query, { keyHandInId: await pendingHandIn() });
  await graphql('portalUser', HAND_IN, { provider: 'BLAND', apiKey: next() });
  await graphql('agencyAdmin', REFUSE_HAND_IN, { keyHandInId: await pendingHandIn(), reason: 'No.' });
  await graphql('agencyAdmin', SET_CLIENT, {
    clientId: HARBOR,
    verify: true,
    keys: [{ provider: 'BLAND', apiKey: next() }],
  });
  await graphql('agencyAdmin', VERIFY_CLIENT, { clientId: HARBOR });
  await graphql('agencyAdmin', VERIFY_AGENCY, {});
  await graphql('agencyAdmin', START_CALL, { agentId: HARBOR_BLAND_AGENT, toNumber: '+14155550123' });
  const [call] = await running.app.database.read.find(CallRow, { order: { id: 'DESC' }, take: 1 });
  await graphql('agencyAdmin', END_CALL, { callId: call?.id });
  await running.app.upkeep.callAsker.askDue(new Date(Date.now() + AN_HOUR_MS));
  const { createKeyLink } = await running.data<{ createKeyLink: { url: string; code: string } }>(
    CREATE_KEY_LINK,
    { input: { clientId: HARBOR, provider: 'BLAND' } },
  );
  const { pathname: path } = new URL(createKeyLink.url);
  for (const code of ['000000', createKeyLink.code])
    await send({ path, init: { method: 'POST', body: new URLSearchParams({ code, apiKey: next() }) } }, null);
  await useGateway();
  await graphql('agencyAdmin', CLEAR_CLIENT, { clientId: HARBOR, providers: ['BLAND'] });
  await useWebhook();
}

/** Tokens are drawn, like secrets of webhooks. */
const gatewayTokens: string[] = [];

async function useGateway(): Promise<void> {
  const keys = [{ provider: 'BLAND', apiKey: next() }];
  await graphql('agencyAdmin', SET_CLIENT, { clientId: HARBOR, keys });
  const { token, answers } = await useAndMisuseToken(running);
  gatewayTokens.push(token);
  found.headers.push(...answers.map(({ headers }) => JSON.stringify(headers)));
  found.bodies.push(...answers.map(({ body }) => body.toString('latin1')));
  for (const path of ['/gateway/bland', '/gateway/BLAND', `/gateway/${token}`, '/graphql'])
    await send({ path, init: { method: 'POST', headers: { authorization: token } } }, null);
  const misplaced = [{ provider: 'BLAND', apiKey: token }];
  await graphql('agencyAdmin', SET_CLIENT, { clientId: HARBOR, keys: misplaced });
}

/** Secrets of webhooks are drawn and not sent by anybody: they are looked for as they are. */
const signing: string[] = [];

/** A webhook whose receiver repeats what it is sent, or does not answer. */
async function useWebhook(): Promise<void> {
  const { port } = provider.address() as AddressInfo;
  const { outgoingWebhook, secret } = await createWebhook(running, `http://127.0.0.1:${port}/`, [
    'API_KEY_SET',
    'CALL_ENDED',
  ]);
  const { id } = outgoingWebhook;
  const { rotateOutgoingWebhookSecret } = await running.data<{
    rotateOutgoingWebhookSecret: { secret: string };
  }>(ROTATE_SIGNING, { input: { outgoingWebhookId: id } });
  signing.push(secret, rotateOutgoingWebhookSecret.secret);
  await graphql('agencyAdmin', SET_CLIENT, {
    clientId: MAPLE,
    keys: [{ provider: 'BLAND', apiKey: next() }],
  });
  await running.chained();
  await running.app.upkeep.deliveries.work();
  await send({ path: '/graphql', init: deliveriesOf(id) });
  await graphql('agencyAdmin', UPDATE_WEBHOOK, { outgoingWebhookId: id, isOn: false });
  await graphql('agencyAdmin', CLEAR_CLIENT, { clientId: MAPLE, providers: ['BLAND'] });
}

function deliveriesOf(id: string): RequestInit {
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify({ query: DELIVERIES, variables: { id } }) };
}

/** Events with secrets in headers and texts, which nobody vouches for or whose signature is wrong. */
async function everyEvent(): Promise<void> {
  for (const clientId of [HARBOR, MAPLE]) {
    const { webhookEndpoints } = await running.data<{ webhookEndpoints: { url: string }[] }>(ENDPOINTS, {
      clientId,
    });
    for (const { url } of webhookEndpoints) {
      const call = { call_id: 'leak', id: 'leak', transcript: next(), metadata: { note: next() } };
      const texts = { completed: true, concatenated_transcript: next(), summary: next() };
      const message = { type: 'end-of-call-report', call, artifact: { transcript: next() }, ...texts };
      const body = JSON.stringify({ event: 'call_analyzed', ...call, ...texts, call, message });
      const headers = {
        'content-type': 'application/json',
        authorization: `Bearer ${next()}`,
        ...Object.fromEntries(
          ['x-vapi-secret', 'x-webhook-signature', 'x-retell-signature'].map((name) => [name, next()]),
        ),
      };
      await send({ path: new URL(url).pathname, init: { method: 'POST', headers, body } }, null);
    }
  }
  await running.app.upkeep.eventWorker.work();
  await running.app.upkeep.eventAsker.askDue();
  expect(await running.app.database.read.countBy(ProviderEventRow, { state: 'DONE' })).toBeGreaterThan(0);
}

async function malformedRequests(): Promise<void> {
  const random = generator(SEED);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const requests = Array.from(
    { length: REQUESTS },
    (_, index) =>
      [
        pick(MALFORMED)(next(), random),
        pick(['agencyAdmin', 'agencyAdmin', 'portalUser', null] as const),
        index % 2 === 0 ? running : closed,
      ] as const,
  ).values();
  const worker = async () => {
    for (const [request, as, app] of requests) await send(request, as, app);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** What the logs and the metrics hold, and the database row by row and file by file. */
async function readDatabase(): Promise<void> {
  found.log = [...running.logs, ...closed.logs];
  found.metrics = [await metricsTextOf(running), await metricsTextOf(closed)];
  const { read } = running.app.database;
  const manager = managerOf(read);
  const rows = await Promise.all(
    entities.map((entity) =>
      manager.query<unknown[]>(`SELECT * FROM ${manager.getRepository(entity).metadata.tablePath}`),
    ),
  );
  found.rows = [JSON.stringify(rows)];
  found.audit = [JSON.stringify(await read.find(AuditEventRow))];
  const file = /^sqlite:(.+)$/.exec(running.databaseUrl)?.[1];
  found.files = file
    ? readdirSync(dirname(file)).map((name) => readFileSync(join(dirname(file), name), 'latin1'))
    : [];
}

/** Whatever is printed: jest's console is not the process's, and passes nothing on to its streams. */
function catchOutput(): { mockRestore(): void }[] {
  const streams = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((text) => found.output.push(String(text)) > 0),
  );
  const methods = (['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'] as const).map((name) =>
    jest
      .spyOn(console, name)
      .mockImplementation(
        (...what: unknown[]) => void found.output.push(inspect(what, { depth: null, maxStringLength: null })),
      ),
  );
  return [...streams, ...methods];
}

const KEYS_BEFORE = async () =>
  JSON.stringify(await Promise.all([MAPLE, HARBOR].map((id) => running.data(CLIENT_KEYS, { id }))));
let unchanged: boolean;
/** What was said in a call, and what it took to join it, as those who may have it were told. */
let told: string;

beforeAll(async () => {
  running = await startTestApp({
    METRICS: 'on',
    PLAYGROUND: 'on',
    BLAND_BASE_URL: await startProvider(),
    RETELL_BASE_URL: (await talkingProvider(next)).baseUrl,
  });
  closed = await startTestApp({ METRICS: 'on' });
  const outputs = catchOutput();
  for (mode of ['ECHO', 'REFUSE', 'ACCEPT', 'DROP'] as const) await everyOperation();
  await graphql('agencyAdmin', SET_HAND_IN_POLICY, { clientId: HARBOR, acceptsValidHandIns: true });
  for (mode of ['ECHO', 'ACCEPT'] as const) await everyOperation();
  await everyEvent();
  told = await talk(running);
  mode = 'REFUSE';
  const before = await KEYS_BEFORE();
  await malformedRequests();
  unchanged = (await KEYS_BEFORE()) === before;
  for (const output of outputs) output.mockRestore();
  await readDatabase();
}, TIME_LIMIT_MS);
afterAll(async () => {
  await Promise.all([running.close(), closed.close()]);
  provider.close();
  await Loopback.closeAll();
});

describe(`${REQUESTS} malformed requests that carry keys, and every operation with good ones (FUZZ_SEED=${SEED})`, () => {
  test('get answers, none of which is a fault of ours', () => {
    expect(found.bodies.length).toBeGreaterThan(REQUESTS);
    expect(found.bodies.filter((body) => body.includes('INTERNAL_SERVER_ERROR'))).toEqual([]);
    expect(worst).toBeLessThan(500);
  });

  test.each(PLACES)('leave no key in the %s, in no form', (place) => {
    expect(found[place].filter((text) => hits(text) > 0).map((text) => text.slice(0, 2_000))).toEqual([]);
  });

  test('leave no secret by which webhooks are signed in any place, in no form', () => {
    expect(signing).toHaveLength(12);
    const forms = signing.flatMap((secret) => {
      const text = secret.slice('whsec_'.length);
      return [...formsOf(text.replace(/=$/, '')), Buffer.from(text, 'base64').toString('hex')];
    });
    for (const place of PLACES) {
      const text = found[place].join('\n');
      expect([place, forms.filter((form) => text.includes(form)).length]).toEqual([place, 0]);
    }
  });

  test('leave no gateway token in any place, in no form, and send none to the provider', () => {
    expect(gatewayTokens).toHaveLength(6);
    // What people recognise a token by is shown, and its scheme is in the documents.
    const forms = gatewayTokens.flatMap((token) => formsOf(token.slice('lk_gw_1234'.length)));
    for (const place of PLACES) {
      const text = found[place].join('\n');
      expect([place, forms.filter((form) => text.includes(form)).length]).toEqual([place, 0]);
    }
    expect(arrived.length).toBeGreaterThan(60);
    expect(arrived.filter((head) => gatewayTokens.some((token) => head.includes(token)))).toEqual([]);
  });

  test('get no stack and no SQL', () => {
    expect(
      found.bodies.filter((body) =>
        /\bat .*\.[jt]s:\d|SELECT |INSERT |node_modules|SQLITE|\bER_[A-Z]/.test(body),
      ),
    ).toEqual([]);
  });

  test('change no key that was there, where they are malformed', () => {
    expect(unchanged).toBe(true);
  });

  test('showed their keys to the provider, which repeated them all', () => {
    expect(shown).toBeGreaterThan(60);
  });

  test('told those who may have it what was said in a call and how to join it, which is nowhere else', () => {
    // A token, a transport, three of a server, a turn, a file: but the address of the file is not told.
    expect(hits(told)).toBeGreaterThan(12);
    expect(told).toContain('RIFF');
  });

  test('go through every mutation that takes a key', () => {
    const schema = buildSchema(emittedFiles()['schema/schema.graphql'] ?? '');
    const takes = (type: GraphQLInputType): boolean => {
      const named = getNamedType(type);
      return (
        named.name === 'Secret' ||
        (isInputObjectType(named) && Object.values(named.getFields()).some((field) => takes(field.type)))
      );
    };
    const mutations = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(({ args }) =>
      args.some((arg) => takes(arg.type)),
    );
    expect(mutations.map(({ name }) => name).sort()).toEqual(Object.keys(TAKING_KEYS).sort());
  });
});

describe('the search', () => {
  const control = canaryOf(999_999);

  test('finds a canary, and each half of it, in each of their forms, at each offset', () => {
    for (const text of [control, control.slice(0, 14), control.slice(14)]) {
      for (const form of formsOf(text)) expect([form, hits(`.${form}.`) > 0]).toEqual([form, true]);
      for (const shift of ['', 'a', 'ab'])
        expect(hits(Buffer.from(`${shift}${text}${shift}`).toString('base64url'))).toBeGreaterThan(0);
    }
    expect(hits(JSON.stringify(formsOf('an innocent text of any kind')))).toBe(0);
  });

  test('finds the one that is planted in each place', async () => {
    const clean = Object.fromEntries(PLACES.map((place) => [place, found[place].join('\n').length]));
    const none = Object.fromEntries(PLACES.map((place) => [place, hits(found[place].join('\n'))]));
    // A real header of a real answer, set before the product sees the request.
    running.app.server.server.prependListener(
      'request',
      (request: { url?: string }, response: { setHeader(name: string, value: string): void }) => {
        if (request.url === '/healthz?control') response.setHeader('x-control', control);
      },
    );
    await send({ path: '/healthz?control', init: {} });
    await graphql('agencyAdmin', CREATE_CLIENT, { name: control });
    running.app.server.log.info({ control });
    // Only a cast lets a label be anything but a word of our own.
    const { cipher } = running.app.vault;
    const place = vaultKeyPlace('control');
    cipher.openBytes(cipher.sealBytes(Buffer.from('x'), place), place, control as DecryptPurpose);
    const outputs = catchOutput();
    const before = found.output.length;
    process.stdout.write(control);
    /* eslint-disable no-console -- what is searched */
    console.log({ control });
    console.error(new Error(control));
    /* eslint-enable no-console */
    for (const output of outputs) output.mockRestore();
    expect(found.output.slice(before).map((text) => hits(text) > 0)).toEqual([true, true, true]);
    await readDatabase();
    const searched = PLACES.filter((place) => place !== 'files' || running.databaseUrl.startsWith('sqlite:'));
    const planted = searched.map((place) => [place, hits(found[place].join('\n')) > 0]);
    expect(planted).toEqual(searched.map((place) => [place, true]));
    const lines = searched.map(
      (place) =>
        `  ${place.padEnd(8)} ${String(clean[place]).padStart(10)} bytes ${none[place]} hits, planted one found`,
    );
    process.stdout.write(
      `Leaks searched after ${found.bodies.length} answers to ${count} keys (FUZZ_SEED=${SEED}):\n${lines.join('\n')}\n`,
    );
  });
});
