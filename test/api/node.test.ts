import { seedHandIns } from '../../src/demo/hand-ins';
import { nodeSources } from '../../src/api/node.resolver';
import type { Services } from '../../src/api/services';
import type { RateRow } from '../../src/billing/rate.entity';
import { derivedId } from '../../src/graphql/node';
import { newId } from '../../src/platform/ids';
import {
  BRIGHTLINE,
  HARBOR,
  HARBOR_BLAND_AGENT,
  HARBOR_RETELL_AGENT,
  MAPLE,
  NEVER_GIVEN_OUT,
  OTHER_AGENCYS_CLIENT,
} from '../demo-ids';
import { post, startTestApp, type TestApp } from '../harness';
import { tokensOfViewers } from '../matrix/viewers';
import { CREATE_GATEWAY_TOKEN, CREATE_KEY_LINK, GATEWAY_TOKEN, START_CALL } from '../operations';
import { announceCalls, createWebhook } from '../fixtures/webhooks';
import { endedCall, storeCalls } from '../statements';

const TODAY = new Date().toISOString().slice(0, 10);

/**
 * Where else each type is shown. The first id in the answer to an agency admin is the one that is asked for.
 */
const SHOWN: Record<string, string> = {
  Viewer: 'viewer { id }',
  Agency: 'agency { id }',
  Client: `client(id: "${HARBOR}") { id }`,
  Agent: `agent(id: "${HARBOR_BLAND_AGENT}") { id } calls { nodes { agent { id } } } callAnalytics(from: "${TODAY}", to: "${TODAY}", interval: DAY, splitBy: [AGENT]) { buckets { agent { id } } }`,
  Call: 'calls { nodes { id } }',
  ApiKey: `client(id: "${HARBOR}") { apiKeys { id } }`,
  KeyHandIn: `keyHandIns(clientId: "${HARBOR}") { nodes { id } }`,
  KeyLink: 'keyLinks { nodes { id } }',
  Person: 'people { nodes { id } }',
  ServiceToken: 'serviceTokens { nodes { id } }',
  AuditEvent: 'auditEvents { nodes { id } }',
  Statement: `statement(clientId: "${HARBOR}", from: "2026-01-01", to: "2026-01-31") { id }`,
  Rate: `statement(clientId: "${HARBOR}", from: "2026-01-01", to: "2026-01-31") { lines { rate { id } } }`,
  GatewayToken: 'gatewayTokens { nodes { id } }',
  OutgoingWebhook: 'outgoingWebhooks { id }',
  Alert: 'alerts { nodes { id } }',
  WebhookEndpoint: `webhookEndpoints(clientId: "${HARBOR}") { id }`,
};

const ASSIGN_AGENT =
  'mutation ($input: AssignAgentInput!) { assignAgent(input: $input) { userErrors { code } } }';
const NODE = 'query ($id: ID!) { node(id: $id) { __typename id } }';

let running: TestApp;
let tokens: ReadonlyMap<string, string | null>;
let ids: ReadonlyMap<string, string>;

beforeAll(async () => {
  running = await startTestApp();
  const { database, vault, audit } = running.app;
  await seedHandIns(database, vault, audit, running.sandbox);
  tokens = await tokensOfViewers(running);
  await running.data(CREATE_KEY_LINK, { input: { clientId: HARBOR, provider: 'BLAND' } });
  await running.data(START_CALL, { input: { agentId: HARBOR_BLAND_AGENT, toNumber: '+14155550123' } });
  await storeCalls(running.app, [
    endedCall({ startedAt: new Date('2026-01-10T12:00:00Z'), rateId: await rate() }),
  ]);
  await running.data(CREATE_GATEWAY_TOKEN, {
    input: { ...GATEWAY_TOKEN, expiresAt: new Date(Date.now() + 60_000).toISOString() },
  });
  const { outgoingWebhook } = await createWebhook(running, 'http://127.0.0.1:1/');
  await announceCalls(running, 1);
  await running.app.upkeep.deliveries.work();
  SHOWN.WebhookDelivery = `webhookDeliveries(outgoingWebhookId: "${outgoingWebhook.id}") { nodes { id } }`;
  await running.app.upkeep.alertWorker.work(new Date(Date.now() + 60 * 60 * 1000));
  const shown = Object.entries(SHOWN).map(
    async ([type, field]) =>
      [type, firstId(JSON.stringify(await running.data<unknown>(`{ ${field} }`)))] as const,
  );
  ids = new Map(await Promise.all(shown));
});
afterAll(() => running.close());

