import { createHash } from 'node:crypto';
import { startSandbox, type Sandbox, type SandboxName } from '../../src/demo/sandbox';
import { adapterOf, type Provider } from '../../src/providers';
import { findAgent, placeCall, verifyKey } from '../../src/providers/ask';
import { sendWith } from '../../src/vault/outbound';
import { ApiKeyText } from '../../src/vault/secret';

const STAND_INS: readonly [SandboxName, Provider][] = [
  ['retell', 'RETELL'],
  ['vapi', 'VAPI'],
  ['bland', 'BLAND'],
];

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});

afterAll(() => sandbox.close());

async function get(name: SandboxName, path: string, authorization?: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(sandbox[name].baseUrl + path, { headers: authorization === undefined ? {} : { authorization } });
  return { status: response.status, body: await response.json() };
}

async function post(name: SandboxName, path: string, body: unknown, key = sandbox[name].keys.valid): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const response = await fetch(sandbox[name].baseUrl + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

describe.each(STAND_INS)('the stand-in for %s', (name, provider) => {
  const adapter = adapterOf(provider);

  function sender(key: string) {
    const target = { baseUrl: sandbox[name].baseUrl, scheme: adapter.scheme };
    return (request: Parameters<typeof sendWith>[2]) => sendWith(new ApiKeyText(key), target, request, { timeoutMs: 5000, maxBodyBytes: 65_536 });
  }

  function callOf(account: 'agency' | 'client') {
    const { accounts } = sandbox[name];
    const { agents, fromNumber } = accounts[account];
    return { callId: 'call-of-ours', providerAgentId: agents[0]?.id ?? '', toNumber: '+14155550199', fromNumber };
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
      expect(await findAgent(adapter, sender(keys.valid), id)).toBe('PRESENT');
      expect(await findAgent(adapter, sender(keys.secondAccount), id)).toBe('ABSENT');
    }
    for (const { id } of agents.client) {
      expect(await findAgent(adapter, sender(keys.valid), id)).toBe('ABSENT');
      expect(await findAgent(adapter, sender(keys.secondAccount), id)).toBe('PRESENT');
    }
  });

  test('does not let a restricted key look at agents or place calls', async () => {
    const send = sender(sandbox[name].keys.restricted);
    expect(await findAgent(adapter, send, callOf('client').providerAgentId)).toBe('RESTRICTED');
    expect(await placeCall(adapter, send, callOf('client'))).toMatchObject({ outcome: 'REFUSED', error: { code: 'INSUFFICIENT_PERMISSIONS' } });
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
    const foreignAgent = { ...callOf('agency'), providerAgentId: callOf('client').providerAgentId };
    const foreignNumber = { ...callOf('agency'), fromNumber: accounts.client.fromNumber };
    expect(await placeCall(adapter, send, callOf('agency'))).toMatchObject({ outcome: 'PLACED' });
    expect(await placeCall(adapter, send, foreignAgent)).toMatchObject({ outcome: 'REFUSED', error: { code: 'AGENT_NOT_FOUND' } });
    expect(await placeCall(adapter, send, foreignNumber)).toMatchObject({ outcome: 'REFUSED', error: { code: 'INVALID_REQUEST' } });
    expect(await placeCall(adapter, send, { ...callOf('agency'), toNumber: '0123' })).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
  });

  test('remembers what it was asked, but no key', async () => {
    const { keys, requests } = sandbox[name];
    await placeCall(adapter, sender(keys.valid), callOf('agency'));
    const keyHash = createHash('sha256').update(keys.valid).digest('hex');
    expect(requests.at(-1)).toMatchObject({ method: 'POST', authorization: { scheme: 'Bearer', keyHash }, body: expect.anything() });
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
    expect(await get('retell', '/get-api-key-info')).toEqual({ status: 401, body: { error_message: 'Authorization header required' } });
    expect(await get('retell', '/get-api-key-info', 'Bearer nonsense')).toEqual({ status: 401, body: { status: 'error', message: 'Invalid API Key.' } });
    expect(await get('retell', '/get-api-key-info', sandbox.retell.keys.valid)).toMatchObject({ status: 401 });
  });

  test('is what Vapi says', async () => {
    expect(await get('vapi', '/assistant')).toMatchObject({ status: 401, body: { message: 'Missing Authorization Header.', statusCode: 401 } });
    expect(await get('vapi', '/assistant', 'Bearer nonsense')).toMatchObject({ status: 401, body: { message: expect.stringContaining('Hot tip') } });
    expect(await get('vapi', '/assistant', sandbox.vapi.keys.valid)).toMatchObject({ status: 401 });
  });

  test('is what Bland says: it takes a key without a scheme too', async () => {
    const unauthorized = { status: 401, body: { data: null, errors: [{ error: 'AUTH_FAILURE', message: 'Unauthorized' }] } };
    expect(await get('bland', '/v1/me')).toEqual(unauthorized);
    expect(await get('bland', '/v1/me', 'Bearer nonsense')).toEqual(unauthorized);
    expect(await get('bland', '/v1/me', sandbox.bland.keys.valid)).toMatchObject({ status: 200 });
    expect(await get('bland', '/v1/me', `Bearer ${sandbox.bland.keys.valid}`)).toMatchObject({ status: 200 });
  });
});

