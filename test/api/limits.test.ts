import { buildSchema, getIntrospectionQuery, parse, validate, type FieldNode } from 'graphql';
import { DocumentLimitsRule, MAX_ERRORS, MAX_USES } from '../../src/api/rules/document-limits';
import { HARBOR, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import {
  CLEAR_CLIENT,
  CLIENT_KEYS,
  SET_AGENCY,
  SET_CLIENT,
  VERIFY_CLIENT,
  type UserErrors,
} from '../operations';

let running: TestApp;
beforeAll(async () => (running = await startTestApp({ PLAYGROUND: 'on' })));
afterAll(() => running.close());

const repeat = (times: number, text: (n: number) => string) =>
  Array.from({ length: times }, (_, n) => text(n)).join(' ');
const deep = (depth: number) =>
  `{ __schema { types ${'{ ofType '.repeat(depth - 3)} { name } ${'}'.repeat(depth - 3)} } }`;
const fragments = (fields: number) =>
  `{ viewer { ...A ...A } } fragment A on Viewer { ${repeat(fields, () => 'role')} }`;
const mutations = (times: number) =>
  `mutation { ${repeat(times - 1, () => '__typename')} ...A } fragment A on Mutation { ... { __typename } }`;

describe('a document is answered at the limit and refused one beyond it:', () => {
  test.each<[string, (n: number) => string, number, RegExp]>([
    ['tokens', (n) => `{ ${repeat(n - 2, () => '__typename')} }`, 1_000, /more than 1000 tokens/],
    ['depth', deep, 15, /more than 15 fields deep/],
    [
      'depth, in a fragment of the name that tools make an exception for',
      (n) => `{ ...__schema } fragment __schema on Query ${deep(n)}`,
      15,
      /more than 15 fields deep/,
    ],
    ['fields', (n) => `{ ${repeat(n, () => '__typename')} }`, 400, /more than 400 fields/],
    [
      'fields of fragments that are used twice',
      (n) => fragments(Math.ceil((n - 1) / 2)),
      399,
      /more than 400 fields/,
    ],
    ['aliases', (n) => `{ ${repeat(n, (k) => `a${k}: __typename`)} }`, 30, /more than 30 aliases/],
    [
      'aliases of a fragment that is used three times',
      (n) =>
        `{ a: viewer { ...A } viewer { ...A ... { ...A } } } fragment A on Viewer { ${repeat(Math.ceil((n - 1) / 3), (k) => `a${k}: role`)} }`,
      28,
      /more than 30 aliases/,
    ],
    [
      'uses of a field at one place',
      (n) =>
        `{ ${repeat(n - 2, () => 'viewer { ...A }')} viewer { ... { role } } viewer { role } } fragment A on Viewer { role }`,
      50,
      /more than 50 times at one place/,
    ],
    ['directives of a field', (n) => `{ __typename ${'@aa '.repeat(n)} }`, 3, /More than 3 directives/],
    [
      'directives of an operation',
      (n) => `query ${'@aa '.repeat(n)} { __typename }`,
      3,
      /More than 3 directives/,
    ],
    [
      'directives of a fragment',
      (n) => `{ ... ${'@aa '.repeat(n)} { __typename } }`,
      3,
      /More than 3 directives/,
    ],
    ['mutations', mutations, 10, /more than 10 mutations/],
  ])('%s', async (_what, document, limit, message) => {
    const within = await running.ask('agencyAdmin', document(limit));
    expect(within.errors.filter((error) => message.test(error.message))).toEqual([]);
    const beyond = await running.ask('agencyAdmin', document(limit + 1));
    expect([beyond.status, beyond.data]).toEqual([400, undefined]);
    expect(beyond.errors[0]).toMatchObject({
      message: expect.stringMatching(message) as string,
      extensions: { code: 'LIMIT_EXCEEDED' },
    });
  });

  test('a document beyond the limit gets one error', async () => {
    const { status, errors } = await running.ask(null, `{ ${repeat(60, () => 'viewer { nothing }')} }`);
    expect([status, errors.length]).toEqual([400, 1]);
  });

  test('no other rule looks at the fields of a document beyond the limit', () => {
    const seen: string[] = [];
    const LaterRule = () => ({ Field: ({ name }: FieldNode) => void seen.push(name.value) });
    const validated = (times: number) => {
      const document = parse(`{ ${repeat(times, () => 'role')} }`);
      validate(buildSchema('type Query { role: String }'), document, [LaterRule, DocumentLimitsRule], {
        maxErrors: MAX_ERRORS,
      });
      return seen.splice(0).length;
    };
    expect([validated(MAX_USES), validated(MAX_USES + 1)]).toEqual([MAX_USES, 0]);
  });

  test.each([
    ['that lead to no fragment', ''],
    ['that lead to each other', 'fragment F60 on Query { ...F0 ...F0 }'],
    [
      'that lead to each other through an inline fragment',
      'fragment F60 on Query { ... on Query { ...F0 } }',
    ],
  ])('fragments that double each other sixty times, %s, are refused at once', async (_what, last) => {
    const doubling = repeat(60, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`);
    const { status, errors } = await running.ask(null, `{ ...F0 } ${doubling} ${last}`);
    expect([status, errors[0]?.extensions.code]).toEqual([400, 'LIMIT_EXCEEDED']);
  });

  test('what tools ask of the schema is well within the limits', async () => {
    const query = getIntrospectionQuery({
      inputValueDeprecation: true,
      oneOf: true,
      schemaDescription: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
    });
    expect((await running.ask('agencyAdmin', query)).errors).toEqual([]);
  });

  test('nothing of a mutation beyond the limit runs', async () => {
    const create = (n: number) => `a${n}: createClient(input: { name: "Beyond ${n}" }) { client { id } }`;
    expect(
      (await running.ask('agencyAdmin', `mutation { ${repeat(11, create)} }`)).errors[0]?.extensions.code,
    ).toBe('LIMIT_EXCEEDED');
    expect(await running.data('{ clients(search: "Beyond") { totalCount } }')).toEqual({
      clients: { totalCount: 0 },
    });
  });
});

describe('a list of input that is longer than there are things to name', () => {
  const many = <T>(item: T, times = 3_000) => Array.from({ length: times }, () => item);
  const key = { provider: 'RETELL', apiKey: 'key_of_thousands_0123' };
  const GIVE =
    'mutation ($input: SetClientPortalPermissionsInput!) { setClientPortalPermissions(input: $input) { userErrors { code field } } }';
  const INVITE =
    'mutation ($input: InvitePortalUserInput!) { invitePortalUser(input: $input) { userErrors { code field } } }';
  const person = { clientId: HARBOR, name: 'Ida', email: 'ida@harbor.example' };

  test.each<[string, string, object, string[]]>([
    ['keys of a client', SET_CLIENT, { clientId: MAPLE, keys: many(key) }, ['input', 'keys']],
    [
      'keys of a client, one too many',
      SET_CLIENT,
      { clientId: MAPLE, keys: many(key, 4) },
      ['input', 'keys'],
    ],
    ['keys of the agency', SET_AGENCY, { keys: many(key) }, ['input', 'keys']],
    [
      'providers to clear',
      CLEAR_CLIENT,
      { clientId: HARBOR, providers: many('RETELL', 20_000) },
      ['input', 'providers'],
    ],
    [
      'providers to verify',
      VERIFY_CLIENT,
      { clientId: HARBOR, providers: many('RETELL', 4) },
      ['input', 'providers'],
    ],
    [
      'permissions of a client',
      GIVE,
      { clientId: HARBOR, permissions: many('EDIT_AGENTS') },
      ['input', 'permissions'],
    ],
    [
      'permissions of a person, one too many',
      INVITE,
      { ...person, permissions: many('VIEW_AGENTS', 9) },
      ['input', 'permissions'],
    ],
  ])('is refused as a whole, with one error: %s', async (_what, query, input, field) => {
    const [payload] = Object.values(await running.data<Record<string, UserErrors>>(query, { input }));
    expect(payload?.userErrors).toMatchObject([{ code: 'TOO_LONG', field }]);
  });

  test('is refused under ten aliases as well, and nothing of it is done', async () => {
    const before = await running.data(CLIENT_KEYS, { id: HARBOR });
    const clear = (n: number) =>
      `a${n}: clearClientApiKeys(input: { clientId: "${HARBOR}", providers: $providers }) { userErrors { code } }`;
    const { text } = await running.ask(
      'agencyAdmin',
      `mutation ($providers: [Provider!]!) { ${repeat(10, clear)} }`,
      { providers: many('RETELL', 20_000) },
    );
    expect(text.length).toBeLessThan(1_000);
    expect(await running.data(CLIENT_KEYS, { id: HARBOR })).toEqual(before);
  });
});

describe('a text that is as long as a request may be', () => {
  const LENGTH = 240_000;
  const TEXTS = ['a', ' a', 'a:', 'é', '%25', 'eyJ.', '\\'].map((text) =>
    text.repeat(LENGTH / Buffer.byteLength(text)),
  );
  const seconds = async (...asked: Parameters<TestApp['ask']>) => {
    const begin = performance.now();
    await running.ask(...asked);
    return (performance.now() - begin) / 1000;
  };

  test('is refused within a second, under however many aliases somebody searches for it', async () => {
    const searches = repeat(30, (n) => `a${n}: clients(search: $text) { totalCount }`);
    for (const text of TEXTS)
      expect(
        await seconds('portalUserNoPermissions', `query ($text: String!) { ${searches} }`, { text }),
      ).toBeLessThan(1);
  });

  test('is refused within a second as the name that ten mutations give', async () => {
    const renamed = repeat(
      10,
      (n) => `a${n}: renameAgent(input: { agentId: "none", name: $text }) { userErrors { code } }`,
    );
    for (const text of TEXTS)
      expect(await seconds('portalUser', `mutation ($text: String!) { ${renamed} }`, { text })).toBeLessThan(
        1,
      );
  });

  test('is refused within a second as the keys that ten mutations set', async () => {
    const keys = ['RETELL', 'VAPI', 'BLAND'].map((provider) => `{ provider: ${provider}, apiKey: $key }`);
    const set = repeat(
      10,
      (n) =>
        `a${n}: setClientApiKeys(input: { clientId: "${HARBOR}", keys: [${keys.join()}] }) { userErrors { code } }`,
    );
    for (const key of TEXTS)
      expect(await seconds('agencyAdmin', `mutation ($key: Secret!) { ${set} }`, { key })).toBeLessThan(1);
  });

  test.each([
    ['an id of an agent', 'RETELL', (text: string) => ({ providerAgentId: text })],
    ['an id of a phone number', 'VAPI', (text: string) => ({ providerAgentId: 'none', fromNumber: text })],
  ])('is refused within a second as %s, also where it is white space within', async (_what, provider, as) => {
    const text = `a${' '.repeat(LENGTH)}a`;
    const query =
      'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { userErrors { code } } }';
    const input = { name: 'Long', provider, ...as(text) };
    expect(await seconds('agencyAdmin', query, { input })).toBeLessThan(1);
  });
});