/** The agency's default, valid since long ago. */
async function rate(): Promise<string> {
  const price = { priceMicros: 50_000, currency: 'USD', firstIncrementSeconds: 1, incrementSeconds: 1 };
  const row: RateRow = {
    ...{ id: newId(), agencyId: BRIGHTLINE, clientId: null, keySource: 'AGENCY', ...price },
    ...{ validFrom: new Date('2025-01-01T00:00:00Z'), createdAt: new Date() },
  };
  await running.app.database.write((tx) => tx.insertRow('rates', row));
  return row.id;
}

const firstId = (text: string) => /"id":"([^"]+)"/.exec(text)?.[1] ?? '';

async function textFor(token: string | null, query: string): Promise<string> {
  const { text } = await post(running.url, token, { query });
  return text;
}

describe('node', () => {
  test('is tried here with every type that is a Node', () => {
    expect([...ids.keys()].sort()).toEqual(Object.keys(nodeSources({} as Services)).sort());
  });

  test('finds every type for an agency admin in person, by ids that are all different', async () => {
    for (const [type, id] of ids)
      expect(await running.data<unknown>(NODE, { id })).toEqual({ node: { __typename: type, id } });
    expect(new Set(ids.values()).size).toBe(ids.size);
  });

  test('shows every kind of viewer what other fields show it, and all else like an id never given out', async () => {
    const seen = new Map<string, number>();
    for (const [viewer, token] of tokens) {
      const nodes = [...ids].map(([type, id]) => `${type}: node(id: "${id}") { __typename id }`);
      const { data, errors } = await post(running.url, token, { query: `{ ${nodes.join(' ')} }` });
      const expected: Record<string, unknown> = {};
      for (const [type, id] of ids) {
        const isShown = (await textFor(token, `{ ${SHOWN[type] ?? ''} }`)).includes(`"${id}"`);
        expected[type] = isShown ? { __typename: type, id } : null;
        seen.set(type, (seen.get(type) ?? 0) + Number(isShown));
      }
      const signedIn = !['nobody', 'expired', 'revoked-token', 'invited'].includes(viewer);
      expect([viewer, data, errors.map(({ extensions }) => extensions.code)]).toEqual(
        signedIn ? [viewer, expected, []] : [viewer, expect.anything(), nodes.map(() => 'UNAUTHENTICATED')],
      );
    }
    // Of each type there is a viewer that sees it and one that does not.
    for (const count of seen.values()) expect([count > 0, count < tokens.size]).toEqual([true, true]);
  });

  test('shows a portal user no rate that stands on no statement of its client', async () => {
    const [used, unused] = [ids.get('Rate') ?? '', await rate()];
    const seen = async (viewer: string, id: string) =>
      JSON.parse(
        await textFor(tokens.get(viewer) ?? null, `{ node(id: "${id}") { __typename } }`),
      ) as unknown;
    const found = { data: { node: { __typename: 'Rate' } } };
    const nothing = { data: { node: null } };
    expect([await seen('portal:MANAGE_BILLING', used), await seen('portal:MANAGE_BILLING', unused)]).toEqual([
      found,
      nothing,
    ]);
    expect([await seen('portal:other-client', used), await seen('other-agency-admin', used)]).toEqual([
      nothing,
      nothing,
    ]);
    expect(await seen('admin', unused)).toEqual(found);
  });

  test('shows whoever sees calls alone the agents of these, and of one that has left what its calls show', async () => {
    const agentOf = async (viewer: string, id: string) => {
      const query = `{ node(id: "${id}") { ... on Agent { id name provider client { id } } } }`;
      const { data } = await post(running.url, tokens.get(viewer) ?? null, { query });
      return (data as { node: unknown }).node;
    };
    for (const viewer of ['portal:VIEW_CALLS', 'portal:VIEW_ANALYTICS']) {
      expect(await agentOf(viewer, HARBOR_RETELL_AGENT)).toBeNull();
      expect(await agentOf(viewer, HARBOR_BLAND_AGENT)).toMatchObject({ client: { id: HARBOR } });
    }
    await running.data(ASSIGN_AGENT, { input: { agentId: HARBOR_BLAND_AGENT, clientId: MAPLE } });
    const { calls } = await running.data<{ calls: { nodes: { agent: object }[] } }>(
      '{ calls(first: 1) { nodes { agent { id name provider client { id } } } } }',
      {},
      'portalUser',
    );
    expect(await agentOf('portal:VIEW_CALLS', HARBOR_BLAND_AGENT)).toEqual(calls.nodes[0]?.agent);
    for (const viewer of ['portal:VIEW_AGENTS', 'portal:VIEW_ANALYTICS', 'portal:none'])
      expect(await agentOf(viewer, HARBOR_BLAND_AGENT)).toBeNull();
    await running.data(ASSIGN_AGENT, { input: { agentId: HARBOR_BLAND_AGENT, clientId: HARBOR } });
  });

  test('answers byte by byte the same for what is not there and for what may not be seen', async () => {
    const token = tokens.get('portal:none') ?? null;
    const answer = (id: string) => textFor(token, `{ node(id: "${id}") { id __typename } }`);
    const never = await answer(NEVER_GIVEN_OUT);
    for (const type of [
      'Agent',
      'Call',
      'ApiKey',
      'KeyHandIn',
      'KeyLink',
      'Person',
      'ServiceToken',
      'AuditEvent',
      'Statement',
      'WebhookEndpoint',
    ])
      expect(await answer(ids.get(type) ?? '')).toBe(never);
  });

  test('finds an endpoint by the id that it had before its address was rotated', async () => {
    const { rotateWebhookUrl } = await running.data<{ rotateWebhookUrl: { endpoint: { url: string } } }>(
      'mutation ($input: RotateWebhookUrlInput!) { rotateWebhookUrl(input: $input) { endpoint { id url } } }',
      { input: { clientId: HARBOR, provider: 'RETELL' } },
    );
    const query = 'query ($id: ID!) { node(id: $id) { ... on WebhookEndpoint { id url } } }';
    const found = await running.data<unknown>(query, { id: derivedId('WebhookEndpoint', HARBOR, 'RETELL') });
    expect(found).toEqual({ node: rotateWebhookUrl.endpoint });
  });

  test('holds the rules of the fields below it', async () => {
    const query = `{ node(id: "${HARBOR}") { ... on Client { name apiKeys { maskedKey } } } }`;
    const { data, errors } = await running.ask('portalUser', query);
    expect(data).toEqual({ node: { name: 'Harbor Dental', apiKeys: null } });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  });

  test.each([
    '',
    'x',
    `${HARBOR} `,
    derivedId('ApiKey', HARBOR, 'ACME'),
    derivedId('ApiKey', HARBOR),
    derivedId('ApiKey', HARBOR, 'RETELL', ''),
    `${derivedId('ApiKey', HARBOR, 'RETELL')}=`,
    derivedId('ApiKey', OTHER_AGENCYS_CLIENT, 'RETELL'),
    derivedId('ApiKey', NEVER_GIVEN_OUT, 'RETELL'),
    derivedId('WebhookEndpoint', HARBOR, 'ACME'),
    derivedId('WebhookEndpoint', HARBOR, 'RETELL', 'x'),
    derivedId('WebhookEndpoint', OTHER_AGENCYS_CLIENT, 'RETELL'),
    derivedId('Client', HARBOR),
    derivedId('Viewer', NEVER_GIVEN_OUT),
  ])('finds nothing by %j', async (id) => {
    expect(await running.data<unknown>(NODE, { id })).toEqual({ node: null });
  });

  test('weighs what is asked of each type below it', async () => {
    const lists =
      'agents(first: 100) { nodes { id client { agents(first: 100) { nodes { id client { agents(first: 20) { nodes { id } } } } } } } }';
    const query = `{ node(id: "${HARBOR}") { ... on Client { ${lists} } } }`;
    expect((await running.ask('agencyAdmin', query)).errors.map(({ extensions }) => extensions.code)).toEqual(
      ['LIMIT_EXCEEDED'],
    );
  });
});
