import { createHash } from 'node:crypto';
import { VapiClient } from '@vapi-ai/server-sdk';
import Retell from 'retell-sdk';
import { DatabaseUnavailable } from '../../src/database/database-errors';
import { newGatewayToken } from '../../src/gateway/gateway-token';
import { GatewayTokenRow } from '../../src/gateway/gateway-token.entity';
import { AGENCYS_OWN_AGENT, HARBOR, HARBOR_BLAND_AGENT, HARBOR_RETELL_AGENT, MAPLE } from '../demo-ids';
import { gatewayToken, revoke, send, setHarborsKey, type Received } from '../gateway';
import { startTestApp, type TestApp } from '../harness';
import { CLEAR_CLIENT } from '../operations';

let running: TestApp;
let ofAgency: string;
let ofHarbor: string;

beforeAll(async () => {
  running = await startTestApp();
  ({ token: ofAgency } = await gatewayToken(running));
  ({ token: ofHarbor } = await gatewayToken(running, { clientId: HARBOR }));
});
afterAll(() => running.close());

const asked = (provider: 'retell' | 'vapi' | 'bland', path: string, token: string | null = ofAgency) =>
  send(running.url, `/gateway/${provider}${path}`, token);
const told = ({ status, reason }: Received) => [status, reason];
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const lastKey = (provider: 'retell' | 'vapi' | 'bland') => {
  const { requests, keys } = running.sandbox[provider];
  const hash = requests.at(-1)?.authorization?.keyHash;
  return (Object.entries(keys) as [string, string][]).find(([, key]) => hashOf(key) === hash)?.[0];
};
const count = (provider: 'retell' | 'vapi' | 'bland') => running.sandbox[provider].requests.length;
const providerIdOf = async (agentId: string) => {
  const { agent } = await running.data<{ agent: { providerAgentId: string } }>(
    'query ($id: ID!) { agent(id: $id) { providerAgentId } }',
    { id: agentId },
  );
  return agent.providerAgentId;
};

describe('the vendors’ own clients', () => {
  test('of Retell reads with a gateway token and another address, and nothing else changed', async () => {
    const client = new Retell({
      apiKey: ofAgency,
      baseURL: `${running.url}/gateway/retell`,
      logLevel: 'off',
    });
    const agentId = await providerIdOf(HARBOR_RETELL_AGENT);
    expect((await client.agent.retrieve(agentId)).agent_id).toBe(agentId);
    expect(lastKey('retell')).toBe('secondAccount');
    expect((await client.identity.retrieve()).org_name).toBe('Demo agency');
    expect(lastKey('retell')).toBe('valid');
    await expect(client.agent.retrieve('agent_unknown')).rejects.toThrow(Retell.NotFoundError);
  });

  test('of Vapi does so, too', async () => {
    const client = new VapiClient({ token: ofHarbor, baseUrl: `${running.url}/gateway/vapi` });
    const assistants = await client.assistants.list({ limit: 5 });
    expect(assistants.map(({ name }) => name)).toEqual(['Concierge', 'Billing questions']);
  });
});

