import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AGENCYS_OWN_AGENT,
  ARCHIVED_CLIENT,
  ARCHIVED_CLIENTS_AGENT,
  HARBOR,
  HARBOR_BLAND_AGENT,
  HARBOR_RETELL_AGENT,
  HARBOR_VAPI_AGENT,
  NEVER_GIVEN_OUT,
  OTHER_AGENCYS_AGENT,
} from '../demo-ids';
import { freePort } from '../fixtures/oidc';
import { startTestApp, type TestApp } from '../harness';
import { AbstractLogger } from 'typeorm';
import { violationsOfVersions, type Resolution, type Version } from '../register';
import {
  CLEAR_AGENCY,
  CLEAR_CLIENT,
  CLIENT_KEYS,
  codes,
  CREATE_AGENT,
  RESTORE,
  SET_AGENCY,
  SET_CLIENT,
  START_CALL,
  type UserErrors,
} from '../operations';

interface Started extends UserErrors {
  readonly call: {
    id: string;
    status: string;
    keySource: string;
    keyVersion: number;
    providerCallId: string | null;
    error: {
      code: string;
      httpStatus: number | null;
      message: string;
      retryAfterSeconds: number | null;
    } | null;
  } | null;
}

let running: TestApp;
const servers: Server[] = [];

async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
  running = await startTestApp(env);
}

