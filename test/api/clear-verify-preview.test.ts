import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AGENCYS_OWN_AGENT,
  ARCHIVED_CLIENTS_AGENT,
  CEDAR,
  BRIGHTLINE,
  HARBOR,
  HARBOR_BLAND_AGENT,
  HARBOR_RETELL_AGENT,
  HARBOR_VAPI_AGENT,
  MAPLE,
  MAPLE_RETELL_AGENT,
} from '../demo-ids';
import { managerOf } from '../database';
import { startTestApp, type TestApp } from '../harness';
import {
  CLEAR_AGENCY,
  CLEAR_CLIENT,
  CLIENT_KEYS,
  PREVIEW,
  RESOLUTION,
  SET_CLIENT,
  START_CALL,
  VERIFY_AGENCY,
  VERIFY_CLIENT,
  codes,
  type UserErrors,
} from '../operations';

interface Cleared extends UserErrors {
  readonly apiKeys: readonly { provider: string; isSet: boolean; version: number }[];
  readonly agentsWithoutKey: readonly { id: string }[];
  readonly effects: readonly {
    provider: string;
    source: string | null;
    agentCount: number;
    agentsWithoutKeyCount: number;
  }[];
}

interface Verified extends UserErrors {
  readonly results: readonly {
    status: string;
    error: { code: string; httpStatus: number | null; retryAfterSeconds: number | null } | null;
    agentsMissingInAccount: readonly { id: string }[];
    agentsNotChecked: number;
    apiKey: {
      provider: string;
      status: string;
      lastVerifiedAt: string | null;
      lastError: { code: string } | null;
    };
  }[];
}

interface Previewed extends UserErrors {
  readonly preview: Record<string, unknown> | null;
}

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
const servers: Server[] = [];
afterEach(async () => {
  await running.close();
  for (const server of servers.splice(0)) server.close();
});

const clear = async (providers: string[], clientId = HARBOR) =>
  (await running.data<{ clearClientApiKeys: Cleared }>(CLEAR_CLIENT, { input: { clientId, providers } }))
    .clearClientApiKeys;
const verify = async (clientId = HARBOR, providers?: string[]) =>
  (await running.data<{ verifyClientApiKeys: Verified }>(VERIFY_CLIENT, { input: { clientId, providers } }))
    .verifyClientApiKeys;
const preview = async (input: object) =>
  (await running.data<{ previewClientApiKeyChange: Previewed }>(PREVIEW, { input }))
    .previewClientApiKeyChange;
const set = (provider: string, apiKey: string, clientId = HARBOR) =>
  running.data(SET_CLIENT, { input: { clientId, keys: [{ provider, apiKey }] } });
const source = async (id: string) =>
  (await running.data<{ agent: { keyResolution: { source: string | null } } }>(RESOLUTION, { id })).agent
    .keyResolution.source;

describe('clearing keys', () => {
  test("leaves the client's agents with the agency's key, and says so", async () => {
    const payload = await clear(['RETELL']);
    expect(payload).toMatchObject({
      apiKeys: [{ provider: 'RETELL', isSet: false, version: 2 }],
      effects: [{ provider: 'RETELL', source: 'AGENCY', agentCount: 1, agentsWithoutKeyCount: 0 }],
      agentsWithoutKey: [],
      userErrors: [],
    });
    expect(await source(HARBOR_RETELL_AGENT)).toBe('AGENCY');
  });

  test('names the agents that are left with no key', async () => {
    await running.data(CLEAR_AGENCY, { input: { providers: ['VAPI'] } });
    const payload = await clear(['VAPI']);
    expect(payload.agentsWithoutKey).toEqual([{ id: HARBOR_VAPI_AGENT }]);
    expect(payload.effects).toEqual([
      { provider: 'VAPI', source: null, agentCount: 1, agentsWithoutKeyCount: 1 },
    ]);
    expect(await source(HARBOR_VAPI_AGENT)).toBeNull();
  });

  test('of the agency changes nothing for agents whose client has a key of its own', async () => {
    const { clearAgencyApiKeys } = await running.data<{ clearAgencyApiKeys: Cleared }>(CLEAR_AGENCY, {
      input: { providers: ['RETELL'] },
    });
    const ids = clearAgencyApiKeys.agentsWithoutKey.map(({ id }) => id);
    expect(ids).toContain(MAPLE_RETELL_AGENT);
    expect(ids).toContain(AGENCYS_OWN_AGENT);
    expect(ids).not.toContain(HARBOR_RETELL_AGENT);
    expect(await source(HARBOR_RETELL_AGENT)).toBe('CLIENT');
  });

  test('is refused as a whole when one of the keys is not set', async () => {
    expect(codes(await clear(['RETELL', 'BLAND']))).toEqual(['KEY_NOT_SET input.providers.1']);
    expect(await source(HARBOR_RETELL_AGENT)).toBe('CLIENT');
  });

  test.each([
    [[], 'REQUIRED input.providers'],
    [['RETELL', 'RETELL'], 'DUPLICATE input.providers.1'],
  ])('is refused for the providers %j', async (providers, error) => {
    expect(codes(await clear(providers))).toEqual([error]);
    expect(await source(HARBOR_RETELL_AGENT)).toBe('CLIENT');
  });

  test('destroys the secret', async () => {
    await clear(['RETELL']);
    const rows: { sealed: string | null }[] = await managerOf(running.app.database.read).query(
      "SELECT sealed FROM api_keys WHERE ownerId = ? AND provider = 'RETELL'",
      [HARBOR],
    );
    expect(rows).toEqual([{ sealed: null }]);
  });
});

