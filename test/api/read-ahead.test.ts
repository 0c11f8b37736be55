import { HARBOR, MAPLE, NEVER_GIVEN_OUT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import type { Persona } from '../../src/demo/seed';

let running: TestApp;
beforeAll(async () => (running = await startTestApp()));
afterAll(() => running.close());

const CLIENT = `name apiKeys { provider maskedKey status updatedAt } agents(first: 1) { nodes { name } totalCount pageInfo { hasNextPage endCursor } }`;

const QUERIES: [string, string, object][] = [
  ['a list', `{ clients { nodes { ${CLIENT} } } }`, {}],
  ['one client', `query One($id: ID!) { client(id: $id) { ${CLIENT} } }`, { id: HARBOR }],
  ['a client that is not there', `query One($id: ID!) { client(id: $id) { ${CLIENT} } }`, { id: NEVER_GIVEN_OUT }],
  ['what can be no id', `query One($id: ID!) { client(id: $id) { ${CLIENT} } }`, { id: `${HARBOR}'` }],
  ['two clients at once', `{ harbor: client(id: "${HARBOR}") { ${CLIENT} } maple: client(id: "${MAPLE}") { ${CLIENT} } }`, {}],
  ['pages of one field that differ', '{ clients { nodes { one: agents(first: 1) { nodes { name } } all: agents { nodes { name } } none: agents(after: "x") { nodes { name } } } } }', {}],
  ['arguments by variables', 'query ($first: Int, $most: Int = 1) { clients { nodes { agents(first: $first) { nodes { name } } most: agents(first: $most) { nodes { name } } } } }', { first: 2 }],
  ['arguments that are too large', '{ clients { nodes { name agents(first: 1000) { nodes { name } } } } }', {}],
  ['what is skipped and what is not', `query ($no: Boolean!) { clients { nodes { name apiKeys @skip(if: $no) { provider } ... @include(if: $no) { agents { totalCount } } } } }`, { no: true }],
  ['fragments', `{ clients(first: 1) { nodes { ...Keys ... on Client { agents { nodes { keyResolution { source } } } } } } } fragment Keys on Client { apiKeys { maskedKey } }`, {}],
  ['clients below other fields', '{ agents { nodes { name client { name apiKeys { status } agents { totalCount } } } } }', {}],
];
const PERSONAS: Persona[] = ['agencyAdmin', 'agencyMember', 'portalUser', 'portalUserNoPermissions', 'otherAgencyAdmin'];

/** A name that is not compiled, so that graphql-js and the resolvers alone answer. */
const interpreted = (query: string) => query.replace(/\}$/, '__alone: __typename }');

// Of fields of lists that fail at once, either is told.
const told = ({ data, errors }: Awaited<ReturnType<TestApp['ask']>>) => ({ data, errors: errors.map(({ message, extensions: { code, field } }) => ({ message, code, field })) });

describe('what is read ahead with clients is what their resolvers answer:', () => {
  test.each(QUERIES)('%s, whoever asks', async (_what, query, variables) => {
    for (const persona of PERSONAS) {
      const ahead = told(await running.ask(persona, query, variables));
      const [own, ...fragments] = query.split(/ (?=fragment )/) as [string, ...string[]];
      const alone = told(await running.ask(persona, [interpreted(own), ...fragments].join(' '), variables));
      const { __alone, ...data } = (alone.data ?? { __alone: 'Query' }) as Record<string, unknown>;
      expect(__alone).toBe('Query');
      expect([persona, ahead]).toEqual([persona, { data: alone.data ? data : alone.data, errors: alone.errors }]);
    }
  });
});
