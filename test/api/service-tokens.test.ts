import { isServiceToken, newServiceToken } from '../../src/people/service-token';
import { ServiceTokenRow } from '../../src/people/service-token.entity';
import { HARBOR } from '../demo-ids';
import { post, startTestApp, type Answer, type TestApp } from '../harness';
import { CLIENT_KEYS, codes, CREATE_KEY_LINK, SET_HAND_IN_POLICY, type UserErrors } from '../operations';

const CREATE = `mutation ($input: CreateServiceTokenInput!) { createServiceToken(input: $input) {
  token serviceToken { id name role prefix expiresAt lastUsedAt revokedAt } userErrors { code field } } }`;
const REVOKE = `mutation ($input: RevokeServiceTokenInput!) { revokeServiceToken(input: $input) { serviceToken { id revokedAt } userErrors { code field } } }`;
const REFUSALS =
  'query ($filter: AuditEventFilter) { auditEvents(filter: $filter) { nodes { actorKind serviceTokenId personId reason } } }';
const LIST = '{ serviceTokens { nodes { id name prefix lastUsedAt revokedAt } totalCount } }';

interface Created extends UserErrors {
  readonly token: string | null;
  readonly serviceToken: { id: string; prefix: string; expiresAt: string; lastUsedAt: string | null } | null;
}

let running: TestApp;
beforeAll(async () => (running = await startTestApp()));
afterAll(() => running.close());

const create = async (input: object): Promise<Created> =>
  (
    await running.data<{ createServiceToken: Created }>(CREATE, {
      input: { name: 'CRM', role: 'AGENCY_ADMIN', ...input },
    })
  ).createServiceToken;
const asks = (token: string, query: string, variables?: object): Promise<Answer> =>
  post(running.url, token, { query, variables });
const revoke = (id: string, as?: 'otherAgencyAdmin') =>
  running.data<{ revokeServiceToken: UserErrors }>(REVOKE, { input: { serviceTokenId: id } }, as);

async function newToken(
  role: 'AGENCY_ADMIN' | 'AGENCY_MEMBER' = 'AGENCY_ADMIN',
): Promise<{ token: string; id: string }> {
  const { token, serviceToken } = await create({ role });
  return { token: token ?? '', id: serviceToken?.id ?? '' };
}