describe('the key', () => {
  test('of a request that names an agent is the one that its chain gives', async () => {
    await asked('retell', `/get-agent/${await providerIdOf(HARBOR_RETELL_AGENT)}`);
    expect(lastKey('retell')).toBe('secondAccount');
    await asked('retell', `/get-agent/${await providerIdOf(AGENCYS_OWN_AGENT)}`);
    expect(lastKey('retell')).toBe('valid');
    const [concierge] = running.sandbox.vapi.agents.client;
    const listed = await asked('vapi', `/call?assistantId=${concierge?.id}`);
    expect([listed.status, lastKey('vapi')]).toEqual([200, 'secondAccount']);
  });

  const listCalls = (filter_criteria: object, version = 'v3') =>
    send(running.url, `/gateway/retell/${version}/list-calls`, ofAgency, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ filter_criteria }),
    });

  test('of a request whose body names agents is the one that the chain gives for all of them', async () => {
    const [ofClient, ofAgencyItself] = [
      await providerIdOf(HARBOR_RETELL_AGENT),
      await providerIdOf(AGENCYS_OWN_AGENT),
    ];
    for (const [agentId, key] of [
      [ofClient, 'secondAccount'],
      [ofAgencyItself, 'valid'],
    ] as const) {
      expect((await listCalls({ agent: [{ agent_id: agentId }] })).status).toBe(200);
      expect(lastKey('retell')).toBe(key);
      await listCalls({ agent_id: [agentId, agentId] }, 'v2');
      expect(lastKey('retell')).toBe(key);
    }
    const before = count('retell');
    const named = (...ids: readonly string[]) => ({ agent: ids.map((agent_id) => ({ agent_id })) });
    expect(told(await listCalls(named(ofClient, ofAgencyItself)))).toEqual([
      400,
      'AGENTS_OF_SEVERAL_ACCOUNTS',
    ]);
    expect(told(await listCalls(named(ofClient, 'agent_unknown')))).toEqual([404, 'AGENT_NOT_FOUND']);
    const many = Array.from({ length: 11 }, (_, index) => `agent_${index}`);
    expect(told(await listCalls(named(...many)))).toEqual([400, 'AGENTS_OF_SEVERAL_ACCOUNTS']);
    expect(count('retell')).toBe(before);
    await listCalls({ agent: 'all' });
    expect(lastKey('retell')).toBe('valid');
  });

  test('of a request that names a call in its query is the one of the account that carries it', async () => {
    const client = new VapiClient({ token: ofAgency, baseUrl: `${running.url}/gateway/vapi` });
    const { agents, accounts } = running.sandbox.vapi;
    const placed = await client.calls.create({
      assistantId: agents.client[0]?.id ?? '',
      phoneNumberId: accounts.client.fromNumber,
      customer: { number: '+14155550199' },
    });
    const { id } = placed as { id: string };
    expect((await asked('vapi', `/call?id=${id}`)).status).toBe(200);
    expect(lastKey('vapi')).toBe('secondAccount');
    await asked('vapi', '/call?id=00000000-0000-4000-8000-00000000dead');
    expect(lastKey('vapi')).toBe('valid');
  });

  test('of any other is that of the scope of the token', async () => {
    await asked('retell', '/get-concurrency');
    expect(lastKey('retell')).toBe('valid');
    await asked('retell', '/get-concurrency', ofHarbor);
    expect(lastKey('retell')).toBe('secondAccount');
  });

  test('is never the agency’s where a token of a client asks and its client has none', async () => {
    const { token } = await gatewayToken(running, { clientId: MAPLE });
    const before = count('retell');
    expect(told(await asked('retell', '/get-concurrency', token))).toEqual([401, 'NO_KEY_CONFIGURED']);
    expect(count('retell')).toBe(before);
  });

  test('is the client’s also where it is bad: the provider’s refusal is the answer', async () => {
    await setHarborsKey(running, 'RETELL', running.sandbox.retell.keys.revoked);
    const client = new Retell({
      apiKey: ofHarbor,
      baseURL: `${running.url}/gateway/retell`,
      logLevel: 'off',
    });
    await expect(client.agent.retrieve(await providerIdOf(HARBOR_RETELL_AGENT))).rejects.toThrow(
      Retell.AuthenticationError,
    );
    const answer = await asked('retell', '/get-concurrency', ofHarbor);
    expect(told(answer)).toEqual([401, 'REFUSED_BY_PROVIDER']);
    expect(answer.json).toEqual({ status: 'error', message: 'Invalid API Key.' });
    await setHarborsKey(running, 'RETELL', running.sandbox.retell.keys.secondAccount);
  });

  test('that is set or cleared counts for the next request, on every instance', async () => {
    const another = await running.another();
    const path = `/gateway/bland/v1/me`;
    const ask = ({ url }: TestApp) => send(url, path, ofHarbor).then(told);
    for (const _round of [1, 2]) {
      expect([await ask(running), await ask(another)]).toEqual([
        [401, 'NO_KEY_CONFIGURED'],
        [401, 'NO_KEY_CONFIGURED'],
      ]);
      await setHarborsKey(running, 'BLAND', running.sandbox.bland.keys.secondAccount);
      expect([await ask(another), await ask(running)]).toEqual([
        [200, undefined],
        [200, undefined],
      ]);
      await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['BLAND'] } });
    }
    await another.close();
  });
});