describe('verifying keys', () => {
  test('finds the keys of the right account valid, with every agent in it', async () => {
    const { results, userErrors } = await verify();
    expect(userErrors).toEqual([]);
    expect(
      results.map(({ apiKey, status, agentsMissingInAccount }) => [
        apiKey.provider,
        status,
        agentsMissingInAccount,
      ]),
    ).toEqual([
      ['RETELL', 'VALID', []],
      ['VAPI', 'VALID', []],
    ]);
  });

  test('places no call', async () => {
    await verify();
    const { retell, vapi } = running.sandbox;
    expect([...retell.requests, ...vapi.requests].filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  test('finds the agents that do not exist in the account of a good key', async () => {
    await set('RETELL', running.sandbox.retell.keys.valid);
    const { results } = await verify(HARBOR, ['RETELL']);
    expect(results[0]).toMatchObject({
      status: 'VALID',
      agentsMissingInAccount: [{ id: HARBOR_RETELL_AGENT }],
      agentsNotChecked: 0,
    });
  });

  test.each([
    ['revoked', 'INVALID', 'KEY_INVALID', 401],
    ['restricted', 'INSUFFICIENT_PERMISSIONS', 'INSUFFICIENT_PERMISSIONS', 403],
    ['rateLimited', 'RATE_LIMITED', 'RATE_LIMITED', 429],
    ['outOfFunds', 'OUT_OF_FUNDS', 'OUT_OF_FUNDS', 402],
  ] as const)(
    'reports a %s key as %s, and the key stays the one that is used',
    async (which, status, code, httpStatus) => {
      await set('RETELL', running.sandbox.retell.keys[which]);
      const { results } = await verify(HARBOR, ['RETELL']);
      expect(results[0]).toMatchObject({
        status,
        error: { code, httpStatus },
        apiKey: { status, lastError: { code } },
      });
      expect(await source(HARBOR_RETELL_AGENT)).toBe('CLIENT');
    },
  );

  test('refuses a provider that is named and whose key is not set, and leaves it out when none is named', async () => {
    expect(codes(await verify(HARBOR, ['BLAND']))).toEqual(['KEY_NOT_SET input.providers.0']);
    expect((await verify(CEDAR)).results).toEqual([]);
  });

  test("verifies the agency's keys with the agents that use them", async () => {
    const { verifyAgencyApiKeys } = await running.data<{ verifyAgencyApiKeys: Verified }>(VERIFY_AGENCY, {
      input: { providers: ['RETELL'] },
    });
    expect(verifyAgencyApiKeys.results[0]).toMatchObject({
      status: 'VALID',
      agentsMissingInAccount: [],
      agentsNotChecked: 0,
    });
    const asked = running.sandbox.retell.requests.filter(({ path }) => path.startsWith('/get-agent/'));
    expect(asked.map(({ path }) => path).join(' ')).not.toContain('agent_demo_client');
  });

  test('keeps what was known of a key through an outage', async () => {
    await verify(HARBOR, ['RETELL']);
    await running.sandbox.close();
    const { results } = await verify(HARBOR, ['RETELL']);
    expect(results[0]).toMatchObject({
      status: 'UNREACHABLE',
      error: { code: 'UNREACHABLE', httpStatus: null },
    });
    expect(results[0]?.apiKey).toMatchObject({ status: 'VALID', lastError: { code: 'UNREACHABLE' } });
  });

  test('records nothing about a key that was set while the provider was being asked', async () => {
    let refuse: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      const server = createServer((_request, response) => {
        refuse = () => void response.writeHead(401).end('{}');
        resolve();
      });
      servers.push(server.listen(0, '127.0.0.1'));
    });
    await once(servers[0] as Server, 'listening');
    await running.close();
    running = await startTestApp({
      RETELL_BASE_URL: `http://127.0.0.1:${((servers[0] as Server).address() as AddressInfo).port}`,
    });
    const verifying = verify(HARBOR, ['RETELL']);
    await asked;
    await set('RETELL', 'key_set_meanwhile_01');
    refuse();
    expect((await verifying).results).toMatchObject([
      {
        status: 'UNVERIFIED',
        error: null,
        apiKey: { status: 'UNVERIFIED', lastVerifiedAt: null, lastError: null },
      },
    ]);
    const { client } = await running.data<{
      client: { apiKeys: { provider: string; version: number; status: string }[] };
    }>(CLIENT_KEYS, { id: HARBOR });
    expect(client.apiKeys.find(({ provider }) => provider === 'RETELL')).toMatchObject({
      version: 2,
      status: 'UNVERIFIED',
    });
  });
});

describe('previewing a change', () => {
  test.each([
    [HARBOR, HARBOR_RETELL_AGENT],
    [null, MAPLE_RETELL_AGENT],
  ])('counts the calls in progress on the account of %s, and no others', async (clientId, agentId) => {
    const start = async (id: string) => {
      const input = { agentId: id, toNumber: '+14155550123' };
      const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(START_CALL, {
        input,
      });
      return startTestCall.call.id;
    };
    const [ended, givenUp, astray] = [await start(agentId), await start(agentId), await start(agentId)];
    // Its receipt names another account than the one that carries it.
    const carrier = { keyOwnerId: null, isOtherAccount: true, otherOwnerId: clientId ?? BRIGHTLINE };
    for (const id of [agentId, agentId, HARBOR_RETELL_AGENT, MAPLE_RETELL_AGENT, HARBOR_VAPI_AGENT])
      await start(id);
    await running.app.database.write(async (tx) => {
      await tx.updateRow('calls', { status: 'COMPLETED' }, { id: ended });
      await tx.updateRow('calls', carrier, { id: astray });
      await tx.run('UPDATE calls SET askAt = NULL WHERE id = ?', [givenUp]);
    });
    const [query, of] = clientId
      ? ['previewClientApiKeyChange', `clientId: "${clientId}", `]
      : ['previewAgencyApiKeyChange', ''];
    const answer = await running.data<Record<string, { preview: { callsInProgressCount: number } }>>(
      `mutation { ${query}(input: { ${of}provider: RETELL }) { preview { callsInProgressCount } } }`,
    );
    expect(answer[query]?.preview.callsInProgressCount).toBe(4);
  });

  const nothing = { agentsMissingInAccount: [], agentsNotChecked: 0 };

  test("to a first key shows that the client's agents leave the agency's key for it", async () => {
    const apiKey = running.sandbox.retell.keys.valid;
    const before = running.sandbox.retell.requests.length;
    expect((await preview({ clientId: MAPLE, provider: 'RETELL', apiKey })).preview).toEqual({
      ...nothing,
      affectedAgents: [{ id: MAPLE_RETELL_AGENT }],
      affectedAgentCount: 1,
      agentsWithoutKey: [],
      agentsWithoutKeyCount: 0,
      sourceBefore: 'AGENCY',
      sourceAfter: 'CLIENT',
      status: 'VALID',
    });
    expect(running.sandbox.retell.requests.length).toBeGreaterThan(before);
    expect(await source(MAPLE_RETELL_AGENT)).toBe('AGENCY');
  });

  test('of a key of another account: names the agents that it does not have', async () => {
    const { preview: found } = await preview({
      clientId: MAPLE,
      provider: 'RETELL',
      apiKey: running.sandbox.retell.keys.secondAccount,
    });
    expect(found).toMatchObject({ agentsMissingInAccount: [{ id: MAPLE_RETELL_AGENT }], status: 'VALID' });
  });

  test.each(['revoked', 'rateLimited'] as const)('to a %s key tells its status', async (which) => {
    const { preview: found } = await preview({
      clientId: MAPLE,
      provider: 'RETELL',
      apiKey: running.sandbox.retell.keys[which],
    });
    expect(found).toMatchObject({
      status: which === 'revoked' ? 'INVALID' : 'RATE_LIMITED',
      agentsNotChecked: 1,
    });
  });

  test('that clears a key asks no provider', async () => {
    const { preview: found } = await preview({ clientId: HARBOR, provider: 'RETELL' });
    expect(found).toMatchObject({
      affectedAgents: [{ id: HARBOR_RETELL_AGENT }],
      sourceBefore: 'CLIENT',
      sourceAfter: 'AGENCY',
      status: null,
    });
    expect(running.sandbox.retell.requests).toEqual([]);
  });

  test('that clears the last key names the agents that are left without one', async () => {
    await running.data(CLEAR_AGENCY, { input: { providers: ['RETELL'] } });
    const { preview: found } = await preview({ clientId: HARBOR, provider: 'RETELL' });
    expect(found).toMatchObject({
      agentsWithoutKey: [{ id: HARBOR_RETELL_AGENT }],
      agentsWithoutKeyCount: 1,
      sourceAfter: null,
    });
  });

  test('that clears a key that is not set shows that nothing changes', async () => {
    const { preview: found } = await preview({ clientId: HARBOR, provider: 'BLAND' });
    expect(found).toMatchObject({
      affectedAgents: [],
      sourceBefore: 'AGENCY',
      sourceAfter: 'AGENCY',
      agentsWithoutKey: [],
    });
    expect(await source(HARBOR_BLAND_AGENT)).toBe('AGENCY');
  });

  test('refuses a key that is not well formed', async () => {
    const refused = await preview({ clientId: MAPLE, provider: 'RETELL', apiKey: '••••••••abcd' });
    expect(refused.preview).toBeNull();
    expect(codes(refused)).toEqual(['LOOKS_MASKED input.apiKey']);
  });
});

describe("previewing a change of the agency's own key", () => {
  const previewAgency = async (input: object) => {
    const query = PREVIEW.replaceAll('PreviewClientApiKeyChange', 'PreviewAgencyApiKeyChange').replaceAll(
      'previewClientApiKeyChange',
      'previewAgencyApiKeyChange',
    );
    return (
      await running.data<{ previewAgencyApiKeyChange: { preview: Record<string, unknown> } }>(query, {
        input,
      })
    ).previewAgencyApiKeyChange.preview;
  };
  const without = [MAPLE_RETELL_AGENT, ARCHIVED_CLIENTS_AGENT, AGENCYS_OWN_AGENT].map((id) => ({ id }));

  test('that clears it names the agents of every client who would be left without a key', async () => {
    expect(await previewAgency({ provider: 'RETELL' })).toMatchObject({
      affectedAgents: without,
      agentsWithoutKey: without,
      agentsWithoutKeyCount: 3,
      sourceBefore: 'AGENCY',
      sourceAfter: null,
    });
    expect(await source(MAPLE_RETELL_AGENT)).toBe('AGENCY');
  });

  test('of a key of another account: names the agents that it does not have', async () => {
    const found = await previewAgency({
      provider: 'RETELL',
      apiKey: running.sandbox.retell.keys.secondAccount,
    });
    expect(found).toMatchObject({
      affectedAgents: without,
      agentsWithoutKey: [],
      agentsMissingInAccount: without,
      sourceAfter: 'AGENCY',
      status: 'VALID',
    });
  });
});

describe('several mutations in one document', () => {
  test('each answer with what is in force after it', async () => {
    const { set: afterSet, clear: afterClear } = await running.data<
      Record<'set' | 'clear', { preview: { affectedAgents: { keyResolution: { source: string } }[] } }>
    >(
      `mutation ($candidate: PreviewClientApiKeyChangeInput!, $clear: ClearClientApiKeysInput!) {
        set: previewClientApiKeyChange(input: $candidate) { preview { affectedAgents { keyResolution { source } } } }
        clearClientApiKeys(input: $clear) { userErrors { code } }
        clear: previewClientApiKeyChange(input: $candidate) { preview { affectedAgents { keyResolution { source } } } }
      }`,
      {
        candidate: { clientId: HARBOR, provider: 'RETELL', apiKey: running.sandbox.retell.keys.valid },
        clear: { clientId: HARBOR, providers: ['RETELL'] },
      },
    );
    expect(
      [afterSet, afterClear].map(
        ({ preview: { affectedAgents } }) => affectedAgents[0]?.keyResolution.source,
      ),
    ).toEqual(['CLIENT', 'AGENCY']);
  });
});
