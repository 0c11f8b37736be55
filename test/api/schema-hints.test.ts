import { isScalarType, isSpecifiedScalarType, type GraphQLScalarType } from 'graphql';
import { EXAMPLES } from '../../src/api/rules/schema-hints';
import { buildBareSchema } from '../../src/api/schema';
import { MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';

let open: TestApp;
let closed: TestApp;
beforeAll(async () => {
  [open, closed] = await Promise.all([
    startTestApp({ PLAYGROUND: 'on' }),
    startTestApp({ PLAYGROUND: 'off' }),
  ]);
});
afterAll(() => Promise.all([open.close(), closed.close()]));

const messages = async (app: TestApp, query: string, variables?: object) =>
  (await app.ask('agencyAdmin', query, variables)).errors.map(({ message }) => message);

const UNFIT = 'The document does not fit the schema.';
const WRONG_VARIABLE = 'A variable does not have the type that the document declares for it.';

const CASES: readonly (readonly [what: string, query: string, hints: string[]])[] = [
  [
    'a field, by its type and near names',
    '{ viewer { nme } }',
    ['The type Viewer has no such field. Near names: name.'],
  ],
  ['a field that is near to none', '{ viewer { xxxxxxxxxxxx } }', ['The type Viewer has no such field.']],
  [
    'a value of an enum, by those that there are',
    '{ agents(provider: RETEL) { totalCount } }',
    ['A value of the type Provider is expected here. Its values: RETELL, VAPI, BLAND.'],
  ],
  [
    'an argument that there is not',
    '{ client(id: "x", name: "y") { id } }',
    ['Query.client has no such argument. Its arguments: id.'],
  ],
  [
    'an argument that is missing',
    '{ client { id } }',
    ['Query.client needs the argument `id` of the type ID!.'],
  ],
  ['fields that are missing', '{ viewer }', ['Query.viewer is of the type Viewer: say which of its fields.']],
  ['fields that there are not', '{ viewer { role { x } } }', ['Viewer.role has no fields of its own.']],
  [
    'a field of an input',
    'mutation { createClient(input: { nmae: "x", name: "y" }) { client { id } } }',
    ['The input CreateClientInput has no such field. Near names: name.'],
  ],
  [
    'a field of an input that is missing',
    'mutation { createClient(input: {}) { client { id } } }',
    ['The input CreateClientInput needs `name`.'],
  ],
  ['a type', '{ viewer { ... on Viewr { role } } }', ['There is no such type. Near names: Viewer.']],
  [
    'a field of the objects of a list, by where it is',
    '{ clients { name } }',
    ['The type ClientConnection has no such field. Ask for it within: `nodes`.'],
  ],
  [
    'a field of an edge, by where it is',
    '{ clients { edges { name } } }',
    ['The type ClientEdge has no such field. Near names: node. Ask for it within: `node`.'],
  ],
  [
    'a field of a payload, by where it is',
    'mutation { createClient(input: { name: "x" }) { name } }',
    ['The type CreateClientPayload has no such field. Ask for it within: `client`.'],
  ],
  [
    'a field of an interface, by the types that have it',
    '{ node(id: "x") { archivedAt } }',
    ['The type Node has no such field. Ask for it in: `... on Client`.'],
  ],
  [
    'a field that no type of an interface has',
    '{ node(id: "x") { xxxxxxxx } }',
    ['The type Node has no such field. Ask for a field of one type in `... on` that type.'],
  ],
  [
    'fields of a list that are missing',
    '{ clients }',
    ['Query.clients is of the type ClientConnection: say which of its fields.'],
  ],
  ['a directive', '{ viewer { role @live } }', ['There is no such directive. There are: @include, @skip.']],
  [
    'a directive in the wrong place',
    'query @skip(if: true) { viewer { role } }',
    ['A directive stands where it may not be used.'],
  ],
  [
    'a directive without its argument',
    '{ viewer { role @skip } }',
    ['A directive lacks an argument that it needs.'],
  ],
  [
    'an argument of a directive',
    '{ viewer { role @skip(if: true, x: 1) } }',
    ['A directive has no such argument.'],
  ],
  [
    'a directive twice',
    '{ viewer { role @skip(if: true) @skip(if: true) } }',
    ['A directive stands twice at the same place: leave one out.'],
  ],
  [
    'fields that conflict',
    '{ a: client(id: "1") { id } a: client(id: "2") { id } }',
    [
      'Two fields would have the same name in the answer, and differ in what they ask for: give one of them an alias.',
    ],
  ],
  [
    'fields below others that conflict',
    '{ viewer { name: role name } }',
    [
      'Two fields would have the same name in the answer, and differ in what they ask for: give one of them an alias.',
    ],
  ],
  [
    'a fragment',
    '{ viewer { ...X } }',
    ['A fragment is spread that the document does not define: send its definition along.'],
  ],
  [
    'a fragment that is not used',
    '{ viewer { role } } fragment X on Viewer { role }',
    ['A fragment is defined and never spread: spread it, or leave it out.'],
  ],
  [
    'a fragment in a circle',
    '{ viewer { ...X } } fragment X on Viewer { role ...X }',
    ['A fragment spreads itself, directly or by way of others.'],
  ],
  [
    'a fragment of another type',
    '{ viewer { ... on Client { id } } }',
    [
      'A fragment is for a type that can never be found here: put it where its type, or an interface of it, stands.',
    ],
  ],
  [
    'a named fragment of another type',
    '{ viewer { ...X } } fragment X on Client { id }',
    [
      'A fragment is for a type that can never be found here: put it where its type, or an interface of it, stands.',
    ],
  ],
  [
    'a fragment of no object',
    '{ viewer { ... on Provider { id } } }',
    [
      'A fragment is for a type that can never be found here: put it where its type, or an interface of it, stands.',
    ],
  ],
  [
    'a variable',
    '{ client(id: $id) { id } }',
    ['A variable is used that the operation does not declare: declare it with its type.'],
  ],
  [
    'a variable that is not used',
    'query ($id: ID) { viewer { role } }',
    ['The operation declares a variable that it does not use: use it, or leave it out.'],
  ],
  [
    'a variable of no input',
    'query ($id: Client) { client(id: $id) { id } }',
    ['A variable is declared with a type that is no input: name an input, an enum or a scalar.'],
  ],
  [
    'a name twice',
    'query ($a: ID!, $a: ID!) { client(id: $a, id: $a) { id } }',
    ['The same name is given twice: rename one, or leave it out.'],
  ],
  [
    'an operation without a name among others',
    '{ viewer { role } } query B { viewer { role } }',
    ['With several operations in a document, each needs a name, and `operationName` says which one runs.'],
  ],
  [
    'a definition of a type',
    'type A { b: Int } { viewer { role } }',
    ['A document consists of operations and fragments alone.'],
  ],
  ['a scalar', '{ clients(first: "ten") { totalCount } }', ['A value of the type Int is expected here.']],
  [
    'a scalar whose form its name does not tell',
    '{ calls(filter: { since: "2026-11-27" }) { totalCount } }',
    ['A value of the type DateTime is expected here, e.g. "2026-11-27T12:00:00Z".'],
  ],
  [
    'a variable of another type',
    'query ($a: String) { clients(first: $a) { totalCount } }',
    ['A value of the type Int is expected here.'],
  ],
];

test('every scalar of the API that is not built in has an example that it takes, but for keys', () => {
  const scalars = Object.values(buildBareSchema().getTypeMap()).filter(
    (type): type is GraphQLScalarType =>
      isScalarType(type) && !isSpecifiedScalarType(type) && type.name !== 'Secret',
  );
  expect(scalars.map(({ name }) => name).sort()).toEqual(Object.keys(EXAMPLES).sort());
  for (const scalar of scalars) expect(() => scalar.parseValue(EXAMPLES[scalar.name])).not.toThrow();
});

describe('a document that does not fit the schema', () => {
  test.each(CASES)('is answered with %s where introspection is allowed', async (_what, query, hints) => {
    const told = await messages(open, query);
    for (const hint of hints) expect(told).toContain(`${UNFIT} ${hint}`);
  });

  test.each(CASES)('is answered without %s where introspection is not allowed', async (_what, query) => {
    expect(new Set(await messages(closed, query))).toEqual(new Set([UNFIT]));
  });

  test('gets an answer that does not repeat its own names', async () => {
    const { text } = await open.ask(
      'agencyAdmin',
      '{ viewer { key_canary: nme ...key_canary } } query key_canary { a }',
    );
    expect(text).not.toContain('canary');
  });
});

const SET = (name: string) =>
  `mutation ($${name}: SetClientApiKeysInput!) { setClientApiKeys(input: $${name}) { userErrors { code } } }`;
const WRONG: readonly (readonly [
  what: string,
  query: string,
  variables: object,
  field: string[],
  hint: string,
])[] = [
  [
    'of an input, whatever the variable is called',
    SET('anything'),
    { anything: { clientId: MAPLE, keys: [{ provider: 'RETELLL', apiKey: 'key_canary' }] } },
    ['input', 'keys', '0', 'provider'],
    'A value of the type Provider is expected here. Its values: RETELL, VAPI, BLAND.',
  ],
  [
    'that is missing in an input',
    SET('input'),
    { input: { clientId: MAPLE, keys: [{ apiKey: 'key_canary' }] } },
    ['input', 'keys', '0', 'provider'],
    'The input ApiKeyInput needs `provider`.',
  ],
  [
    'that an input does not have',
    SET('input'),
    { input: { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey: 'key_canary', key_canary: 1 }] } },
    ['input', 'keys', '0'],
    'The input ApiKeyInput has no such field.',
  ],
  [
    'that is a scalar',
    'query ($size: Int) { clients(first: $size) { totalCount } }',
    { size: 'key_canary' },
    ['first'],
    'A value of the type Int is expected here.',
  ],
  [
    'that is a number where a decimal number is text',
    'mutation ($input: SetRateInput!) { setRate(input: $input) { userErrors { code } } }',
    { input: { keySource: 'AGENCY', pricePerMinute: 0.1, currency: 'USD' } },
    ['input', 'pricePerMinute'],
    'A value of the type Decimal is expected here, e.g. "0.0725".',
  ],
  [
    'that is not there at all',
    'query ($client: ID!) { client(id: $client) { id } }',
    {},
    ['id'],
    'A value of the type ID! is expected here.',
  ],
  [
    'that is null',
    'query ($client: ID!) { client(id: $client) { id } }',
    { client: null },
    ['id'],
    'A value of the type ID! is expected here.',
  ],
  [
    'in a list and an input of the document',
    'mutation ($p: Provider!) { clearClientApiKeys(input: { clientId: "x", providers: [BLAND, $p] }) { userErrors { code } } }',
    { p: 'key_canary' },
    ['input', 'providers', '1'],
    'A value of the type Provider is expected here. Its values: RETELL, VAPI, BLAND.',
  ],
  [
    'in a fragment',
    'query ($n: Int) { ...Clients } fragment Clients on Query { clients(first: $n) { totalCount } }',
    { n: {} },
    ['first'],
    'A value of the type Int is expected here.',
  ],
];

describe('a value of the variables that does not fit', () => {
  test.each(WRONG)('%s: is named by its field', async (_what, query, variables, field, hint) => {
    for (const [app, message] of [
      [open, `${WRONG_VARIABLE} ${hint}`],
      [closed, WRONG_VARIABLE],
    ] as const) {
      const { errors, text } = await app.ask('agencyAdmin', query, variables);
      expect(errors.map((error) => [error.message, error.extensions])).toEqual([
        [message, { code: 'BAD_USER_INPUT', field }],
      ]);
      expect(text).not.toContain('canary');
    }
  });

  test('is told apart from the others, in their order', async () => {
    const { errors } = await closed.ask('agencyAdmin', SET('x'), {
      x: { keys: [{ provider: 1, apiKey: 'key_canary' }, 2, { provider: 'BLAND' }], verify: 'no' },
    });
    expect(errors.map(({ extensions }) => (extensions.field as string[]).join('.'))).toEqual([
      'input.keys.0.provider',
      'input.keys.1',
      'input.keys.2.apiKey',
      'input.verify',
      'input.clientId',
    ]);
  });
});