describe('a service token', () => {
  test('is shown once, and is nowhere in the database, the log or another answer', async () => {
    const { token } = await newToken();
    expect(isServiceToken(token)).toBe(true);
    const stored = JSON.stringify(await running.app.database.read.find(ServiceTokenRow));
    const listed = await running.ask('agencyAdmin', LIST);
    for (const text of [stored, listed.text, running.logs.join('')])
      expect(text).not.toContain(token.slice(11));
    expect(listed.text).toContain(token.slice(0, 11));
  });

  test('with the admin role sees masks and chain', async () => {
    const { token } = await newToken();
    const { data, errors } = await asks(token, CLIENT_KEYS, { id: HARBOR });
    expect(errors).toEqual([]);
    expect(JSON.stringify(data)).toContain('••••••••');
  });

  test('with the member role sees clients and nothing of keys', async () => {
    const { token } = await newToken('AGENCY_MEMBER');
    expect((await asks(token, '{ viewer { role canManageApiKeys } clients { totalCount } }')).errors).toEqual(
      [],
    );
    expect((await asks(token, CLIENT_KEYS, { id: HARBOR })).errors[0]?.extensions.code).toBe('FORBIDDEN');
  });

  test('is refused on the very next request after it was revoked, also when it is revoked twice', async () => {
    const { token, id } = await newToken();
    expect((await asks(token, '{ viewer { role } }')).status).toBe(200);
    await revoke(id);
    expect((await asks(token, '{ viewer { role } }')).status).toBe(401);
    expect(codes((await revoke(id)).revokeServiceToken)).toEqual([]);
  });

  test('is refused after its expiry, with the same answer as any other that is not good', async () => {
    const { token, id } = await newToken();
    await running.app.database.write((tx) =>
      tx.update(ServiceTokenRow, { id }, { expiresAt: new Date(Date.now() - 1) }),
    );
    const expired = await asks(token, '{ viewer { role } }');
    const unknown = await asks(newServiceToken(), '{ viewer { role } }');
    const garbage = await asks('garbage', '{ viewer { role } }');
    expect([expired.status, expired.text]).toEqual([401, unknown.text]);
    expect(expired.text).toBe(garbage.text);
  });

  test('is refused for another agency than its own, like everyone, and that is recorded', async () => {
    const { token, id } = await newToken();
    const naming = (agency: string) =>
      post(running.url, token, { query: '{ viewer { role } }' }, { 'latchkey-agency': agency });
    expect((await naming('01900000-0000-7000-8000-000000000001')).status).toBe(200);
    for (const other of ['01900000-0000-7000-8000-000000000002', HARBOR, 'x'])
      expect((await naming(other)).status).toBe(401);
    const { auditEvents } = await running.data<{ auditEvents: { nodes: object[] } }>(REFUSALS, {
      filter: { types: ['SIGN_IN_REFUSED'], actorId: id },
    });
    expect(auditEvents.nodes).toEqual([
      { actorKind: 'SERVICE_TOKEN', serviceTokenId: id, personId: null, reason: 'OTHER_AGENCY' },
    ]);
  });

  test('notes its last use', async () => {
    const { token, id } = await newToken();
    await asks(token, '{ viewer { role } }');
    const { serviceTokens } = await running.data<{
      serviceTokens: { nodes: { id: string; lastUsedAt: string | null }[] };
    }>(LIST);
    expect(serviceTokens.nodes.find((node) => node.id === id)?.lastUsedAt).toEqual(expect.any(String));
  });

  test.each([
    ['create', CREATE],
    ['revoke', REVOKE],
    ['list', LIST],
  ])('cannot %s service tokens, whatever its role', async (_verb, query) => {
    const { token, id } = await newToken();
    const input = query === CREATE ? { name: 'x', role: 'AGENCY_MEMBER' } : { serviceTokenId: id };
    expect(
      (await asks(token, query, query === LIST ? undefined : { input })).errors[0]?.extensions.code,
    ).toBe('FORBIDDEN');
  });

  test.each([
    ['setHandInPolicy', SET_HAND_IN_POLICY, { clientId: HARBOR, acceptsValidHandIns: true }],
    ['createKeyLink', CREATE_KEY_LINK, { clientId: HARBOR, provider: 'BLAND' }],
  ])(
    'cannot use %s, whatever its role, so that no way to set a key outlives the token',
    async (field, query, input) => {
      const { token } = await newToken();
      const { errors } = await asks(token, query, { input });
      expect(errors.map(({ extensions, path }) => [extensions.code, path])).toEqual([['FORBIDDEN', [field]]]);
    },
  );

  test.each(['agencyMember', 'portalUser'] as const)('is not managed by %s', async (persona) => {
    expect((await running.ask(persona, LIST)).errors[0]?.extensions.code).toBe('FORBIDDEN');
    expect(
      (await running.ask(persona, CREATE, { input: { name: 'x', role: 'AGENCY_ADMIN' } })).errors[0]
        ?.extensions.code,
    ).toBe('FORBIDDEN');
  });

  test('of another agency does not exist: it is neither listed nor revoked', async () => {
    const { token, id } = await newToken();
    expect(codes((await revoke(id, 'otherAgencyAdmin')).revokeServiceToken)).toEqual([
      'NOT_FOUND input.serviceTokenId',
    ]);
    const { serviceTokens } = await running.data<{ serviceTokens: { totalCount: number } }>(
      LIST,
      {},
      'otherAgencyAdmin',
    );
    expect(serviceTokens.totalCount).toBe(0);
    expect((await asks(token, '{ viewer { role } }')).status).toBe(200);
  });

  test.each<[object, string]>([
    [{ name: ' ' }, 'REQUIRED input.name'],
    [{ name: 'x'.repeat(201) }, 'TOO_LONG input.name'],
    [{ expiresInDays: 0 }, 'INVALID_FORMAT input.expiresInDays'],
    [{ expiresInDays: 366 }, 'INVALID_FORMAT input.expiresInDays'],
  ])('is not created from %j', async (input, error) => {
    const { token, serviceToken, ...rest } = await create(input);
    expect([token, serviceToken, codes(rest)]).toEqual([null, null, [error]]);
  });

  test('expires after 90 days unless another time is asked for', async () => {
    const daysOf = async (input: object) =>
      Math.round((Date.parse((await create(input)).serviceToken?.expiresAt ?? '') - Date.now()) / 86_400_000);
    expect([await daysOf({}), await daysOf({ expiresInDays: 365 })]).toEqual([90, 365]);
  });
});

describe("a service token's form", () => {
  test('has a checksum by which text of its shape is told from a token', () => {
    const token = newServiceToken();
    expect(token).toMatch(/^lk_svc_[0-9A-Za-z]{36}$/);
    const other = token.endsWith('0') ? '1' : '0';
    expect([
      isServiceToken(token),
      isServiceToken(token.slice(0, -1) + other),
      isServiceToken(`${token} `),
    ]).toEqual([true, false, false]);
  });

  test('is different each time', () => {
    expect(new Set(Array.from({ length: 100 }, newServiceToken)).size).toBe(100);
  });
});
