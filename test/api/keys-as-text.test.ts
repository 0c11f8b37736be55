import {
  getNamedType,
  getNullableType,
  GraphQLString,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLInputType,
} from 'graphql';
import { newServiceToken } from '../../src/people/service-token';
import { newGatewayToken } from '../../src/gateway/gateway-token';
import { HARBOR, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { mutations, runMutation } from '../mutations';
import { codes, SET_CLIENT, type UserErrors } from '../operations';

// The key of one provider is looked for in the fields of every other, too.
const KEY = '0a7b1a4a-3c1f-4b39-9d0e-0a1b2c3d4e5f';

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp();
  const input = { clientId: HARBOR, keys: [{ provider: 'VAPI', apiKey: KEY }] };
  expect(
    codes(
      (
        await running.data<{ set: UserErrors }>(
          SET_CLIENT.replace('setClientApiKeys', 'set: setClientApiKeys'),
          { input },
        )
      ).set,
    ),
  ).toEqual([]);
});
afterAll(() => running.close());

/** The least that a type accepts. */
function dummy(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return dummy(type.ofType);
  if (isListType(type)) return [];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type))
    return Object.fromEntries(
      Object.values(type.getFields()).flatMap((field) =>
        isNonNullType(field.type) ? [[field.name, dummy(field.type)]] : [],
      ),
    );
  const plain: Record<string, unknown> = {
    ...{ Boolean: true, Int: 1, Decimal: '1' },
    ...{ Date: '2030-01-01', DateTime: '2030-01-01T00:00:00.000Z' },
  };
  return plain[type.name] ?? 'anything';
}

const TEXTS = Object.values(mutations).flatMap(({ name, args }) => {
  const type = getNamedType(args[0]?.type);
  const fields = isInputObjectType(type) ? Object.values(type.getFields()) : [];
  return fields
    .filter((field) => getNamedType(field.type) === GraphQLString)
    .map((field) => {
      // One text stands for a list of it.
      const path = isListType(getNullableType(field.type)) ? `${field.name}.0` : field.name;
      return [name, field.name, type as GraphQLInputType, path] as const;
    });
});

test('a text is looked for in every mutation that takes one', () => {
  expect(TEXTS.map(([mutation, field]) => `${mutation}.${field}`)).toEqual(
    expect.arrayContaining([
      ...['createClient.name', 'renameClient.name', 'createAgent.name', 'createAgent.providerAgentId'],
      ...['renameAgent.name', 'startTestCall.idempotencyKey', 'inviteAgencyPerson.name'],
      ...['invitePortalUser.email', 'createServiceToken.name', 'refuseKeyHandIn.reason'],
    ]),
  );
});

const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
const JWT = `${part({ alg: 'ES256', typ: 'JWT' })}.${part({ sub: 'grace', iss: 'https://login.example' })}.c2lnbmF0dXJl`;

const SIGNING = ['whsec_', 'whsk_'].map((prefix) => prefix + Buffer.alloc(32, 7).toString('base64'));

const percent = (text: string) => text.replace(/./g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);

describe('a token for Latchkey itself', () => {
  test.each<[string, (token: string) => string]>([
    ['without its checksum', (token) => token.slice(0, -6)],
    ['over two lines', (token) => `${token.slice(0, 20)}\n${token.slice(20)}`],
    ['with escapes of Markdown', (token) => token.replaceAll('_', '\\_')],
    ['percent-encoded', percent],
  ])('is refused also %s, as is any other secret of which the form is known', async (_how, change) => {
    for (const secret of [newServiceToken(), newGatewayToken(), JWT, ...SIGNING]) {
      const url = `https://example.com/?x=${change(secret)}`;
      const payload = await runMutation(running, 'createOutgoingWebhook', { types: ['CALL_ENDED'], url });
      expect(codes(payload as unknown as UserErrors)).toEqual(['INVALID_FORMAT input.url']);
    }
  });

  test.each(TEXTS)('is refused by %s in `%s`, and not repeated', async (mutation, field, type, path) => {
    for (const token of [newServiceToken(), newGatewayToken()]) {
      const input = { ...(dummy(type) as object), [field]: `Token: ${token}.` };
      const payload = await runMutation(running, mutation, input);
      expect(codes(payload as unknown as UserErrors)).toEqual([`INVALID_FORMAT input.${path}`]);
      expect(JSON.stringify(payload)).not.toContain(token);
    }
  });

  test('is refused by a search', async () => {
    const search = newGatewayToken();
    const { errors, text } = await running.ask(
      'agencyAdmin',
      'query ($search: String) { clients(search: $search) { totalCount } }',
      { search },
    );
    expect(errors.map(({ extensions: { argument } }) => argument)).toEqual(['search']);
    expect(text).not.toContain(search);
  });
});

describe('a signed token or a secret of webhooks, whoever made it', () => {
  test.each(TEXTS)('is refused by %s in `%s`, and not repeated', async (mutation, field, type, path) => {
    for (const secret of [JWT, ...SIGNING])
      for (const text of [secret, `Token: ${secret}.`, `https://example.com/hook?token=${secret}`]) {
        const input = { ...(dummy(type) as object), [field]: text };
        const payload = await runMutation(running, mutation, input);
        expect(codes(payload as unknown as UserErrors)).toEqual([`INVALID_FORMAT input.${path}`]);
        expect(JSON.stringify(payload)).not.toContain(secret);
      }
  });

  test('is refused by a search', async () => {
    const search = 'query ($search: String) { clients(search: $search) { totalCount } }';
    const { errors, text } = await running.ask('agencyAdmin', search, { search: JWT });
    expect(errors.map(({ extensions: { argument } }) => argument)).toEqual(['search']);
    expect(text).not.toContain(JWT);
  });
});

