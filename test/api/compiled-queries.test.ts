import { HARBOR, MAPLE, NEVER_GIVEN_OUT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import type { Persona } from '../../src/demo/seed';

let running: TestApp;
beforeAll(async () => (running = await startTestApp()));
afterAll(() => running.close());

const today = new Date().toISOString().slice(0, 10);
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
  ['a fragment that is left out where it is spread first', 'query ($no: Boolean = false) { viewer { ...A @include(if: $no) ...A } } fragment A on Viewer { role }', {}],
  ['a fragment that is left out below another one', 'query ($no: Boolean = false) { viewer { ... @include(if: $no) { ...A } ...B } } fragment A on Viewer { role } fragment B on Viewer { ...A }', {}],
  ['a time as a default', `query ($since: DateTime = "${today}T00:00:00.000Z") { auditEvents(filter: { since: $since }) { totalCount } }`, {}],
  ['a time in an input as a default', `query ($filter: AuditEventFilter = { since: "${today}T00:00:00.000Z" }) { auditEvents(filter: $filter) { totalCount } }`, {}],
  ['times as defaults that are computed with', 'query ($since: DateTime = "2026-07-01T00:00:00.000Z", $until: DateTime = "2026-07-20T00:00:00.000Z") { callSummary(since: $since, until: $until) { total } }', {}],
  ['clients below other fields', '{ agents { nodes { name client { name apiKeys { status } agents { totalCount } } } } }', {}],
];
const PERSONAS: Persona[] = ['agencyAdmin', 'agencyMember', 'portalUser', 'portalUserNoPermissions', 'otherAgencyAdmin'];

/** A name that is not compiled, so that graphql-js and the resolvers alone answer. */
const interpreted = (query: string) => query.replace(/\}$/, '__alone: __typename }');

// Of fields of lists that fail at once, either is told.
const told = ({ data, errors }: Awaited<ReturnType<TestApp['ask']>>) => ({ data, errors: errors.map(({ message, extensions: { code, field } }) => ({ message, code, field })) });

describe('what is compiled, and read ahead with clients, is what graphql-js and the resolvers answer:', () => {
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

test('what a document asks of clients is read no more than twice, however often it asks', async () => {
  const { dataSource } = running.app.database.read;
  const read = jest.spyOn(dataSource.logger, 'logQuery');
  const lists = Array.from({ length: 20 }, (_, index) => `r${index}: clients { __typename }`).join(' ');
  const agents = 'agents { __typename } apiKeys { provider } '.repeat(50);
  const { errors } = await running.ask('agencyAdmin', `{ ${lists} all: clients(first: 1) { nodes { ${agents} } } }`);
  expect(errors).toEqual([]);
  const statements = read.mock.calls.map(([sql]) => sql);
  read.mockRestore();
  const reads = (table: string) => statements.filter((sql) => new RegExp(`\\sFROM ${table}\\s`).test(sql)).length;
  // Once ahead for the list that is found first, and once for the one that asks, where it does not find its clients among those.
  for (const table of ['agents', 'api_keys']) expect([1, 2]).toContain(reads(table));
});

test('a fault of ours in a compiled query is masked, and tells which field failed', async () => {
  const calls = jest.spyOn(running.app.database.read, 'createQueryBuilder').mockImplementation(() => {
    throw new Error('the disk is on fire');
  });
  const { data, errors } = await running.ask('agencyAdmin', '{ callSummary { total } viewer { role } }');
  calls.mockRestore();
  expect(data).toEqual({ callSummary: null, viewer: { role: 'AGENCY_ADMIN' } });
  expect(errors).toEqual([
    { message: expect.stringMatching(/on our side/) as string, path: ['callSummary'], locations: [{ line: 1, column: 3 }], extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) as string } },
  ]);
});
