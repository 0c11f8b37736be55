import { buildSchema, parse, validate, type OperationDefinitionNode } from 'graphql';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sizeOfOperation, SizeLimitRule } from '../../src/api/rules/size-limit';
import { startTestApp, type TestApp } from '../harness';

let running: TestApp;
beforeAll(async () => (running = await startTestApp()));
afterAll(() => running.close());

const ask = (query: string, variables?: object) => running.ask('portalUser', query, variables);
const agentsOf = (first: string, inner: string) =>
  `agents(first: ${first}) { nodes { name client { ${inner} } } }`;

describe('an operation', () => {
  test.each([
    [
      'two full lists within each other',
      `{ clients(first: 100) { nodes { name ${agentsOf('100', 'name')} } } }`,
    ],
    [
      'three short lists within each other',
      `{ clients(first: 10) { nodes { ${agentsOf('20', agentsOf('20', 'name'))} } } }`,
    ],
    [
      'the lists of the default length',
      '{ clients { nodes { name agents { nodes { name } } } } calls { nodes { id agent { name } } } }',
    ],
  ])('may ask for %s', async (_what, query) => {
    expect((await ask(query)).errors).toEqual([]);
  });

  const three = agentsOf('100', agentsOf('100', 'name'));
  test.each<[string, string, object]>([
    ['three full lists within each other', `{ clients(first: 100) { nodes { ${three} } } }`, {}],
    ['the same by `edges`', `{ clients(first: 100) { edges { node { ${three} } } } }`, {}],
    [
      'the same by variables',
      `query ($n: Int) { clients(first: $n) { nodes { ${three.replaceAll('100', '$n')} } } }`,
      { n: 100 },
    ],
    [
      'the same in fragments',
      `query { clients(first: 100) { nodes { ...A } } } fragment A on Client { ... on Client { ${three} } }`,
      {},
    ],
    [
      'the same twenty times under other names',
      `{ ${Array.from({ length: 20 }, (_, n) => `a${n}: clients(first: 100) { nodes { agents(first: 100) { nodes { id } } } }`).join(' ')} }`,
      {},
    ],
    [
      'the same beside a list of less than nothing',
      `{ d: client(id: "none") { agents(first: -2000000000) { nodes { id } } } clients(first: 100) { nodes { ${three} } } }`,
      {},
    ],
    [
      'the same beside a list that is skipped',
      `{ d: clients(first: -2000000000) @skip(if: true) { nodes { id } } clients(first: 100) { nodes { ${three} } } }`,
      {},
    ],
    [
      'many values of many objects',
      `{ agents(first: 100) { nodes { client { agents(first: 100) { nodes { ${'id name provider '.repeat(40)} } } } } } }`,
      {},
    ],
    [
      'the database to count everything twenty times',
      `{ ${Array.from({ length: 20 }, (_, n) => `a${n}: callSummary { total }`).join(' ')} }`,
      {},
    ],
  ])('may not ask for %s', async (_what, query, variables) => {
    const { status, errors, data } = await ask(query, variables);
    expect([status, data, errors.length, errors[0]?.extensions.code]).toEqual([
      400,
      undefined,
      1,
      'LIMIT_EXCEEDED',
    ]);
    expect(errors[0]?.message).toMatch(/more than 100000 objects/);
  });

  test('is measured in no time, also when its fragments double sixty times', async () => {
    const fragments = Array.from(
      { length: 60 },
      (_, n) => `fragment F${n} on Viewer { ${n === 59 ? 'agency { id }' : `...F${n + 1} ...F${n + 1}`} }`,
    );
    const started = Date.now();
    expect((await ask(`{ viewer { ...F0 } } ${fragments.join(' ')}`)).status).toBe(400);
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  test('whose fragments contain themselves is refused', async () => {
    expect(
      (await ask('{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }')).status,
    ).toBe(400);
  });
});

const schema = buildSchema(readFileSync(join(__dirname, '../../schema/schema.graphql'), 'utf8'));
function sizeOf(query: string): number {
  const document = parse(query);
  expect(validate(schema, document, [SizeLimitRule])).toEqual([]);
  return sizeOfOperation(document.definitions[0] as OperationDefinitionNode);
}

test.each([
  ['{ memberships { agencyId } }', 55],
  ['{ invitations { invitationId } }', 55],
  ['{ grantedAccess(personId: "none") { name } }', 110],
  ['{ statements(first: 100) { nodes { lines { calls } } } }', 100 * (2 + 110)],
])('a list that is no connection weighs as much as it can be long: %s', (query, size) => {
  expect(sizeOf(query)).toBeCloseTo(size);
});

test.each([
  [
    'all calls of a period',
    '{ statement(clientId: "", from: "2026-01-01", to: "2026-01-31") { number } }',
    5_000,
  ],
  ['the same for any object by its id', '{ node(id: "") { id ... on Statement { number } } }', 5_000],
  [
    'the same in several fragments, which are answered at once',
    '{ node(id: "") { ...A ...B } } fragment A on Statement { number } fragment B on Node { ...A ... on Statement { from } }',
    5_000,
  ],
  [
    'the trail of the agency',
    '{ agent(id: "") { keyResolutionAt(at: "2026-01-01T00:00:00Z") { source } } }',
    500,
  ],
  [
    'the same as often as it is asked for',
    `{ agent(id: "") { ${Array.from({ length: 30 }, (_, n) => `a${n}: keyResolutionAt(at: "2026-01-01T00:00:0${n % 10}Z") { source }`).join(' ')} } }`,
    15_000,
  ],
])('a field for which the database looks at %s weighs more than it shows', (_what, query, least) => {
  const size = sizeOf(query);
  expect(size).toBeGreaterThan(least);
  expect(size).toBeLessThan(1.1 * least);
});

test.each([
  ['{ node(id: "") { __typename id ... on Client { name } } }'],
  ['{ client(id: "") { ... on Node { id } } }'],
])('an object weighs no more because statements are found by their ids too: %s', (query) => {
  expect(sizeOf(query)).toBeLessThan(20);
});

test('the longest page of agents may tell which key each of them used at a time', () => {
  const query =
    '{ agents(first: 100) { nodes { id keyResolutionAt(at: "2026-01-01T00:00:00Z") { source } } } }';
  expect(sizeOf(query)).toBeGreaterThan(50_000);
});
