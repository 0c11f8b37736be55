import { PORTAL_PERMISSIONS, type PortalPermission } from '../../src/access/portal-permissions';
import { ApiKeyService } from '../../src/keys/changes/api-key.service';
import { KeyCheckService } from '../../src/keys/checks/key-check.service';
import { KeyResolverService } from '../../src/keys/resolution/key-resolver.service';
import { PersonRow } from '../../src/people/person.entity';
import type { Viewer } from '../../src/access/viewer';
import { AgentRow } from '../../src/agents/agent.entity';
import { ClientService } from '../../src/clients/client.service';
import { Secret } from '../../src/vault/secret';
import { PROVIDERS } from '../../src/providers';
import { ProviderApi, type BaseUrls } from '../../src/providers/provider-api';
import { NORTHWIND } from '../../src/demo/ids';
import type { Persona } from '../../src/demo/seed';
import {
  HARBOR,
  HARBOR_RETELL_AGENT,
  MAPLE,
  MAPLE_RETELL_AGENT,
  NEVER_GIVEN_OUT,
  OTHER_AGENCYS_AGENT,
  OTHER_AGENCYS_CLIENT,
} from '../demo-ids';
import { managerOf, tenantDatabase } from '../database';
import { post, startTestApp, type TestApp } from '../harness';
import * as operations from '../operations';

let running: TestApp;
let callOfHarbor: string;
let callOfMaple: string;

const CALL = 'query ($id: ID!) { call(id: $id) { status } }';
const AGENT = 'query ($id: ID!) { agent(id: $id) { name } }';
const CLIENT = 'query ($id: ID!) { client(id: $id) { name } }';

async function callBy(agentId: string): Promise<string> {
  const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(
    operations.START_CALL,
    { input: { agentId, toNumber: '+14155550123' } },
  );
  return startTestCall.call.id;
}

beforeAll(async () => {
  running = await startTestApp();
  callOfHarbor = await callBy(HARBOR_RETELL_AGENT);
  callOfMaple = await callBy(MAPLE_RETELL_AGENT);
});
afterAll(() => running.close());

const keys = [{ provider: 'RETELL', apiKey: 'key_of_a_stranger_01' }];
const providers = ['RETELL'];

/** Everything that is stored of an agency, by table. */
async function rowsOf(agencyId: string): Promise<Record<string, unknown[]>> {
  const manager = managerOf(running.app.database.read);
  const rows: Record<string, unknown[]> = {};
  for (const { tableName, propertiesMap, primaryColumns } of manager.dataSource.entityMetadatas) {
    if (!('agencyId' in propertiesMap)) continue;
    const order = primaryColumns.map(({ databaseName }) => databaseName).join(', ');
    rows[tableName] = await manager.query(`SELECT * FROM ${tableName} WHERE agencyId = ? ORDER BY ${order}`, [
      agencyId,
    ]);
  }
  return rows;
}

test('the other agency has clients, agents, people, keys and events, which must stay as they are', async () => {
  const rows = Object.entries(await rowsOf(NORTHWIND));
  expect(rows.filter(([, each]) => each.length > 0).map(([table]) => table)).toEqual(
    expect.arrayContaining(['clients', 'agents', 'people', 'api_keys', 'audit_events']),
  );
});