describe('an agent', () => {
  test.each(['retell', 'vapi', 'bland'] as const)(
    'of another client, of another agency or of nobody is not found at %s, in the words of the provider',
    async (name) => {
      const { token } = await gatewayToken(running, { clientId: MAPLE });
      const [ofHarborsAccount] = running.sandbox[name].agents.client;
      const paths = { retell: '/get-agent', vapi: '/assistant', bland: '/v2/agents' };
      const ofOthers = {
        retell: running.sandbox.retell.agents.agency[3]?.id,
        vapi: running.sandbox.vapi.agents.agency[3]?.id,
        bland: running.sandbox.bland.agents.agency[3]?.id,
      };
      const before = count(name);
      for (const id of [ofHarborsAccount?.id, ofOthers[name], 'nobody']) {
        const { status, reason, json } = await asked(name, `${paths[name]}/${id}`, token);
        expect([status, reason]).toEqual([404, 'AGENT_NOT_FOUND']);
        expect(json).toMatchObject(
          {
            retell: { status: 'error' },
            vapi: { statusCode: 404, error: 'Not Found' },
            bland: { data: null, errors: [{ error: 'NOT_FOUND' }] },
          }[name],
        );
      }
      expect(count(name)).toBe(before);
    },
  );
});

describe('a token', () => {
  test('that is revoked is refused for the next request, on every instance, in the form of each provider', async () => {
    const another = await running.another();
    const { id, token } = await gatewayToken(running);
    for (const { url } of [running, another])
      expect((await send(url, '/gateway/retell/get-concurrency', token)).status).toBe(404);
    await revoke(running, id);
    for (const { url } of [another, running])
      expect(told(await send(url, '/gateway/retell/get-concurrency', token))).toEqual([401, 'TOKEN_REFUSED']);
    await another.close();
  });

  test('that is expired, unknown, malformed, missing, or one of another kind gets the same answer', async () => {
    const { id, token } = await gatewayToken(running);
    await running.app.database.write((tx) =>
      tx.update(GatewayTokenRow, { id }, { expiresAt: new Date(Date.now() - 1) }),
    );
    const answers = [token, `${token}x`, 'lk_gw_', null, running.tokens.agencyAdmin].map((each) =>
      asked('vapi', '/assistant', each),
    );
    const expected = await asked('vapi', '/assistant', 'garbage');
    expect(told(expected)).toEqual([401, 'TOKEN_REFUSED']);
    for (const answer of await Promise.all(answers)) expect(answer.body).toEqual(expected.body);
  });

  test('that is refused has the reason in the log as a code, and nothing of itself', async () => {
    const { id, token: expired } = await gatewayToken(running);
    await running.app.database.write((tx) =>
      tx.update(GatewayTokenRow, { id }, { expiresAt: new Date(Date.now() - 1) }),
    );
    const revoked = await gatewayToken(running);
    await revoke(running, revoked.id);
    const cases: [string, string | null][] = [
      ['GATEWAY_TOKEN_MISSING', null],
      ['GATEWAY_TOKEN_MALFORMED', 'key_of_a_provider_canary'],
      ['GATEWAY_TOKEN_UNKNOWN', newGatewayToken()],
      ['GATEWAY_TOKEN_EXPIRED', expired],
      ['GATEWAY_TOKEN_REVOKED', revoked.token],
    ];
    const first = running.logs.length;
    for (const [, token] of cases) await asked('vapi', '/assistant', token);
    const lines = running.logs.slice(first);
    const reasons = lines.map((line) => (JSON.parse(line) as { signInRefused?: string }).signInRefused);
    expect(reasons.filter((reason) => reason !== undefined)).toEqual(cases.map(([reason]) => reason));
    for (const [, token] of cases) expect(lines.join('')).not.toContain(token ?? 'canary');
  });

  test('that cannot be looked up gets an answer that says when to try again', async () => {
    const { read } = running.app.database;
    const looked = jest.spyOn(read, 'rows').mockRejectedValue(new DatabaseUnavailable('It is silent'));
    const answer = await asked('retell', '/get-concurrency');
    looked.mockRestore();
    expect([...told(answer), answer.headers['retry-after']]).toEqual([503, 'UNAVAILABLE', '5']);
  });

  test('may be sent without a scheme, as some clients send a key', async () => {
    const { status } = await send(running.url, '/gateway/bland/v1/me', null, {
      headers: { authorization: ofAgency },
    });
    expect(status).toBe(200);
  });

  test('notes its last use, to the minute', async () => {
    const { id, token } = await gatewayToken(running);
    await asked('bland', '/v1/me', token);
    const noted = await running.app.database.read.findOneByOrFail(GatewayTokenRow, { id });
    expect(noted.lastUsedAt).toBeInstanceOf(Date);
    await asked('bland', '/v1/me', token);
    expect(await running.app.database.read.findOneByOrFail(GatewayTokenRow, { id })).toEqual(noted);
  });

  test('reaches its providers, and is good for its groups of operations alone', async () => {
    const [{ token: reads }, { token: places }] = [
      await gatewayToken(running, { scopes: ['READ'], providers: ['BLAND'] }),
      await gatewayToken(running, { scopes: ['PLACE_CALLS'] }),
    ];
    expect(told(await asked('bland', '/v1/me', reads))).toEqual([200, undefined]);
    expect(told(await asked('vapi', '/assistant', reads))).toEqual([403, 'PROVIDER_NOT_ALLOWED']);
    expect(told(await asked('bland', '/v1/me', places))).toEqual([403, 'SCOPE_MISSING']);
    const stop = await send(running.url, '/gateway/bland/v1/calls/x/stop', reads, { method: 'POST' });
    expect(told(stop)).toEqual([403, 'SCOPE_MISSING']);
  });

  test('is limited per minute', async () => {
    const limited = await running.another({ RATE_LIMIT_GATEWAY: '2' });
    const { token } = await gatewayToken(running);
    const answers = [];
    for (const _time of [1, 2, 3]) answers.push(await send(limited.url, '/gateway/bland/v1/me', token));
    expect(answers.map(told)).toEqual([
      [200, undefined],
      [200, undefined],
      [429, 'RATE_LIMITED'],
    ]);
    expect(Number(answers[2]?.headers['retry-after'])).toBeGreaterThan(0);
    await limited.close();
  });

  test('that is none is counted by the network that sends it, and takes nothing from those that are', async () => {
    const limited = await running.another({ RATE_LIMIT_GATEWAY: '2' });
    const { token } = await gatewayToken(running);
    const ask = (by: string | null) => send(limited.url, '/gateway/bland/v1/me', by).then(told);
    expect([await ask('lk_gw_wrong'), await ask(null), await ask(token), await ask('x')]).toEqual([
      [401, 'TOKEN_REFUSED'],
      [401, 'TOKEN_REFUSED'],
      [200, undefined],
      [429, 'RATE_LIMITED'],
    ]);
    expect(await ask(token)).toEqual([200, undefined]);
    await limited.close();
  });
});