describe("Bland's stand-in", () => {
  const call = { phone_number: '+14155550199', agent_id: '' };

  beforeAll(() => {
    call.agent_id = sandbox.bland.agents.agency[0]?.id ?? '';
  });

  test('refuses a request with an unknown property', async () => {
    expect(await post('bland', '/v1/calls', { ...call, surprise: 1 })).toMatchObject({ status: 400, body: { status: 'error', errors: [expect.stringContaining('surprise')] } });
  });

  test.each([
    [{ agent_id: undefined }, undefined],
    [{ phone_number: undefined }, undefined],
    [{ agent_id: 'no-uuid' }, 'AGENT_ID_INVALID'],
    [{ agent_id: '00000000-0000-4000-9000-000000000000' }, 'AGENT_NOT_FOUND'],
  ])('refuses %j', async (change, code) => {
    expect(await post('bland', '/v1/calls', { ...call, ...change })).toMatchObject({ status: 400, body: code ? { code } : { status: 'error' } });
  });

  test('shows a call to its own account, and answers 401 to another', async () => {
    const { keys } = sandbox.bland;
    const { body } = await post('bland', '/v1/calls', call);
    const { call_id: id } = body as { call_id: string };
    expect(await get('bland', `/v1/calls/${id}`, `Bearer ${keys.valid}`)).toMatchObject({ status: 200, body: { call_id: id, to: call.phone_number } });
    expect(await get('bland', `/v1/calls/${id}`, `Bearer ${keys.secondAccount}`)).toMatchObject({ status: 401 });
    expect(await get('bland', '/v1/calls/none', `Bearer ${keys.valid}`)).toMatchObject({ status: 404, body: { errors: [{ error: 'CALL_NOT_FOUND' }] } });
    expect(await get('bland', '/v1/calls', `Bearer ${keys.secondAccount}`)).toMatchObject({ status: 200, body: { count: 0, calls: [] } });
  });
});

test('a request that is not well formed ends its connection, and the stand-in goes on', async () => {
  await expect(get('retell', '/get-agent/%zz', `Bearer ${sandbox.retell.keys.valid}`)).rejects.toThrow('fetch failed');
  expect(await get('retell', '/get-api-key-info', `Bearer ${sandbox.retell.keys.valid}`)).toMatchObject({ status: 200 });
});

test('each sandbox has a memory and ports of its own', async () => {
  const other = await startSandbox();
  expect(other.retell.baseUrl).not.toBe(sandbox.retell.baseUrl);
  expect(other.retell.requests).toEqual([]);
  await other.close();
  await expect(fetch(other.retell.baseUrl)).rejects.toThrow('fetch failed');
});