describe("another agency's object", () => {
  test.each<[string, string, (id: string) => object, string]>([
    ['client', CLIENT, (id) => ({ id }), OTHER_AGENCYS_CLIENT],
    ['agent', AGENT, (id) => ({ id }), OTHER_AGENCYS_AGENT],
    ['set', operations.SET_CLIENT, (clientId) => ({ input: { clientId, keys } }), OTHER_AGENCYS_CLIENT],
    [
      'clear',
      operations.CLEAR_CLIENT,
      (clientId) => ({ input: { clientId, providers } }),
      OTHER_AGENCYS_CLIENT,
    ],
    [
      'verify',
      operations.VERIFY_CLIENT,
      (clientId) => ({ input: { clientId, providers } }),
      OTHER_AGENCYS_CLIENT,
    ],
    [
      'preview',
      operations.PREVIEW,
      (clientId) => ({ input: { clientId, provider: 'RETELL' } }),
      OTHER_AGENCYS_CLIENT,
    ],
    ['archive', operations.ARCHIVE, (clientId) => ({ input: { clientId } }), OTHER_AGENCYS_CLIENT],
    [
      'start a call',
      operations.START_CALL,
      (agentId) => ({ input: { agentId, toNumber: '+14155550123' } }),
      OTHER_AGENCYS_AGENT,
    ],
    [
      'create an agent for a client',
      operations.CREATE_AGENT,
      (clientId) => ({ input: { name: 'x', provider: 'RETELL', providerAgentId: 'agent_x', clientId } }),
      OTHER_AGENCYS_CLIENT,
    ],
    [
      'list the agents of a client',
      'query ($id: ID) { agents(clientId: $id) { totalCount nodes { id } } }',
      (id) => ({ id }),
      OTHER_AGENCYS_CLIENT,
    ],
    [
      'list the calls of an agent',
      'query ($id: ID) { calls(agentId: $id) { totalCount nodes { id } } }',
      (id) => ({ id }),
      OTHER_AGENCYS_AGENT,
    ],
  ])('is as if its id had never been given out: %s', async (_what, query, variables, id) => {
    const before = await rowsOf(NORTHWIND);
    const theirs = await running.ask('agencyAdmin', query, variables(id));
    const nobodys = await running.ask('agencyAdmin', query, variables(NEVER_GIVEN_OUT));
    expect([theirs.status, theirs.text]).toEqual([nobodys.status, nobodys.text]);
    expect(await rowsOf(NORTHWIND)).toEqual(before);
    expect(theirs.errors).toEqual([]);
  });

  test('is as if its id had never been given out, also when it is a call', async () => {
    const theirs = await running.ask('otherAgencyAdmin', CALL, { id: callOfHarbor });
    expect(theirs.text).toBe((await running.ask('otherAgencyAdmin', CALL, { id: NEVER_GIVEN_OUT })).text);
    expect((await running.ask('agencyAdmin', CALL, { id: callOfHarbor })).text).toContain('QUEUED');
  });

  test('stands in no list', async () => {
    const query = '{ clients { nodes { id } } agents { nodes { id } } calls { nodes { id } } }';
    const ids = (text: string): string[] => text.match(/[0-9a-f-]{36}/g) ?? [];
    const [ours, theirs] = await Promise.all(
      (['agencyAdmin', 'otherAgencyAdmin'] as const).map((persona) => running.ask(persona, query)),
    );
    expect(ids(theirs?.text ?? '').length).toBeGreaterThan(1);
    expect(ids(ours?.text ?? '').filter((id) => ids(theirs?.text ?? '').includes(id))).toEqual([]);
  });
});

describe('a portal user', () => {
  test.each([
    ['client', CLIENT, MAPLE],
    ['agent', AGENT, MAPLE_RETELL_AGENT],
    ['call', CALL, () => callOfMaple],
  ])("does not find another client's %s, exactly like what was never there", async (_what, query, id) => {
    const theirs = await running.ask('portalUser', query, { id: typeof id === 'string' ? id : id() });
    expect(theirs.text).toBe((await running.ask('portalUser', query, { id: NEVER_GIVEN_OUT })).text);
  });

  test('finds those of its own', async () => {
    expect((await running.ask('portalUser', CLIENT, { id: HARBOR })).text).toContain('Harbor Dental');
    expect((await running.ask('portalUser', AGENT, { id: HARBOR_RETELL_AGENT })).text).toContain(
      'Harbor front desk',
    );
    expect((await running.ask('portalUser', CALL, { id: callOfHarbor })).text).toContain('QUEUED');
  });

  test("lists its own client's alone", async () => {
    const { clients, agents, calls } = await running.data<
      Record<'clients' | 'agents' | 'calls', { totalCount: number; nodes: { id: string }[] }>
    >(
      '{ clients { totalCount nodes { id } } agents { totalCount nodes { id } } calls { totalCount nodes { id } } }',
      {},
      'portalUser',
    );
    expect([clients.totalCount, agents.totalCount, calls.nodes]).toEqual([1, 3, [{ id: callOfHarbor }]]);
  });

  test('without permissions sees its client and none of its sections, each with an error of its own', async () => {
    const { data, errors } = await running.ask(
      'portalUserNoPermissions',
      '{ viewer { client { name } permissions } client(id: "' +
        HARBOR +
        '") { name } agent(id: "x") { id } call(id: "x") { id } }',
    );
    expect(data).toEqual({
      viewer: { client: { name: 'Harbor Dental' }, permissions: [] },
      client: { name: 'Harbor Dental' },
      agent: null,
      call: null,
    });
    expect(errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['agent'], 'FORBIDDEN'],
      [['call'], 'FORBIDDEN'],
    ]);
  });
});

