import { AbstractLogger } from 'typeorm';
import type { RequestListener } from 'node:http';
import { AgentRow } from '../../src/agents/agent.entity';
import { recordPresence } from '../../src/keys/absent-agent';
import { AbsentAgentRow } from '../../src/keys/absent-agent.entity';
import { ApiKeyRow } from '../../src/keys/api-key.entity';
import { MAX_AGENTS_A_DAY } from '../../src/keys/checks/key-checker';
import { MAX_AGENTS_CHECKED } from '../../src/keys/checks/key-examination';
import { newId } from '../../src/platform/ids';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { HARBOR, HARBOR_BLAND_AGENT, HARBOR_RETELL_AGENT } from '../demo-ids';
import { until } from '../e2e/process';
import { startTestApp, type TestApp } from '../harness';
import { SET_CLIENT, START_CALL, VERIFY_CLIENT } from '../operations';
import { json, Loopback } from '../providers/loopback';
import { unpaced } from '../unpaced';

const MINUTE = 60 * 1000;
const DAY = 24 * 60 * MINUTE;

let running: TestApp;
afterEach(async () => {
  await running.close();
  await Loopback.closeAll();
});

const start = async (env: NodeJS.ProcessEnv = {}) => void (running = await startTestApp(env));
const harbors = () =>
  running.app.database.read.findOneByOrFail(ApiKeyRow, { ownerId: HARBOR, provider: 'RETELL' });
const check = (now = new Date(), on = running) => on.app.upkeep.keyChecker.checkDue(now);
const setKey = (apiKey: string) =>
  running.data(SET_CLIENT, { input: { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey }] } });
const call = async (on = running) =>
  (
    await on.data<{ startTestCall: { call: { status: string; error: { code: string } | null } } }>(
      START_CALL,
      {
        input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' },
      },
    )
  ).startTestCall.call;
/** What each key was used for at the provider, by the path. */
const paths = () => running.sandbox.retell.requests.map(({ path }) => path);
const verifications = () => paths().filter((path) => path === '/get-api-key-info').length;
/** Lets only Harbor's key come up. */
const putOthersOff = () =>
  running.app.database.write((tx) =>
    tx.run('UPDATE api_keys SET checkAt = ? WHERE NOT (ownerId = ? AND provider = ?)', [
      new Date(Date.now() + 30 * DAY),
      HARBOR,
      'RETELL',
    ]),
  );

/** A provider that accepts the key, and answers to a call with this status. */
const refusingCalls =
  (status: number, body = {}): RequestListener =>
  (request, response) =>
    (request.method === 'POST' ? json(status, body) : json(200, { org_name: 'x' }))(request, response);