test('a call that Bland would place again by itself is not placed', async () => {
  const before = count('bland');
  const body = JSON.stringify({
    agent_id: await providerIdOf(HARBOR_BLAND_AGENT),
    phone_number: '+14155550199',
    retry: { wait: 10 },
  });
  const headers = { 'content-type': 'application/json' };
  const answer = await send(running.url, '/gateway/bland/v1/calls', ofAgency, {
    method: 'POST',
    headers,
    body,
  });
  expect([...told(answer), count('bland')]).toEqual([400, 'INVALID_BODY', before]);
});

describe('what is not in the table of a provider', () => {
  test.each([
    ['retell', 'POST', '/create-agent'],
    ['retell', 'DELETE', '/delete-agent/x'],
    ['retell', 'POST', '/create-phone-number'],
    ['retell', 'POST', '/import-phone-number'],
    ['retell', 'POST', '/create-batch-call'],
    ['vapi', 'GET', '/phone-number'],
    ['vapi', 'GET', '/credential'],
    ['vapi', 'POST', '/token'],
    ['vapi', 'PATCH', '/assistant/x'],
    ['bland', 'POST', '/keys/list'],
    ['bland', 'GET', '/v1/subaccounts/x'],
    ['bland', 'POST', '/numbers/purchase'],
    ['bland', 'POST', '/v1/calls/active/stop/'],
    // It would end every call of the account.
    ['bland', 'POST', '/v1/calls/active/stop'],
    ['bland', 'POST', '/v1/calls/Active/stop'],
  ] as const)('is not found: %s %s %s', async (name, method, path) => {
    const before = count(name);
    const answer = await send(running.url, `/gateway/${name}${path}`, ofAgency, { method });
    expect([...told(answer), count(name)]).toEqual([404, 'OPERATION_NOT_ALLOWED', before]);
  });

  test.each([
    '/assistant?limit=1&key=2',
    '/assistant?limit=1&limit=2',
    '/assistant?%6cimit=1',
    '/assistant?limit=%00<',
  ])('is refused as a query: %s', async (path) => {
    expect(told(await asked('vapi', path))).toEqual([400, 'QUERY_NOT_ALLOWED']);
  });
});