describe('a key that is set in the agency', () => {
  test.each(TEXTS)('is refused by %s in `%s`, and not repeated', async (mutation, field, type, path) => {
    for (const text of [KEY, `Key of Harbor: ${KEY}.`, `(${KEY})`, `KEY=${KEY}`, `path/${KEY}-old`]) {
      const input = { ...(dummy(type) as object), [field]: text };
      const payload = await runMutation(running, mutation, input);
      expect(codes(payload as unknown as UserErrors)).toEqual([`INVALID_FORMAT input.${path}`]);
      expect(JSON.stringify(payload)).not.toContain(KEY);
    }
  });

  test('is refused with every field in which it stands, also written into the document', async () => {
    const { data } = await running.ask(
      'agencyAdmin',
      `mutation { createAgent(input: { name: "${KEY}", provider: VAPI, providerAgentId: "${KEY}" }) { agent { id } userErrors { code field } } }`,
    );
    const { createAgent } = data as { createAgent: UserErrors };
    expect(codes(createAgent)).toEqual(['INVALID_FORMAT input.name', 'INVALID_FORMAT input.providerAgentId']);
  });

  test('is refused by a search', async () => {
    const { errors, text } = await running.ask(
      'agencyAdmin',
      '{ clients(search: $s) { totalCount } }'.replace(/^/, 'query ($s: String) '),
      {
        s: KEY,
      },
    );
    expect(errors.map(({ extensions }) => extensions)).toEqual([
      { code: 'BAD_USER_INPUT', argument: 'search' },
    ]);
    expect(text).not.toContain(KEY);
  });

  test('is refused behind any number of short words, and within an address', async () => {
    for (const text of [`${'to be or not '.repeat(30)}${KEY}`, `https://example.com/hook?key=${KEY}&x=1`]) {
      const { data } = await running.ask(
        'agencyAdmin',
        'query ($s: String) { clients(search: $s) { totalCount } }',
        {
          s: text,
        },
      );
      expect(data).toBeNull();
    }
    const input = { types: ['ALERT_OPENED'], url: `https://example.com/hook?key=${KEY}` };
    const payload = await runMutation(running, 'createOutgoingWebhook', input);
    expect(codes(payload as unknown as UserErrors)).toEqual(['INVALID_FORMAT input.url']);
  });

  test('of another client, or of the agency, is unknown to a portal user, and that of its own is not', async () => {
    const ofMaple = 'key_of_maple_0a1b2c3d4e5f';
    const input = { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey: ofMaple }] };
    await running.data(SET_CLIENT, { input });
    const search = async (persona: 'portalUser' | 'agencyAdmin', text: string) => {
      const { errors } = await running.ask(
        persona,
        'query ($s: String) { clients(search: $s) { totalCount } }',
        { s: text },
      );
      return errors.map(({ extensions: { code } }) => code);
    };
    for (const key of [ofMaple, running.sandbox.retell.keys.valid])
      expect([await search('portalUser', key), await search('agencyAdmin', key)]).toEqual([
        [],
        ['BAD_USER_INPUT'],
      ]);
    expect(await search('portalUser', KEY)).toEqual(['BAD_USER_INPUT']);
  });

  test.each([
    ['of one word', 'word-0a1b2c', 3],
    [
      'of many parts, in no more of them than a query has',
      [1, 2, 3, 4].map((n) => [...'abcdefghijkl'].map((part) => `${part}${n}`).join('.')).join(' '),
      300,
    ],
  ])(
    'is looked for once in a request, however many fields ask, in a search %s',
    async (_what, search, prints) => {
      const read = jest.spyOn(running.app.database.read, 'rows');
      const fields = Array.from(
        { length: 30 },
        (_, index) => `f${index}: clients(first: 1, search: $s) { totalCount }`,
      );
      await running.ask('agencyAdmin', `query ($s: String) { ${fields.join(' ')} }`, { s: search });
      const lookedUp = read.mock.calls.filter(([sql]) => sql.includes('fingerprint IN'));
      read.mockRestore();
      // A word for each provider, beside the agency.
      expect(lookedUp.map(([, values]) => new Set(values).size - 1)).toEqual([prints]);
    },
  );

  test('in thousands of texts is looked for in bounded time, and no text is too many', async () => {
    const ids = Array.from({ length: 11_000 }, (_, index) => `agent_${index}_0a1b2c`);
    const { data, errors } = await running.ask(
      'agencyAdmin',
      'mutation ($input: ImportAgentsInput!) { importAgents(input: $input) { userErrors { code } } }',
      { input: { provider: 'RETELL', dryRun: true, providerAgentIds: ids } },
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({ importAgents: { userErrors: [{ code: 'TOO_LONG' }] } });
  });

  test('is unknown to another agency', async () => {
    const { data } = await running.ask(
      'otherAgencyAdmin',
      'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { name } userErrors { code } } }',
      { input: { name: KEY } },
    );
    expect(data).toEqual({ createClient: { client: { name: KEY }, userErrors: [] } });
  });
});

test.each([
  'Harbor Dental',
  'brightline2024',
  'whsec_ of Harbor',
  'Send the key and not the whsec_ secret of the webhooks of Maple',
  'lk_svc_Ab12 was replaced',
  `${KEY.slice(0, -1)}0`,
])('%s is a name as before', async (name) => {
  expect(codes((await runMutation(running, 'createClient', { name })) as unknown as UserErrors)).toEqual([]);
});