describe('a key with which a call was refused', () => {
  test('is verified after the answer, at once, and by one of two instances', async () => {
    await start();
    await setKey(running.sandbox.retell.keys.revoked);
    expect((await call()).error?.code).toBe('KEY_INVALID');
    expect([verifications(), (await harbors()).status]).toEqual([0, 'UNVERIFIED']);
    const other = await running.another();
    await Promise.all([check(), check(new Date(), other)]);
    await until(async () => (await harbors()).status === 'INVALID');
    expect(verifications()).toBe(1);
    const [event] = await running.app.database.read.findBy(AuditEventRow, { type: 'API_KEY_VERIFIED' });
    expect(event).toMatchObject({ actorKind: 'SYSTEM', clientId: HARBOR });
    await other.close();
  });

  test('is verified once a minute at most', async () => {
    await start();
    await setKey(running.sandbox.retell.keys.revoked);
    await call();
    const first = new Date();
    await check(first);
    await Promise.all([call(), call(), call()]);
    await check(new Date(first.getTime() + MINUTE - 1));
    expect(verifications()).toBe(1);
    await check(new Date(first.getTime() + MINUTE));
    expect(verifications()).toBe(2);
    await check(new Date(first.getTime() + 2 * MINUTE));
    expect(verifications()).toBe(2);
  });

  test('is verified by another instance when the one that began was killed', async () => {
    await start();
    await setKey(running.sandbox.retell.keys.revoked);
    await call();
    const now = new Date();
    const { id, version, checkAt } = await harbors();
    expect(checkAt && checkAt <= now).toBe(true);
    // What a claim leaves behind.
    await running.app.database.write((tx) =>
      tx.updateRow(
        'api_keys',
        { checkAt: new Date(now.getTime() + 90_000), checkedAt: now },
        { id, version },
      ),
    );
    await check(new Date(now.getTime() + 89_000));
    expect((await harbors()).status).toBe('UNVERIFIED');
    await check(new Date(now.getTime() + 90_000));
    expect((await harbors()).status).toBe('INVALID');
  });

  test('is out of funds although its provider accepts it, until it is verified again', async () => {
    const poor = await Loopback.start(refusingCalls(402));
    await start({ RETELL_BASE_URL: poor.baseUrl });
    expect((await call()).error?.code).toBe('OUT_OF_FUNDS');
    await check();
    expect((await harbors()).status).toBe('OUT_OF_FUNDS');
    await running.data(VERIFY_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    await check(new Date(Date.now() + DAY));
    expect(await harbors()).toMatchObject({ status: 'VALID', checkCode: null });
  });

  // Retell takes calls that it then does not connect, because the account cannot pay.
  test.each([
    [402, 'OUT_OF_FUNDS', 'OUT_OF_FUNDS'],
    [403, 'INSUFFICIENT_PERMISSIONS', 'VALID'],
  ])(
    'stays so through daily verifications, which do not see it, until a call shows otherwise: %d',
    async (status, code, afterCall) => {
      let isRefused = true;
      const standIn = await Loopback.start((request, response) => {
        const placed = json(201, { call_id: 'call_01234567', call_status: 'registered' });
        (isRefused || request.method !== 'POST' ? refusingCalls(status) : placed)(request, response);
      });
      await start({ RETELL_BASE_URL: standIn.baseUrl });
      await call();
      for (let day = 0; day < 3; day++) {
        await check(new Date(Date.now() + day * DAY));
        expect((await harbors()).status).toBe(code);
      }
      await call();
      expect((await harbors()).status).toBe(code);
      isRefused = false;
      await call();
      await check(new Date(Date.now() + 2 * DAY + MINUTE));
      expect((await harbors()).status).toBe(afterCall);
    },
  );

  test('is verified once a minute at most by calls that are placed although it counts as refused', async () => {
    const standIn = await Loopback.start((request, response) => {
      const placed = json(201, { call_id: 'call_01234567', call_status: 'registered' });
      const restricted = request.url === '/get-api-key-info' ? json(200, { org_name: 'x' }) : json(403, {});
      (request.method === 'POST' ? placed : restricted)(request, response);
    });
    const seen = () => standIn.seen.filter(({ url }) => url === '/get-api-key-info').length;
    await start({ RETELL_BASE_URL: standIn.baseUrl });
    await putOthersOff();
    const { id } = await harbors();
    const first = new Date();
    await running.app.database.write((tx) => tx.updateRow('api_keys', { checkAt: first }, { id }));
    await check(first);
    expect((await harbors()).status).toBe('INSUFFICIENT_PERMISSIONS');
    for (let count = 0; count < 3; count += 1) {
      expect((await call()).status).toBe('QUEUED');
      await check(new Date(first.getTime() + MINUTE - 1));
    }
    expect(seen()).toBe(1);
    await check(new Date(first.getTime() + MINUTE));
    expect(seen()).toBe(2);
    await check(new Date(first.getTime() + 2 * MINUTE));
    expect(seen()).toBe(2);
  });

  test('is verified at once where it is refused for another reason than the one that is known', async () => {
    let status = 402;
    const standIn = await Loopback.start((request, response) =>
      (status === 401 ? json(401, {}) : refusingCalls(status))(request, response),
    );
    await start({ RETELL_BASE_URL: standIn.baseUrl });
    await call();
    await check();
    expect((await harbors()).status).toBe('OUT_OF_FUNDS');
    status = 401;
    await call();
    await check(new Date(Date.now() + MINUTE));
    expect((await harbors()).status).toBe('INVALID');
  });

  test.each([
    [402, 'OUT_OF_FUNDS'],
    [403, 'INSUFFICIENT_PERMISSIONS'],
  ])('stays so where it is refused for another reason, which passes: %d', async (first, code) => {
    let status = first;
    const standIn = await Loopback.start((request, response) => refusingCalls(status)(request, response));
    await start({ RETELL_BASE_URL: standIn.baseUrl });
    await putOthersOff();
    await call();
    await check();
    for (status of [429, 401]) {
      await call();
      const { checkAt } = await harbors();
      expect(checkAt && checkAt.getTime() - Date.now()).toBeLessThanOrEqual(6 * MINUTE);
      await check(checkAt ?? undefined);
      expect(await harbors()).toMatchObject({ status: code, errorCode: code, checkCode: code });
    }
  });

  test('is left alone for as long as its provider asks, where it sends too many requests', async () => {
    const busy = await Loopback.start((_, response) =>
      response.writeHead(429, { 'retry-after': '900' }).end('{}'),
    );
    await start({ RETELL_BASE_URL: busy.baseUrl });
    await putOthersOff();
    await Promise.all([call(), call()]);
    const limited = await harbors();
    expect(limited).toMatchObject({ status: 'RATE_LIMITED', errorRetryAfterSeconds: 900 });
    const asked = busy.seen.length;
    const end = limited.checkAt?.getTime() ?? 0;
    expect(end - Date.now()).toBeGreaterThan(14 * MINUTE);
    await check(new Date(end - 1));
    expect(busy.seen.length).toBe(asked);
    await check(new Date(end));
    expect(busy.seen.length).toBe(asked + 1);
    expect((await harbors()).checkAt?.getTime()).toBe(end + 15 * MINUTE);
  });

  test('is not invalid because its provider is away', async () => {
    const broken = await Loopback.start((request, response) =>
      json(request.method === 'POST' ? 401 : 503, {})(request, response),
    );
    await start({ RETELL_BASE_URL: broken.baseUrl });
    await call();
    const now = new Date();
    await check(now);
    expect(await harbors()).toMatchObject({ status: 'UNREACHABLE', checkCode: 'KEY_INVALID' });
    expect((await harbors()).checkAt?.getTime()).toBe(now.getTime() + 10 * MINUTE);
    await call();
    expect((await harbors()).checkAt?.getTime()).toBe(now.getTime() + MINUTE);
  });

  test('is looked at after a while where a verification that was asked for came too often', async () => {
    let status = 429;
    const standIn = await Loopback.start((request, response) =>
      json(status, { org_name: 'x' })(request, response),
    );
    await start({ RETELL_BASE_URL: standIn.baseUrl });
    await putOthersOff();
    await running.data(VERIFY_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    const { checkAt, ...limited } = await harbors();
    expect(limited).toMatchObject({ errorCode: 'RATE_LIMITED', checkCode: 'RATE_LIMITED' });
    expect(checkAt && checkAt.getTime() - Date.now()).toBeLessThanOrEqual(5 * MINUTE);
    status = 200;
    await check(checkAt ?? undefined);
    expect(await harbors()).toMatchObject({ status: 'VALID', errorCode: null, checkCode: null });
  });
});

test('what is said of a key that was replaced meanwhile is not said of the new one', async () => {
  let release: () => void = () => undefined;
  const slow = await Loopback.start((request, response) => {
    if (request.method === 'POST') json(401, {})(request, response);
    else release = () => json(401, {})(request, response);
  });
  await start({ RETELL_BASE_URL: slow.baseUrl });
  await putOthersOff();
  await call();
  const checking = check();
  await until(() => slow.seen.some(({ method }) => method === 'GET'));
  await setKey('key_replaced_01234567');
  release();
  await checking;
  expect(await harbors()).toMatchObject({
    version: 2,
    status: 'UNVERIFIED',
    checkCode: null,
    checkedAt: null,
  });
});

test('a call that was placed with the version before asks for nothing', async () => {
  await start();
  let release: () => void = () => undefined;
  const slow = await Loopback.start(
    (request, response) => void (release = () => json(401, {})(request, response)),
  );
  const other = await running.another({ RETELL_BASE_URL: slow.baseUrl });
  const placing = call(other);
  await until(() => slow.seen.length > 0);
  await setKey('key_replaced_01234567');
  release();
  expect((await placing).error?.code).toBe('KEY_INVALID');
  expect((await harbors()).checkCode).toBeNull();
  await other.close();
});

test('asking about a call, or ending one, has the key verified that the provider refuses', async () => {
  await start();
  const { id } = (await call()) as unknown as { id: string };
  await setKey(running.sandbox.retell.keys.revoked);
  await running.data('mutation ($input: EndCallInput!) { endCall(input: $input) { userErrors { code } } }', {
    input: { callId: id },
  });
  expect((await harbors()).checkCode).toBe('KEY_INVALID');
  await check();
  expect((await harbors()).status).toBe('INVALID');
});

test('an agent that a call does not find is known to be absent, until a verification finds it', async () => {
  const others = await Loopback.start(refusingCalls(422, { message: 'Not under given API key' }));
  await start({ RETELL_BASE_URL: others.baseUrl });
  expect((await call()).error?.code).toBe('AGENT_NOT_FOUND');
  const absent = () => running.app.database.read.find(AbsentAgentRow);
  expect(await absent()).toMatchObject([{ agentId: HARBOR_RETELL_AGENT, ownerId: HARBOR, keyVersion: 1 }]);
  await running.data(VERIFY_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
  expect(await absent()).toEqual([]);
});

test('an agent that was absent is known to be there as soon as a call is placed', async () => {
  let isThere = false;
  const standIn = await Loopback.start((request, response) => {
    const refused = json(422, { message: 'Not under given API key' });
    (isThere ? json(201, { call_id: 'call_01234567', call_status: 'registered' }) : refused)(
      request,
      response,
    );
  });
  await start({ RETELL_BASE_URL: standIn.baseUrl });
  await call();
  expect(await running.app.database.read.find(AbsentAgentRow)).toHaveLength(1);
  isThere = true;
  expect((await call()).error).toBeNull();
  expect(await running.app.database.read.find(AbsentAgentRow)).toEqual([]);
});

test.each(['asked for', 'daily'])(
  'a verification that is %s finds an agent that is there again, however many agents there are',
  async (kind) => {
    await start();
    const { read } = running.app.database;
    const model = await read.findOneByOrFail(AgentRow, { id: HARBOR_RETELL_AGENT });
    await running.app.database.write(async (tx) => {
      for (let n = 0; n < MAX_AGENTS_CHECKED; n++)
        await tx.insert(AgentRow, { ...model, id: newId(), providerAgentId: `agent_elsewhere_${n}` });
      const last = { ...model, id: newId(), providerAgentId: 'agent_demo_client_sales' };
      await tx.insert(AgentRow, last);
      const keyVersion = {
        owner: { type: 'CLIENT', id: HARBOR, agencyId: model.agencyId },
        version: 1,
      } as const;
      await recordPresence(tx, { ...keyVersion, provider: 'RETELL' }, [last], []);
    });
    if (kind === 'daily') await unpaced(() => check(new Date(Date.now() + DAY)));
    else await running.data(VERIFY_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    const absent = (await read.find(AbsentAgentRow)).map(({ providerAgentId }) => providerAgentId);
    expect(absent).not.toContain('agent_demo_client_sales');
    expect(absent.length).toBeGreaterThan((kind === 'daily' ? MAX_AGENTS_A_DAY : MAX_AGENTS_CHECKED) / 2);
  },
);

test('an agent that is gone is found by daily verifications, however many agents there are', async () => {
  await start();
  const { read } = running.app.database;
  const model = await read.findOneByOrFail(AgentRow, { id: HARBOR_RETELL_AGENT });
  await running.app.database.write(async (tx) => {
    for (let n = 0; n < 1.5 * MAX_AGENTS_A_DAY; n++)
      await tx.insert(AgentRow, { ...model, id: newId(), providerAgentId: 'agent_demo_client_sales' });
    await tx.insert(AgentRow, { ...model, id: newId(), providerAgentId: 'agent_that_is_gone' });
  });
  await unpaced(async () => {
    for (let day = 1; day <= 4; day++) await check(new Date(Date.now() + day * DAY));
  });
  const absent = (await read.find(AbsentAgentRow)).map(({ providerAgentId }) => providerAgentId);
  expect(absent).toEqual(['agent_that_is_gone']);
});

describe('without being asked for', () => {
  test('a key is verified when its time comes, with the agents that use it, and again a day later', async () => {
    await start();
    const { checkAt, status } = await harbors();
    expect(status).toBe('UNVERIFIED');
    const due = checkAt ?? new Date(0);
    await putOthersOff();
    await check(new Date(due.getTime() - 1));
    expect(paths()).toEqual([]);
    await check(due);
    expect(await harbors()).toMatchObject({ status: 'VALID', checkAt: new Date(due.getTime() + DAY) });
    expect(paths().filter((path) => path.startsWith('/get-agent/')).length).toBeGreaterThan(0);
  });

  test('no more than twenty keys are verified in one round', async () => {
    await start();
    const model = await harbors();
    await running.app.database.write(async (tx) => {
      await tx.run('UPDATE api_keys SET checkAt = NULL', []);
      for (let n = 0; n < 25; n++)
        await tx.insert(ApiKeyRow, { ...model, id: newId(), ownerId: newId(), checkAt: new Date(0) });
    });
    const due = async () =>
      (await running.app.database.read.rows('SELECT id FROM api_keys WHERE checkAt <= ?', [new Date()]))
        .length;
    await check();
    expect(await due()).toBe(5);
    await check();
    expect(await due()).toBe(0);
  });
});

test('tells when a call last used the version of a key that is in place, with one statement for all keys of a list', async () => {
  await start();
  const used = async () => {
    const { clients, agency } = await running.data<
      Record<'agency', { apiKeys: { provider: string; lastUsedAt: string | null }[] }> & {
        clients: { nodes: { id: string; apiKeys: { provider: string; lastUsedAt: string | null }[] }[] };
      }
    >(
      '{ agency { apiKeys { provider lastUsedAt } } clients { nodes { id apiKeys { provider lastUsedAt } } } }',
    );
    const at = (keys: readonly { provider: string; lastUsedAt: string | null }[] = [], provider: string) =>
      keys.find((key) => key.provider === provider)?.lastUsedAt ?? null;
    const harbor = clients.nodes.find(({ id }) => id === HARBOR)?.apiKeys;
    return [at(harbor, 'RETELL'), at(harbor, 'BLAND'), at(agency.apiKeys, 'BLAND')];
  };
  expect(await used()).toEqual([null, null, null]);
  const before = Date.now();
  await call();
  await running.data(START_CALL, { input: { agentId: HARBOR_BLAND_AGENT, toNumber: '+14155550123' } });
  const [retell, bland, agencys] = await used();
  for (const at of [retell, agencys]) expect(Date.parse(at ?? '')).toBeGreaterThanOrEqual(before);
  expect(bland).toBeNull();
  await call();
  expect(Date.parse((await used())[0] ?? '')).toBeGreaterThan(Date.parse(retell ?? ''));
  let statements = 0;
  const spy = jest
    .spyOn(AbstractLogger.prototype, 'logQuery')
    .mockImplementation((sql) => void (statements += / MAX\(c\.id\)/.test(sql) ? 1 : 0));
  await used();
  spy.mockRestore();
  // The agency and its clients are shown by two lists.
  expect([1, 2]).toContain(statements);
  await setKey('key_replaced_01234567');
  expect(await used()).toEqual([null, null, agencys]);
});