describe('keys', () => {
  const refused: [string, string, object][] = [
    ['set', operations.SET_CLIENT, { input: { clientId: HARBOR, keys } }],
    ["set the agency's", operations.SET_AGENCY, { input: { keys } }],
    ['clear', operations.CLEAR_CLIENT, { input: { clientId: HARBOR, providers } }],
    ["clear the agency's", operations.CLEAR_AGENCY, { input: { providers } }],
    ['verify', operations.VERIFY_CLIENT, { input: { clientId: HARBOR } }],
    ["verify the agency's", operations.VERIFY_AGENCY, { input: {} }],
    ['preview', operations.PREVIEW, { input: { clientId: HARBOR, provider: 'RETELL' } }],
    [
      'start a test call',
      operations.START_CALL,
      { input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' } },
    ],
  ];

  describe.each(['agencyMember', 'portalUser', 'portalUserNoPermissions'] as Persona[])(
    'as %s,',
    (persona) => {
      test.each(refused)('one may not %s', async (_what, query, variables) => {
        const before = running.sandbox.retell.requests.length;
        const { data, errors } = await running.ask(persona, query, variables);
        expect([data, errors.map(({ extensions }) => extensions.code)]).toEqual([null, ['FORBIDDEN']]);
        expect(running.sandbox.retell.requests).toHaveLength(before);
      });
    },
  );

  test.each([
    [
      'agencyMember',
      ['viewer', 'agency', 'apiKeys'],
      '{ viewer { role agency { name apiKeys { maskedKey } } } }',
    ],
    [
      'portalUser',
      ['viewer', 'agency', 'apiKeys'],
      '{ viewer { role agency { name apiKeys { maskedKey } } } }',
    ],
    ['agencyMember', ['agency', 'apiKeys'], '{ agency { name apiKeys { status } } }'],
    ['portalUser', ['viewer', 'client', 'apiKeys'], '{ viewer { client { name apiKeys { version } } } }'],
    ['portalUser', ['clients', 'nodes', 0, 'apiKeys'], '{ clients { nodes { name apiKeys { isSet } } } }'],
    [
      'portalUser',
      ['clients', 'edges', 0, 'node', 'apiKeys'],
      '{ clients { edges { node { name apiKeys { isSet } } } } }',
    ],
    [
      'agencyMember',
      ['agents', 'nodes', 0, 'keyResolution'],
      '{ agents(first: 1) { nodes { name keyResolution { source } } } }',
    ],
    [
      'portalUser',
      ['agents', 'nodes', 0, 'client', 'apiKeys'],
      '{ agents(first: 1) { nodes { name client { apiKeys { isSet } } } } }',
    ],
    [
      'agencyMember',
      ['calls', 'nodes', 0, 'keySource'],
      '{ calls(first: 1) { nodes { status keySource } } }',
    ],
    [
      'portalUser',
      ['calls', 'nodes', 0, 'agent', 'keyResolution'],
      '{ calls(first: 1) { nodes { status agent { keyResolution { status } } } } }',
    ],
  ] as [Persona, (string | number)[], string][])(
    'are refused to %s at %j, and the rest of the answer stands',
    async (persona, path, query) => {
      const { data, errors } = await running.ask(persona, query);
      expect(errors.map((error) => [error.path, error.extensions.code])).toEqual([[path, 'FORBIDDEN']]);
      expect(data).not.toBeNull();
    },
  );

  test('are refused by the services themselves, with the shield taken off', async () => {
    const { vault, audit } = running.app;
    const database = tenantDatabase(running.app.database);
    const clients = new ClientService(database, audit);
    const nowhere = new ProviderApi(Object.fromEntries(PROVIDERS.map((each) => [each, {}])) as BaseUrls, 100);
    const checks = new KeyCheckService(database, audit, vault, nowhere);
    const service = new ApiKeyService(database, audit, vault, nowhere, clients, checks);
    const agent = await database.read.findOneByOrFail(AgentRow, { id: HARBOR_RETELL_AGENT });
    for (const role of ['AGENCY_MEMBER', 'PORTAL_USER'] as const) {
      const who = {
        kind: 'PERSON' as const,
        id: 'x',
        name: 'x',
        origin: { requestId: 'x', sourceAddress: null },
      };
      const viewer: Viewer = {
        ...who,
        role,
        agencyId: agent.agencyId,
        clientId: null,
        permissions: PORTAL_PERMISSIONS,
      };
      expect(() => service.agencyOwner(viewer)).toThrow('You may not do this.');
      await expect(service.clientOwner(viewer, HARBOR)).rejects.toThrow('You may not do this.');
      await expect(
        checks.previewKey(viewer, { type: 'CLIENT', id: HARBOR, agencyId: agent.agencyId }, 'RETELL', null),
      ).rejects.toThrow('You may not do this.');
      const owner = { type: 'CLIENT' as const, id: HARBOR, agencyId: agent.agencyId };
      await expect(
        service.set(viewer, owner, [{ provider: 'RETELL', apiKey: new Secret('key_of_nobody_0123') }], false),
      ).rejects.toThrow('You may not do this.');
      await expect(service.clear(viewer, owner, ['RETELL'])).rejects.toThrow('You may not do this.');
      await expect(checks.verify(viewer, owner, null)).rejects.toThrow('You may not do this.');
      await expect(service.keysOf(viewer, [HARBOR])).rejects.toThrow('You may not do this.');
      await expect(new KeyResolverService(database, vault).explain(viewer, [agent])).rejects.toThrow(
        'You may not do this.',
      );
    }
  });
});

describe('several mutations in one document, one of which is refused', () => {
  test('do nothing at all: what the others made would be missing in the answer', async () => {
    const { token } = (
      await running.data<{ createServiceToken: { token: string } }>(
        'mutation { createServiceToken(input: { name: "n8n", role: AGENCY_ADMIN }) { token } }',
      )
    ).createServiceToken;
    const query = `mutation { createClient(input: { name: "Half done" }) { client { id } }
      mine: revokeServiceToken(input: { serviceTokenId: "01900000-0000-7000-8000-000000000999" }) { userErrors { code } } }`;
    const answer = await post(running.url, token, { query });
    expect(answer.data).toBeNull();
    expect(answer.errors).toMatchObject([{ path: ['mine'], extensions: { code: 'FORBIDDEN' } }]);
    const { clients } = await running.data<{ clients: { totalCount: number } }>(
      '{ clients(search: "Half done") { totalCount } }',
    );
    expect(clients.totalCount).toBe(0);
  });

  test('are done by who may not do another one that the request skips', async () => {
    const query = `mutation ($name: String!, $moves: Boolean = false) {
      renameAgent(input: { agentId: "${HARBOR_RETELL_AGENT}", name: $name }) { agent { name } }
      assignAgent(input: { agentId: "${HARBOR_RETELL_AGENT}" }) @include(if: $moves) { agent { name } }
      ...Archive @skip(if: true)
    }
    fragment Archive on Mutation { archiveClient(input: { clientId: "${HARBOR}" }) { client { name } } }`;
    const name = 'Renamed by its client';
    expect(await running.data(query, { name }, 'portalUser')).toEqual({ renameAgent: { agent: { name } } });
    const refused = await running.ask('portalUser', query, { name: 'Never', moves: true });
    expect(refused.data).toBeNull();
    expect(refused.errors).toMatchObject([{ path: ['assignAgent'], extensions: { code: 'FORBIDDEN' } }]);
  });

  test.each([
    ['agencyMember', 200, null, 'FORBIDDEN', 'You may not do this.'],
    [null, 401, 'Bearer', 'UNAUTHENTICATED', 'Sign in: a valid bearer token is required.'],
  ] as const)(
    'tell %s of each that is refused, and where',
    async (persona, status, challenge, code, message) => {
      const query = `mutation { first: createClient(input: { name: "Half done" }) { client { id } } ...More }
      fragment More on Mutation { revokeServiceToken(input: { serviceTokenId: "none" }) { userErrors { code } } }`;
      const authorization =
        persona &&
        `Bearer ${await running.issuer.mint({ subject: `demo-${persona}`, audience: running.audience, expiresInSeconds: 60 })}`;
      const answer = await fetch(`${running.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
        body: JSON.stringify({ query }),
      });
      expect([answer.status, answer.headers.get('www-authenticate'), await answer.json()]).toEqual([
        status,
        challenge,
        {
          data: null,
          errors: [
            { message, locations: [{ line: 1, column: 12 }], path: ['first'], extensions: { code } },
            {
              message,
              locations: [{ line: 2, column: 35 }],
              path: ['revokeServiceToken'],
              extensions: { code },
            },
          ],
        },
      ]);
    },
  );
});

describe('a page of a portal user without permissions', () => {
  test.each([
    [['agents'], '{ viewer { role } agents { totalCount } }'],
    [['calls'], '{ viewer { role } calls { totalCount } }'],
    [
      ['clients', 'nodes', 0, 'agents'],
      '{ viewer { role } clients { nodes { name agents { totalCount } } } }',
    ],
  ])('has null at %j, with an error, and everything else', async (path, query) => {
    const { data, errors } = await running.ask('portalUserNoPermissions', query);
    expect(errors.map((error) => [error.path, error.extensions.code])).toEqual([[path, 'FORBIDDEN']]);
    expect(data).toMatchObject({ viewer: { role: 'PORTAL_USER' } });
  });

  test("has its calls where only the agent's own id is refused", async () => {
    const allow = (permissions: PortalPermission[]) =>
      running.app.database.write((tx) => tx.update(PersonRow, { name: 'Finn Harbor' }, { permissions }));
    await allow(['VIEW_CALLS']);
    const { data, errors } = await running.ask(
      'portalUserNoPermissions',
      '{ calls(first: 1) { nodes { status agent { provider providerAgentId } } } }',
    );
    await allow([]);
    expect(errors.map(({ path }) => path)).toEqual([['calls', 'nodes', 0, 'agent', 'providerAgentId']]);
    const agent = { provider: expect.any(String) as string, providerAgentId: null };
    expect(data).toEqual({ calls: { nodes: [{ status: expect.any(String) as string, agent }] } });
  });
});

describe('a portal user whose agent was assigned to another client', () => {
  test('still sees the calls that it had, and of the agent no more than its id', async () => {
    const START =
      'mutation ($input: StartTestCallInput!) { startTestCall(input: $input) { call { id } userErrors { code } } }';
    const ASSIGN =
      'mutation ($input: AssignAgentInput!) { assignAgent(input: $input) { userErrors { code } } }';
    await running.data(START, {
      input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123', idempotencyKey: 'assigned' },
    });
    await running.data(ASSIGN, { input: { agentId: HARBOR_RETELL_AGENT, clientId: MAPLE } });
    const calls =
      '{ calls(first: 1) { nodes { agent { id name providerAgentId fromNumber client { id } } } } }';
    const { data, errors } = await running.ask('portalUser', calls);
    await running.data(ASSIGN, { input: { agentId: HARBOR_RETELL_AGENT, clientId: HARBOR } });
    expect(errors).toEqual([]);
    const former = {
      id: HARBOR_RETELL_AGENT,
      name: 'Former agent',
      providerAgentId: null,
      fromNumber: null,
      client: { id: HARBOR },
    };
    expect(data).toEqual({ calls: { nodes: [{ agent: former }] } });
  });
});

describe('whoever has not signed in', () => {
  test('gets the same answer, whatever the reason', async () => {
    const { issuer, audience } = running;
    const mint = (claims: object) =>
      issuer.mint({ subject: 'demo-agencyAdmin', audience, expiresInSeconds: 60, ...claims });
    const bad = [
      null,
      'garbage',
      await mint({ expiresInSeconds: -60 }),
      await mint({ audience: 'other' }),
      await mint({ subject: 'nobody-known' }),
    ];
    const answers = await Promise.all(
      bad.map((token) => post(running.url, token, { query: '{ viewer { role } clients { totalCount } }' })),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.errors.map(({ extensions }) => extensions.code)).toContain('UNAUTHENTICATED');
    expect(answers[0]?.data).toBeNull();
  });
});

describe('a right that is taken away', () => {
  test('is gone on the very next request', async () => {
    const role = async () => (await running.ask('agencyMember', '{ viewer { role canManageApiKeys } }')).text;
    const change = (to: Partial<PersonRow>) =>
      running.app.database.write((tx) => tx.update(PersonRow, { name: 'Max Brightline' }, to));
    await change({ role: 'AGENCY_ADMIN' });
    expect(await role()).toContain('"canManageApiKeys":true');
    await change({ role: 'AGENCY_MEMBER' });
    expect(await role()).toContain('"canManageApiKeys":false');
    await running.app.database.write((tx) => tx.delete(PersonRow, { name: 'Max Brightline' }));
    expect(await role()).toContain('UNAUTHENTICATED');
  });
});