afterEach(async () => {
  await running.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A provider of our own, that keeps count of the placements. */
async function provider(answer: RequestListener): Promise<{ url: string; placed: () => number }> {
  let placed = 0;
  const server = createServer((request, response) => {
    if (request.method === 'POST') placed += 1;
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, placed: () => placed };
}

const call = async (input: object = {}, instance = running): Promise<Started> =>
  (
    await instance.data<{ startTestCall: Started }>(START_CALL, {
      input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123', ...input },
    })
  ).startTestCall;
const setClient = (apiKey: string) =>
  running.data(SET_CLIENT, { input: { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey }] } });
const setAgency = (apiKey: string) =>
  running.data(SET_AGENCY, { input: { keys: [{ provider: 'RETELL', apiKey }] } });
const clearClient = () => running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
const clearAgency = () => running.data(CLEAR_AGENCY, { input: { providers: ['RETELL'] } });
const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');
const keysShown = () => running.sandbox.retell.requests.map(({ authorization }) => authorization?.keyHash);

describe('a test call', () => {
  beforeEach(() => start());

  test("is placed with the client's key, and records whose and which version", async () => {
    const { call: placed } = await call();
    expect(placed).toMatchObject({
      status: 'QUEUED',
      keySource: 'CLIENT',
      keyVersion: 1,
      error: null,
      providerCallId: expect.any(String) as string,
    });
    expect(new Set(keysShown())).toEqual(new Set([hashOf(running.sandbox.retell.keys.secondAccount)]));
  });

  test.each([
    ['Vapi', HARBOR_VAPI_AGENT, 'CLIENT'],
    ['Bland', HARBOR_BLAND_AGENT, 'AGENCY'],
  ])('is placed at %s too', async (_name, agentId, source) => {
    expect((await call({ agentId })).call).toMatchObject({ status: 'QUEUED', keySource: source });
  });

  test("uses the agency's key from the very next call after a clear", async () => {
    await setAgency(running.sandbox.retell.keys.secondAccount);
    await clearClient();
    expect((await call()).call).toMatchObject({ status: 'QUEUED', keySource: 'AGENCY' });
  });

  test("uses the agency's key for an agent of no client", async () => {
    expect((await call({ agentId: AGENCYS_OWN_AGENT })).call).toMatchObject({
      status: 'QUEUED',
      keySource: 'AGENCY',
    });
  });

  test.each([
    ['revoked', 'KEY_INVALID', 401],
    ['restricted', 'INSUFFICIENT_PERMISSIONS', 403],
    ['rateLimited', 'RATE_LIMITED', 429],
    ['outOfFunds', 'OUT_OF_FUNDS', 402],
  ] as const)(
    "fails with the client's %s key, and the agency's key is shown to nobody",
    async (which, code, httpStatus) => {
      await setAgency(running.sandbox.retell.keys.secondAccount);
      await setClient(running.sandbox.retell.keys[which]);
      expect((await call()).call).toMatchObject({
        status: 'FAILED',
        keySource: 'CLIENT',
        error: { code, httpStatus },
      });
      expect(new Set(keysShown())).toEqual(new Set([hashOf(running.sandbox.retell.keys[which])]));
    },
  );

  test('is refused without a key, which is named, and no provider is asked', async () => {
    await clearClient();
    await clearAgency();
    const { call: none, userErrors } = await call();
    expect([none, userErrors[0]?.code]).toEqual([null, 'NO_KEY_CONFIGURED']);
    expect(userErrors[0]?.message).toMatch(
      /Neither the client nor the agency has a Retell key.*agency admin/,
    );
    expect(running.sandbox.retell.requests).toEqual([]);
  });

  test('is refused for an agent of an archived client, until the client is restored', async () => {
    expect(codes(await call({ agentId: ARCHIVED_CLIENTS_AGENT }))).toEqual(['CLIENT_ARCHIVED input.agentId']);
    expect(running.sandbox.retell.requests).toEqual([]);
    await running.data(RESTORE, { input: { clientId: ARCHIVED_CLIENT } });
    expect((await call({ agentId: ARCHIVED_CLIENTS_AGENT })).call?.status).toBe('QUEUED');
  });

  test('is refused for an agent without the number that its provider needs', async () => {
    const { createAgent } = await running.data<{ createAgent: { agent: { id: string } } }>(CREATE_AGENT, {
      input: { name: 'Mute', provider: 'RETELL', providerAgentId: 'agent_demo_client_x', clientId: HARBOR },
    });
    expect(codes(await call({ agentId: createAgent.agent.id }))).toEqual(['REQUIRED input.agentId']);
  });

  test.each([
    ['', 'REQUIRED'],
    ['4155550123', 'INVALID_FORMAT'],
    ['+0155550123', 'INVALID_FORMAT'],
    ['+1 415 555 0123', 'INVALID_FORMAT'],
    ['+1234567890123456', 'INVALID_FORMAT'],
    ['sip:a@b', 'INVALID_FORMAT'],
  ])('is refused to the number %j', async (toNumber, code) => {
    expect(codes(await call({ toNumber }))).toEqual([`${code} input.toNumber`]);
    expect(running.sandbox.retell.requests).toEqual([]);
  });

  test.each([NEVER_GIVEN_OUT, OTHER_AGENCYS_AGENT, 'x'])('finds no agent %s', async (agentId) => {
    expect(codes(await call({ agentId }))).toEqual(['NOT_FOUND input.agentId']);
  });

  test('keeps the source and the version with which it was started', async () => {
    const { call: placed } = await call();
    await setClient('key_replaced_01234567');
    await clearClient();
    const { call: later } = await running.data<{ call: object }>(
      'query ($id: ID!) { call(id: $id) { keySource keyVersion } }',
      { id: placed?.id },
    );
    expect(later).toEqual({ keySource: 'CLIENT', keyVersion: 1 });
  });

  test('stands first in the list of calls', async () => {
    const ids = [(await call()).call?.id, (await call()).call?.id];
    const { calls } = await running.data<{ calls: { nodes: { id: string }[] } }>(
      '{ calls(first: 2) { nodes { id } } }',
    );
    expect(calls.nodes.map(({ id }) => id)).toEqual(ids.reverse());
  });
});

describe('a test call under an idempotency key', () => {
  beforeEach(() => start());
  const idempotencyKey = 'order 66';

  test('is placed once, however often it is asked for, on every instance', async () => {
    const other = await running.another();
    const answers = await Promise.all(
      [running, other, running, other].map((instance) => call({ idempotencyKey }, instance)),
    );
    const later = await call({ idempotencyKey });
    await other.close();
    expect(new Set([...answers, later].map((answer) => answer.call?.id)).size).toBe(1);
    expect(later.call?.status).toBe('QUEUED');
    expect(running.sandbox.retell.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  test('is refused when the key was used for another call', async () => {
    await call({ idempotencyKey });
    expect(codes(await call({ idempotencyKey, toNumber: '+14155550199' }))).toEqual([
      'IDEMPOTENCY_CONFLICT input.idempotencyKey',
    ]);
    expect(codes(await call({ idempotencyKey, agentId: AGENCYS_OWN_AGENT }))).toEqual([
      'IDEMPOTENCY_CONFLICT input.idempotencyKey',
    ]);
  });

  test('answers with the failure when it failed, and places nothing', async () => {
    await setClient(running.sandbox.retell.keys.outOfFunds);
    const first = await call({ idempotencyKey });
    await setClient(running.sandbox.retell.keys.secondAccount);
    expect(await call({ idempotencyKey })).toEqual(first);
  });

  test('is the same one with white space around the key', async () => {
    expect((await call({ idempotencyKey: ` ${idempotencyKey}\n` })).call?.id).toBe(
      (await call({ idempotencyKey })).call?.id,
    );
  });

  test('differs from the same key in another case', async () => {
    expect((await call({ idempotencyKey: 'a' })).call?.id).not.toBe(
      (await call({ idempotencyKey: 'A' })).call?.id,
    );
  });

  test.each([
    ['', 'REQUIRED'],
    [' \t', 'REQUIRED'],
    ['x'.repeat(256), 'TOO_LONG'],
  ])('is refused for the key %.10j', async (key, code) => {
    expect(codes(await call({ idempotencyKey: key }))).toEqual([`${code} input.idempotencyKey`]);
  });
});

describe('a test call at a provider in trouble', () => {
  const statusOfKey = async () => {
    const { client } = await running.data<{ client: { apiKeys: { provider: string; status: string }[] } }>(
      CLIENT_KEYS,
      { id: HARBOR },
    );
    return client.apiKeys.find(({ provider: name }) => name === 'RETELL')?.status;
  };

  test('that gives no answer may have been placed: it is unknown, and never placed again', async () => {
    const silent = await provider(() => undefined);
    await start({ RETELL_BASE_URL: silent.url, PROVIDER_TIMEOUT_MS: '200' });
    const { call: first } = await call({ idempotencyKey: 'once' });
    expect(first).toMatchObject({ status: 'UNKNOWN', error: { code: 'TIMEOUT', httpStatus: null } });
    expect((await call({ idempotencyKey: 'once' })).call?.id).toBe(first?.id);
    expect(silent.placed()).toBe(1);
  });

  test('that is not there failed', async () => {
    await start({ RETELL_BASE_URL: `http://127.0.0.1:${await freePort()}` });
    expect((await call()).call).toMatchObject({ status: 'FAILED', error: { code: 'UNREACHABLE' } });
  });

  test.each<[string, RequestListener, string, string]>([
    [
      'breaks down',
      (_, response) => response.writeHead(500).end('{"message":"secret reason"}'),
      'UNKNOWN',
      'PROVIDER_FAULT',
    ],
    [
      'answers with a page',
      (_, response) => response.writeHead(201).end('<html>secret reason</html>'),
      'UNKNOWN',
      'PROVIDER_FAULT',
    ],
    [
      'sends us elsewhere',
      (_, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      'FAILED',
      'PROVIDER_FAULT',
    ],
    [
      'asks for patience',
      (_, response) => response.writeHead(429, { 'retry-after': '7' }).end('{}'),
      'FAILED',
      'RATE_LIMITED',
    ],
  ])(
    'that %s is recorded as what is known of it, in our own words, after one request',
    async (_what, answer, status, code) => {
      const faulty = await provider(answer);
      await start({ RETELL_BASE_URL: faulty.url });
      const { call: failed } = await call();
      expect(failed).toMatchObject({
        status,
        error: { code, retryAfterSeconds: code === 'RATE_LIMITED' ? 7 : null },
      });
      expect(failed?.error?.message).not.toContain('secret reason');
      expect(faulty.placed()).toBe(1);
    },
  );

  test('that refuses the call with 401 but accepts the key does not make the key invalid', async () => {
    const picky = await provider((request, response) =>
      request.method === 'POST'
        ? response.writeHead(401).end('{}')
        : response.writeHead(200).end('{"org_name":"x"}'),
    );
    await start({ RETELL_BASE_URL: picky.url });
    expect((await call()).call).toMatchObject({ status: 'FAILED', error: { httpStatus: 401 } });
    await running.app.upkeep.keyChecker.checkDue();
    expect(await statusOfKey()).toBe('VALID');
  });

  test('that refuses the call with 401 and the key too makes the key invalid', async () => {
    const strict = await provider((_, response) => response.writeHead(401).end('{}'));
    await start({ RETELL_BASE_URL: strict.url });
    await call();
    await running.app.upkeep.keyChecker.checkDue();
    expect(await statusOfKey()).toBe('INVALID');
  });
});

test('a call that was placed is told of although its outcome cannot be recorded, so that nobody places it again', async () => {
  await start();
  const { database } = running.app;
  const update = jest.spyOn(database, 'updateRow').mockRejectedValue(new Error('The database is gone'));
  const { call: placed, userErrors } = await call();
  expect([placed?.status, placed?.providerCallId, userErrors]).toEqual(['QUEUED', expect.any(String), []]);
  expect(update).toHaveBeenCalledTimes(1);
  expect(running.logs.filter((line) => line.includes('The database is gone'))).toHaveLength(1);
});

describe('what a failed call tells', () => {
  const ERROR = '{ calls(first: 1) { nodes { error { code httpStatus message retryAfterSeconds } } } }';
  const errorFor = async (persona: 'agencyAdmin' | 'agencyMember' | 'portalUser') =>
    (await running.data<{ calls: { nodes: { error: unknown }[] } }>(ERROR, {}, persona)).calls.nodes[0]
      ?.error;

  test.each(['revoked', 'restricted', 'outOfFunds', 'rateLimited'] as const)(
    'of a %s key is for admins: to all others it is a fault of the provider',
    async (which) => {
      await start();
      await setClient(running.sandbox.retell.keys[which]);
      expect((await call()).call?.status).toBe('FAILED');
      expect(await errorFor('agencyAdmin')).not.toMatchObject({ code: 'PROVIDER_FAULT' });
      for (const persona of ['agencyMember', 'portalUser'] as const) {
        expect(await errorFor(persona)).toMatchObject({
          code: 'PROVIDER_FAULT',
          httpStatus: null,
          retryAfterSeconds: null,
        });
      }
    },
  );

  test('of a fault of the provider is the same to them: nobody tells a bad key by the difference', async () => {
    const broken = await provider((_, response) => response.writeHead(503).end('{}'));
    await start({ RETELL_BASE_URL: broken.url });
    await call();
    expect(await errorFor('agencyAdmin')).toMatchObject({ code: 'PROVIDER_FAULT', httpStatus: 503 });
    const toOthers = await errorFor('portalUser');
    await running.close();
    await start();
    await setClient(running.sandbox.retell.keys.revoked);
    await call();
    expect(await errorFor('portalUser')).toEqual(toOthers);
  });
});

describe('calls that are placed while their key is set and cleared, on two instances', () => {
  type Changed = UserErrors & { readonly apiKeys: readonly { readonly version: number }[] };

  test('use what was in force when they began, or what came while they ran', async () => {
    await start();
    const instances = [running, await running.another()];
    const versions: Version[] = [{ version: 1, isSet: true, start: -Infinity, end: -Infinity }];
    const resolutions: Resolution[] = [];
    const timed = async <T>(work: () => Promise<T>) => {
      const start = performance.now();
      return { result: await work(), start, end: performance.now() };
    };
    const change = async (instance: TestApp, name: string, query: string, input: object) => {
      const work = () =>
        instance.data<Record<string, Changed>>(query, { input: { clientId: HARBOR, ...input } });
      const { result, ...interval } = await timed(work);
      const { apiKeys, userErrors } = result[name] ?? { apiKeys: [], userErrors: [] };
      const [{ version } = { version: 0 }] = apiKeys;
      // A key that is cleared already is not cleared again.
      if (userErrors.length === 0 && versions.every((known) => known.version !== version))
        versions.push({ version, isSet: name === 'setClientApiKeys', ...interval });
    };
    const changes = async (instance: TestApp, index: number) => {
      for (let round = 0; round < 10; round += 1) {
        const keys = [{ provider: 'RETELL', apiKey: `key_in_a_stream_${index}_${round}` }];
        await change(instance, 'setClientApiKeys', SET_CLIENT, { keys });
        await change(instance, 'clearClientApiKeys', CLEAR_CLIENT, { providers: ['RETELL'] });
      }
    };
    const calls = async (instance: TestApp) => {
      for (let round = 0; round < 20; round += 1) {
        const { result, ...interval } = await timed(() => call({}, instance));
        const { keySource, keyVersion = null } = result.call ?? {};
        resolutions.push({ version: keySource === 'CLIENT' ? keyVersion : null, ...interval });
      }
    };
    await Promise.all(
      instances.flatMap((instance, index) => [changes(instance, index), calls(instance), calls(instance)]),
    );
    await instances[1]?.close();
    expect(violationsOfVersions(versions, resolutions)).toEqual([]);
    expect(versions.length).toBeGreaterThan(20);
    expect(new Set(resolutions.map(({ version }) => version)).size).toBeGreaterThan(3);
  });

  test('lock nothing: what decides who pays is read by one statement, and no other call is waited for', async () => {
    await start();
    await call();
    const logged = jest.spyOn(AbstractLogger.prototype, 'logQuery');
    await call({ idempotencyKey: 'once' });
    const statements = logged.mock.calls.map(([sql]) => sql);
    logged.mockRestore();
    expect(statements.filter((sql) => /FROM agents|FROM api_keys/.test(sql))).toHaveLength(1);
    expect(statements.filter((sql) => / FOR UPDATE/.test(sql))).toEqual([]);
  });
});
