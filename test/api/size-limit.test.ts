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

test.each([
  ['{ memberships { agencyId } }', 50],
  ['{ invitations { invitationId } }', 50],
  ['{ grantedAccess(personId: "none") { name } }', 100],
])('a list that is no connection weighs as much as it can be long: %s', (query, length) => {
  const schema = buildSchema(readFileSync(join(__dirname, '../../schema/schema.graphql'), 'utf8'));
  const document = parse(query);
  expect(validate(schema, document, [SizeLimitRule])).toEqual([]);
  expect(sizeOfOperation(document.definitions[0] as OperationDefinitionNode)).toBeCloseTo(length * 1.1);
});
