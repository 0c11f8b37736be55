import { isGatewayToken } from '../../src/gateway/gateway-token';
import { GatewayTokenRow } from '../../src/gateway/gateway-token.entity';
import { ARCHIVED_CLIENT, HARBOR, NEVER_GIVEN_OUT } from '../demo-ids';
import { post, startTestApp, type TestApp } from '../harness';
import {
  codes,
  CREATE_GATEWAY_TOKEN,
  GATEWAY_TOKEN,
  REVOKE_GATEWAY_TOKEN,
  SET_CLIENT,
  type UserErrors,
} from '../operations';

const LIST =
  'query ($clientId: ID) { gatewayTokens(clientId: $clientId) { nodes { id name prefix client { id } revokedAt } totalCount } }';
const EVENTS =
  '{ auditEvents(filter: { types: [GATEWAY_TOKEN_CREATED, GATEWAY_TOKEN_REVOKED] }, first: 2) { nodes { type name gatewayTokenId clientId } } }';

interface Created extends UserErrors {
  readonly token: string | null;
  readonly gatewayToken: { id: string; prefix: string; client: { id: string } | null } | null;
}

let running: TestApp;
beforeAll(async () => (running = await startTestApp()));
afterAll(() => running.close());

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
const create = async (input: object = {}): Promise<Created> =>
  (
    await running.data<{ createGatewayToken: Created }>(CREATE_GATEWAY_TOKEN, {
      input: { ...GATEWAY_TOKEN, expiresAt: inDays(30), ...input },
    })
  ).createGatewayToken;
const revoke = async (id: string | undefined, as?: 'otherAgencyAdmin') =>
  (
    await running.data<{ revokeGatewayToken: UserErrors }>(
      REVOKE_GATEWAY_TOKEN,
      { input: { gatewayTokenId: id } },
      as,
    )
  ).revokeGatewayToken;

describe('a gateway token', () => {
  test('is shown once, and is nowhere in the database, the log or another answer', async () => {
    const { token } = await create();
    expect(isGatewayToken(token ?? '')).toBe(true);
    const stored = JSON.stringify(await running.app.database.read.find(GatewayTokenRow));
    const listed = await running.ask('agencyAdmin', LIST);
    for (const text of [stored, listed.text, running.logs.join('')])
      expect(text).not.toContain(token?.slice(10));
    expect(listed.text).toContain(token?.slice(0, 10));
  });

  test('has what was asked for, each provider and each group once', async () => {
    const { gatewayToken } = await create({
      name: ' n8n ',
      clientId: HARBOR,
      providers: ['VAPI', 'RETELL', 'VAPI'],
      scopes: ['PLACE_CALLS', 'READ', 'READ'],
    });
    expect(gatewayToken).toMatchObject({
      name: 'n8n',
      client: { id: HARBOR },
      providers: ['RETELL', 'VAPI'],
      scopes: ['READ', 'PLACE_CALLS'],
      lastUsedAt: null,
      revokedAt: null,
    });
  });

  test('is good for nothing but the gateway', async () => {
    const { token } = await create();
    expect((await post(running.url, token, { query: '{ viewer { role } }' })).status).toBe(401);
  });

  test('is not stored as a key', async () => {
    const { token } = await create();
    const set = await running.data<{ setClientApiKeys: UserErrors }>(SET_CLIENT, {
      input: { clientId: HARBOR, keys: [{ provider: 'BLAND', apiKey: token }] },
    });
    expect(codes(set.setClientApiKeys)).toEqual(['INVALID_FORMAT input.keys.0.apiKey']);
  });

  test('is listed by client, and recorded in the audit trail', async () => {
    const { gatewayToken } = await create({ name: 'Scheduler', clientId: HARBOR });
    await revoke(gatewayToken?.id);
    const { gatewayTokens } = await running.data<{
      gatewayTokens: { nodes: { id: string; client: { id: string }; revokedAt: string }[] };
    }>(LIST, { clientId: HARBOR });
    expect(gatewayTokens.nodes.at(-1)).toMatchObject({
      id: gatewayToken?.id,
      client: { id: HARBOR },
      revokedAt: expect.any(String) as string,
    });
    expect(gatewayTokens.nodes.every(({ client }) => client.id === HARBOR)).toBe(true);
    const event = { name: 'Scheduler', gatewayTokenId: gatewayToken?.id, clientId: HARBOR };
    expect(await running.data(EVENTS)).toEqual({
      auditEvents: {
        nodes: [
          { type: 'GATEWAY_TOKEN_REVOKED', ...event },
          { type: 'GATEWAY_TOKEN_CREATED', ...event },
        ],
      },
    });
  });

  test('is revoked twice without harm, and not by another agency, for which it does not exist', async () => {
    const { gatewayToken } = await create();
    expect(codes(await revoke(gatewayToken?.id, 'otherAgencyAdmin'))).toEqual([
      'NOT_FOUND input.gatewayTokenId',
    ]);
    expect(codes(await revoke(gatewayToken?.id))).toEqual([]);
    expect(codes(await revoke(gatewayToken?.id))).toEqual([]);
    const { gatewayTokens } = await running.data<{ gatewayTokens: { totalCount: number } }>(
      LIST,
      {},
      'otherAgencyAdmin',
    );
    expect(gatewayTokens.totalCount).toBe(0);
  });

  test.each<[object, string]>([
    [{ name: ' ' }, 'REQUIRED input.name'],
    [{ providers: [] }, 'REQUIRED input.providers'],
    [{ scopes: [] }, 'REQUIRED input.scopes'],
    [{ expiresAt: inDays(0) }, 'INVALID_FORMAT input.expiresAt'],
    [{ expiresAt: inDays(366) }, 'INVALID_FORMAT input.expiresAt'],
    [{ clientId: NEVER_GIVEN_OUT }, 'NOT_FOUND input.clientId'],
    [{ clientId: ARCHIVED_CLIENT }, 'CLIENT_ARCHIVED input.clientId'],
  ])('is not created from %j', async (input, error) => {
    const { token, gatewayToken, ...rest } = await create(input);
    expect([token, gatewayToken, codes(rest)]).toEqual([null, null, [error]]);
  });
});
