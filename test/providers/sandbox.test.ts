import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sandboxNameOf, startSandbox, type Sandbox, type SandboxName } from '../../src/demo/sandbox';
import { adapterOf, PROVIDERS } from '../../src/providers';
import { newId } from '../../src/platform/ids';
import { findPlacedCall } from '../../src/providers/call-search';
import { placeCall } from '../../src/providers/placement-requests';
import { findAgent, verifyKey } from '../../src/providers/key-requests';
import { sendWith, type Send } from '../../src/vault/outbound';
import { ApiKeyText } from '../../src/vault/secret';

// A provider without a stand-in of its own gets one that places no calls.
const STAND_INS = PROVIDERS.map((provider) => [sandboxNameOf(provider), provider] as const).filter(([name]) =>
  existsSync(join(__dirname, `../../src/demo/sandbox/${name}.ts`)),
);

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});

afterAll(() => sandbox.close());

async function get(
  name: SandboxName,
  path: string,
  authorization?: string,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(sandbox[name].baseUrl + path, {
    headers: authorization === undefined ? {} : { authorization },
  });
  return { status: response.status, body: await response.json() };
}

const agentOf = (providerAgentId: string) => ({ providerAgentId, providerAgentKind: 'AGENT' as const });

describe.each(STAND_INS)('the stand-in for %s', (name, provider) => {
  const adapter = adapterOf(provider);

  function sender(key: string): Send {
    const target = { baseUrl: sandbox[name].baseUrl, keyPresentation: adapter.keyPresentation };
    return (request) =>
      sendWith(new ApiKeyText(key), target, request, { timeoutMs: 5000, maxBodyBytes: 1_048_576 });
  }

  function callOf(account: 'agency' | 'client') {
    const { accounts } = sandbox[name];
    const { agents, fromNumber } = accounts[account];
    return {
      callId: 'call-of-ours',
      ...agentOf(agents[0]?.id ?? ''),
      toNumber: '+14155550199',
      fromNumber,
      variables: { name: 'Ada' },
    };
  }

  test.each([
    ['valid', 'VALID'],
    ['secondAccount', 'VALID'],
    ['revoked', 'INVALID'],
    // Bland lets a restricted key read its account; that it is restricted shows when an agent is looked up.
    ['restricted', provider === 'BLAND' ? 'VALID' : 'INSUFFICIENT_PERMISSIONS'],
    ['rateLimited', 'RATE_LIMITED'],
    ['outOfFunds', 'OUT_OF_FUNDS'],
  ] as const)('answers for its %s key so that the verdict is %s', async (key, status) => {
    expect(await verifyKey(adapter, sender(sandbox[name].keys[key]))).toMatchObject({ status });
  });

  test('has other agents in each account', async () => {
    const { keys, agents } = sandbox[name];
    for (const { id } of agents.agency) {
      expect(await findAgent(adapter, sender(keys.valid), agentOf(id))).toBe('PRESENT');
      expect(await findAgent(adapter, sender(keys.secondAccount), agentOf(id))).toBe('ABSENT');
    }
    for (const { id } of agents.client) {
      expect(await findAgent(adapter, sender(keys.valid), agentOf(id))).toBe('ABSENT');
      expect(await findAgent(adapter, sender(keys.secondAccount), agentOf(id))).toBe('PRESENT');
    }
  });

  test('does not let a restricted key look at agents or place calls', async () => {
    const send = sender(sandbox[name].keys.restricted);
    expect(await findAgent(adapter, send, callOf('client'))).toBe('RESTRICTED');
    const error = { code: 'INSUFFICIENT_PERMISSIONS', httpStatus: 403 };
    expect(await placeCall(adapter, send, callOf('client'))).toMatchObject({ outcome: 'REFUSED', error });
  });

  test.each([
    ['revoked', 'KEY_INVALID'],
    ['rateLimited', 'RATE_LIMITED'],
    ['outOfFunds', 'OUT_OF_FUNDS'],
  ] as const)('places no call with its %s key', async (key, code) => {
    const outcome = await placeCall(adapter, sender(sandbox[name].keys[key]), callOf('client'));
    expect(outcome).toMatchObject({ outcome: 'REFUSED', error: { code } });
  });

  test('places calls with the agents and the number of the account alone', async () => {
    const { keys, accounts } = sandbox[name];
    const send = sender(keys.valid);
    const place = (change = {}) => placeCall(adapter, send, { ...callOf('agency'), ...change });
    expect(await place()).toMatchObject({ outcome: 'PLACED' });
    expect(await place({ providerAgentId: accounts.client.agents[0]?.id })).toMatchObject({
      error: { code: 'AGENT_NOT_FOUND' },
    });
    expect(await place({ fromNumber: accounts.client.fromNumber })).toMatchObject({
      error: { code: 'INVALID_REQUEST' },
    });
    expect(await place({ toNumber: '0123' })).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
  });

  test('has its calls found by their metadata in a long list, and is believed that one is not there', async () => {
    const send = sender(sandbox[name].keys.secondAccount);
    const callId = newId();
    const before = new Date();
    const placed = await placeCall(adapter, send, { ...callOf('client'), callId });
    if (placed.outcome !== 'PLACED') throw new Error('The call was not placed');
    for (let count = 0; count < 60; count += 1)
      await placeCall(adapter, send, { ...callOf('client'), callId: newId(), toNumber: '+14155550111' });
    const sought = { callId, toNumber: '+14155550199', createdAt: before };
    expect(await findPlacedCall(adapter, send, sought)).toMatchObject({
      outcome: 'FOUND',
      facts: { providerCallId: placed.providerCallId, latchkeyCallId: callId },
    });
    const other = { ...sought, callId: newId() };
    expect(await findPlacedCall(adapter, send, other)).toEqual({ outcome: 'ABSENT' });
    const { calls, accounts } = sandbox[name];
    for (const { id } of calls.of(accounts.client)) calls.forget(id);
  });

  test('remembers what it was asked, but no key', async () => {
    const { keys, requests } = sandbox[name];
    await placeCall(adapter, sender(keys.valid), callOf('agency'));
    const keyHash = createHash('sha256').update(keys.valid).digest('hex');
    expect(requests.at(-1)).toMatchObject({ method: 'POST', authorization: { scheme: 'Bearer', keyHash } });
    expect(JSON.stringify(requests.at(-1)?.body)).toContain('call-of-ours');
    expect(JSON.stringify(requests)).not.toContain(keys.valid);
  });

  test('hands out keys that nobody takes for real', () => {
    const keys = Object.values(sandbox[name].keys);
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key).toMatch(/demo.*[_-]\d{4}$/);
  });

  test('listens on loopback only', () => {
    expect(sandbox[name].baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
});

describe('what the stand-ins say of a key', () => {
  test('is what Retell says', async () => {
    const invalid = { status: 401, body: { status: 'error', message: 'Invalid API Key.' } };
    expect(await get('retell', '/get-api-key-info')).toEqual({
      status: 401,
      body: { error_message: 'Authorization header required' },
    });
    expect(await get('retell', '/get-api-key-info', 'Bearer nonsense')).toEqual(invalid);
    expect(await get('retell', '/get-api-key-info', sandbox.retell.keys.valid)).toEqual(invalid);
  });

  test('is what Vapi says', async () => {
    const message: unknown = expect.stringContaining('Hot tip');
    const invalid = { status: 401, body: { message, error: 'Unauthorized', statusCode: 401 } };
    expect(await get('vapi', '/assistant')).toMatchObject({
      status: 401,
      body: { message: 'Missing Authorization Header.' },
    });
    expect(await get('vapi', '/assistant', 'Bearer nonsense')).toEqual(invalid);
    expect(await get('vapi', '/assistant', sandbox.vapi.keys.valid)).toEqual(invalid);
  });

  test('is what Bland says: it takes a key without a scheme too', async () => {
    const unauthorized = {
      status: 401,
      body: { data: null, errors: [{ error: 'AUTH_FAILURE', message: 'Unauthorized' }] },
    };
    expect(await get('bland', '/v1/me')).toEqual(unauthorized);
    expect(await get('bland', '/v1/me', 'Bearer nonsense')).toEqual(unauthorized);
    expect(await get('bland', '/v1/me', sandbox.bland.keys.valid)).toMatchObject({ status: 200 });
    expect(await get('bland', '/v1/me', `Bearer ${sandbox.bland.keys.valid}`)).toMatchObject({ status: 200 });
  });
});

test("Retell's stand-in lists its agents in the older way as well, page by page", async () => {
  const { keys, agents } = sandbox.retell;
  const ids = agents.agency.map(({ id }) => id);
  const list = async (query: string) => {
    const { body } = await get('retell', `/list-agents${query}`, `Bearer ${keys.valid}`);
    return (body as { agent_id: string }[]).map(({ agent_id }) => agent_id);
  };
  expect(await list('')).toEqual(ids);
  expect(await list('?limit=2')).toEqual(ids.slice(0, 2));
  expect(await list(`?limit=2&pagination_key=${ids[1] ?? ''}&pagination_key_version=0`)).toEqual(
    ids.slice(2),
  );
  expect(await list(`?pagination_key=${ids.at(-1) ?? ''}&pagination_key_version=0`)).toEqual([]);
});

describe("Bland's stand-in", () => {
  async function postCall(change: object = {}): Promise<{ status: number; body: unknown }> {
    const { baseUrl, keys, agents } = sandbox.bland;
    const headers = { authorization: `Bearer ${keys.valid}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ phone_number: '+14155550199', agent_id: agents.agency[0]?.id, ...change });
    const response = await fetch(`${baseUrl}/v1/calls`, { method: 'POST', headers, body });
    return { status: response.status, body: await response.json() };
  }

  test.each([
    [{ surprise: 1 }, { errors: ['Unknown property: surprise'] }],
    [{ agent_id: undefined }, { message: 'Invalid parameters' }],
    [{ phone_number: undefined }, { message: 'Invalid parameters' }],
    [{ agent_id: 'no-uuid' }, { code: 'AGENT_ID_INVALID' }],
    [{ agent_id: '00000000-0000-4000-9000-000000000000' }, { code: 'AGENT_NOT_FOUND' }],
  ])('refuses a call with %j', async (change, body) => {
    expect(await postCall(change)).toMatchObject({ status: 400, body: { status: 'error', ...body } });
  });

  test('shows a call to its own account, and answers 401 to another', async () => {
    const [own, other] = [`Bearer ${sandbox.bland.keys.valid}`, `Bearer ${sandbox.bland.keys.secondAccount}`];
    const { body } = await postCall();
    const { call_id: id } = body as { call_id: string };
    expect(await get('bland', `/v1/calls/${id}`, own)).toMatchObject({
      status: 200,
      body: { call_id: id, to: '+14155550199' },
    });
    expect(await get('bland', `/v1/calls/${id}`, other)).toMatchObject({ status: 401 });
    expect(await get('bland', '/v1/calls/none', own)).toMatchObject({
      status: 404,
      body: { errors: [{ error: 'CALL_NOT_FOUND' }] },
    });
    expect(await get('bland', '/v1/calls', other)).toEqual({
      status: 200,
      body: { count: 0, total_count: 0, calls: [] },
    });
  });
});

test('a request that is not well formed ends its connection, and the stand-in goes on', async () => {
  const authorization = `Bearer ${sandbox.retell.keys.valid}`;
  await expect(get('retell', '/get-agent/%zz', authorization)).rejects.toThrow('fetch failed');
  expect(await get('retell', '/get-api-key-info', authorization)).toMatchObject({ status: 200 });
});

test('each sandbox has a memory and ports of its own', async () => {
  const other = await startSandbox();
  expect(other.retell.baseUrl).not.toBe(sandbox.retell.baseUrl);
  expect(other.retell.requests).toEqual([]);
  await other.close();
  await expect(fetch(other.retell.baseUrl)).rejects.toThrow('fetch failed');
});
