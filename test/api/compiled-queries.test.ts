import { buildSchema } from 'graphql';
import type { Persona } from '../../src/demo/seed';
import { emittedFiles } from '../../src/emit-schema';
import { ARCHIVED_CLIENT, HARBOR, HARBOR_RETELL_AGENT, MAPLE, NEVER_GIVEN_OUT } from '../demo-ids';
import { generator } from '../fixtures/canaries';
import { randomDocument } from '../fixtures/random-documents';
import { managerOf } from '../database';
import { post, startTestApp, type TestApp } from '../harness';
import { compileQuery, countCompilations } from '../mocks/counted-compiler';

// The same in each run, so that a change that has nothing to do with it does not fail. By hand, with others:
// FUZZ_DOCUMENTS=20000 FUZZ_SEED=2. CI asks 300.
const DOCUMENTS = Number(process.env.FUZZ_DOCUMENTS ?? 60);
const SEED = Number(process.env.FUZZ_SEED ?? 1);

const REAL_TIMERS = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

let running: TestApp;
beforeAll(async () => {
  countCompilations();
  running = await startTestApp();
});
afterAll(() => {
  jest.restoreAllMocks();
  return running.close();
});

const today = new Date().toISOString().slice(0, 10);
const CLIENT = `name apiKeys { provider maskedKey status updatedAt } agents(first: 1) { nodes { name } totalCount pageInfo { hasNextPage endCursor } }`;

const QUERIES: [string, string, object][] = [
  ['a list', `{ clients { nodes { ${CLIENT} } } }`, {}],
  ['one client', `query One($id: ID!) { client(id: $id) { ${CLIENT} } }`, { id: HARBOR }],
  [
    'a client that is not there',
    `query One($id: ID!) { client(id: $id) { ${CLIENT} } }`,
    { id: NEVER_GIVEN_OUT },
  ],
  ['what can be no id', `query One($id: ID!) { client(id: $id) { ${CLIENT} } }`, { id: `${HARBOR}'` }],
  [
    'two clients at once',
    `{ harbor: client(id: "${HARBOR}") { ${CLIENT} } maple: client(id: "${MAPLE}") { ${CLIENT} } }`,
    {},
  ],
  [
    'pages of one field that differ',
    '{ clients { nodes { one: agents(first: 1) { nodes { name } } all: agents { nodes { name } } none: agents(after: "x") { nodes { name } } } } }',
    {},
  ],
  [
    'arguments by variables',
    'query ($first: Int, $most: Int = 1) { clients { nodes { agents(first: $first) { nodes { name } } most: agents(first: $most) { nodes { name } } } } }',
    { first: 2 },
  ],
  [
    'arguments that are too large',
    '{ clients { nodes { name agents(first: 1000) { nodes { name } } } } }',
    {},
  ],
  [
    'what is skipped and what is not',
    `query ($no: Boolean!) { clients { nodes { name apiKeys @skip(if: $no) { provider } ... @include(if: $no) { agents { totalCount } } } } }`,
    { no: true },
  ],
  [
    'fragments',
    `{ clients(first: 1) { nodes { ...Keys ... on Client { agents { nodes { keyResolution { source } } } } } } } fragment Keys on Client { apiKeys { maskedKey } }`,
    {},
  ],
  [
    'a fragment that is left out where it is spread first',
    'query ($no: Boolean!) { viewer { ...A @include(if: $no) ...A } } fragment A on Viewer { role }',
    { no: false },
  ],
  [
    'a fragment that is left out below another one',
    'query ($no: Boolean!) { viewer { ... @include(if: $no) { ...A } ...B } } fragment A on Viewer { role } fragment B on Viewer { ...A }',
    { no: false },
  ],
  [
    'a field that stands twice and is left out once',
    'query ($yes: Boolean!) { agents { ... on AgentConnection { pageInfo { endCursor } } ... { pageInfo @skip(if: $yes) { ...Next } } } } fragment Next on PageInfo { ... { hasNextPage } }',
    { yes: true },
  ],
  [
    'the order of a field that is left out where it stands first',
    'query ($no: Boolean!) { apiKeyUploadKey { jwk @include(if: $no) { kty } kid ... on ApiKeyUploadKey { jwk { crv } } } }',
    { no: false },
  ],
  [
    'a condition that is null',
    'query ($yes: Boolean = true) { viewer { name role @include(if: $yes) } }',
    { yes: null },
  ],
  ['an argument that is null', `query ($id: ID = "${HARBOR}") { client(id: $id) { name } }`, { id: null }],
  [
    'a list for an input',
    'query ($filter: AuditEventFilter) { auditEvents(filter: $filter) { totalCount } }',
    { filter: [] },
  ],
  [
    'a time as a default',
    `query ($since: DateTime = "${today}T00:00:00.000Z") { auditEvents(filter: { since: $since }) { totalCount } }`,
    {},
  ],
  [
    'a time in an input as a default',
    `query ($filter: AuditEventFilter = { since: "${today}T00:00:00.000Z" }) { auditEvents(filter: $filter) { totalCount } }`,
    {},
  ],
  [
    'times as defaults that are computed with',
    'query ($since: DateTime = "2026-07-01T00:00:00.000Z", $until: DateTime = "2026-07-20T00:00:00.000Z") { callSummary(since: $since, until: $until) { total } }',
    {},
  ],
  [
    'what few fields show of keys',
    '{ clients { nodes { apiKeys { __typename provider isSet maskedKey status version } } } }',
    {},
  ],
  [
    'more of keys under a condition',
    'query ($yes: Boolean!) { clients { nodes { few: apiKeys { provider } more: apiKeys @include(if: $yes) { region updatedAt lastVerifiedAt lastError { code } } } } }',
    { yes: true },
  ],
  [
    'what few fields show of agents',
    '{ clients { nodes { agents { nodes { __typename id name } edges { node { provider providerAgentId } } } } } }',
    {},
  ],
  [
    'more of agents in a fragment on an interface',
    '{ clients { nodes { agents { nodes { ... on Node { id ... on Agent { providerAgentKind fromNumber client { name } } } } } } } }',
    {},
  ],
  [
    'clients below other fields',
    '{ agents { nodes { name client { name apiKeys { status } agents { totalCount } } } } }',
    {},
  ],
];
const PERSONAS: Persona[] = [
  'agencyAdmin',
  'agencyMember',
  'portalUser',
  'portalUserNoPermissions',
  'otherAgencyAdmin',
];

// A name that is not compiled, so that graphql-js and the resolvers alone answer.
const interpreted = (query: string) => query.replace(/\}(?=\s+fragment |$)/, '__alone: __typename }');

// Of fields of lists that fail at once, either is told.
const told = ({ data, errors }: Awaited<ReturnType<TestApp['ask']>>) => ({
  data,
  errors: errors.map(({ message, extensions: { code, field } }) => ({ message, code, field })),
});

// A field that fails may take others along with it, of whose errors either tells some.
function agree(some: readonly object[], others: readonly object[]): boolean {
  const [few, many] = [some, others]
    .map((errors) => [...new Set(errors.map((error) => JSON.stringify(error)))])
    .sort((one, other) => one.length - other.length) as [string[], string[]];
  return few.every((error) => many.includes(error)) && (few.length > 0 || many.length === 0);
}

/** What both make of a document. */
async function bothWays(persona: Persona, query: string, variables: object) {
  const compiled = told(await running.ask(persona, query, variables));
  const alone = told(await running.ask(persona, interpreted(query), variables));
  const { __alone, ...data } = (alone.data ?? { __alone: 'Query' }) as Record<string, unknown>;
  // Otherwise both were compiled.
  expect(__alone).toBe('Query');
  return { compiled, interpreted: { data: alone.data ? data : alone.data, errors: alone.errors } };
}

describe('what is compiled, and read ahead with clients, is what graphql-js and the resolvers answer:', () => {
  test.each(QUERIES)('%s, whoever asks', async (_what, query, variables) => {
    for (const persona of PERSONAS) {
      const answers = await bothWays(persona, query, variables);
      expect([persona, answers.compiled]).toEqual([persona, answers.interpreted]);
      expect(JSON.stringify(answers.compiled.data)).toBe(JSON.stringify(answers.interpreted.data));
    }
  });
});

describe(`${DOCUMENTS} random documents (FUZZ_SEED=${SEED})`, () => {
  test(
    'are answered alike, compiled or not',
    async () => {
      const schema = buildSchema(emittedFiles()['schema/schema.graphql'] ?? '');
      const ids = [HARBOR, MAPLE, ARCHIVED_CLIENT, HARBOR_RETELL_AGENT, NEVER_GIVEN_OUT];
      const random = generator(SEED);
      compileQuery.mockClear();
      // Some fields tell the time.
      jest.useFakeTimers({ now: new Date(), doNotFake: [...REAL_TIMERS] });
      let answered = 0;
      for (let count = 0; count < DOCUMENTS; count += 1) {
        const { query, variables } = randomDocument(schema, ids, random);
        const persona = PERSONAS[count % PERSONAS.length] ?? 'agencyAdmin';
        const { compiled, interpreted: alone } = await bothWays(persona, query, variables);
        // One alias more is too many where a document has as many as it may.
        if (alone.errors.some(({ code }) => code === 'LIMIT_EXCEEDED')) continue;
        const errors = agree(compiled.errors, alone.errors) ? alone.errors : compiled.errors;
        expect({ persona, query, variables, data: compiled.data, errors }).toEqual({
          persona,
          query,
          variables,
          ...alone,
        });
        // In the order in which they are asked for, too.
        expect(JSON.stringify(compiled.data)).toBe(JSON.stringify(alone.data));
        if (compiled.data) answered += 1;
      }
      jest.useRealTimers();
      // Enough are compiled, and of enough there is something to compare.
      expect(compileQuery.mock.calls.length).toBeGreaterThan(DOCUMENTS / 5);
      expect(answered).toBeGreaterThan(DOCUMENTS / 5);
    },
    30_000 + DOCUMENTS * 100,
  );
});

test('what a document asks of clients is read no more than twice, however often it asks', async () => {
  const { dataSource } = managerOf(running.app.database.read);
  const read = jest.spyOn(dataSource.logger, 'logQuery');
  const lists = Array.from({ length: 20 }, (_, index) => `r${index}: clients { __typename }`).join(' ');
  const agents = 'agents { __typename } apiKeys { provider } '.repeat(50);
  const { errors } = await running.ask(
    'agencyAdmin',
    `{ ${lists} all: clients(first: 1) { nodes { ${agents} } } }`,
  );
  expect(errors).toEqual([]);
  const statements = read.mock.calls.map(([sql]) => sql);
  read.mockRestore();
  const reads = (table: string) =>
    statements.filter((sql) => new RegExp(`\\s(FROM|JOIN) ${table}\\s`).test(sql)).length;
  // Once ahead for the list that is found first, and once for the one that asks, where it does not find its
  // clients among those.
  for (const table of ['agents', 'api_keys']) expect([1, 2]).toContain(reads(table));
});

test('clients that are found without what belongs to them, since others have come meanwhile, lack nothing', async () => {
  const query = `{ clients(first: 3) { nodes { id ${CLIENT} } } }`;
  const expected = await running.data(query);
  const { read } = running.app.database;
  const rows = read.rows.bind(read);
  const readFewer = jest.spyOn(read, 'rows').mockImplementation((sql, values = []) => {
    const [agencyId, after, , ...others] = values;
    return rows(sql, sql.includes(') asked ') ? [agencyId, after, 1, ...others] : values);
  });
  expect(await running.data(query)).toEqual(expected);
  const together = readFewer.mock.calls.filter(([sql]) => sql.includes(') asked '));
  readFewer.mockRestore();
  // SQLite, which is in the process, reads what belongs to the clients when they are found.
  expect(together).toHaveLength(read.isRemote ? 2 : 0);
});

test('no more of a key or an agent is read than the document asks for', async () => {
  const read = jest.spyOn(managerOf(running.app.database.read).dataSource.logger, 'logQuery');
  const columns = async (table: string, fields: string) => {
    read.mockClear();
    await running.data(`{ clients { nodes { ${fields} } } }`);
    return read.mock.calls.map(([sql]) => sql).find((sql) => new RegExp(` (FROM|JOIN) ${table} `).test(sql));
  };
  const few = await columns('api_keys', 'apiKeys { provider isSet maskedKey status version __typename }');
  expect(few).not.toMatch(/updatedAt|error/);
  expect(await columns('api_keys', 'apiKeys { provider region }')).toMatch(/region.*updatedAt.*error/s);
  const fewOfAgents = await columns('agents', 'agents { nodes { id name provider providerAgentId } }');
  expect(fewOfAgents).not.toMatch(/providerAgentKind|fromNumber/);
  expect(await columns('agents', 'agents { edges { node { fromNumber } } }')).toMatch(
    /providerAgentKind.*fromNumber/,
  );
  read.mockRestore();
});

test.each([
  ['a condition', 'query ($v: Boolean = true) { viewer { name role @include(if: $v) } }', ['if']],
  ['a condition of the root', 'query ($v: Boolean = true) { viewer @skip(if: $v) { name } }', ['if']],
  [
    'a condition of a fragment',
    'query ($v: Boolean = true) { ...F @include(if: $v) } fragment F on Query { __typename }',
    ['if'],
  ],
  ['an argument', `query ($v: ID = "${HARBOR}") { client(id: $v) { name } }`, ['id']],
  [
    'a field of an input',
    `query ($v: AuditEventType = CLIENT_CREATED) { auditEvents(filter: { types: [$v] }) { totalCount } }`,
    ['filter', 'types', '0'],
  ],
])(
  '%s that a variable sets to null is answered with an error that the caller can put right',
  async (_what, query, field) => {
    const variables = { v: null };
    const { errors } = await running.ask('agencyAdmin', query, variables);
    expect(errors.map(({ message, extensions }) => ({ message, extensions }))).toEqual([
      {
        message: 'A variable is null where the schema does not allow it.',
        extensions: { code: 'BAD_USER_INPUT', field },
      },
    ]);
  },
);

test('a variable may be null where its own operation allows it, whatever another one of the document asks', async () => {
  const { url, tokens } = running;
  const query = `query A($v: ID!) { client(id: $v) { name } }
    query B($v: ID) { agents(clientId: $v, first: 1) { nodes { id } } }`;
  const { data } = await post(url, tokens.agencyAdmin, { query, operationName: 'B', variables: { v: null } });
  expect(data).toMatchObject({ agents: { nodes: [{}] } });
});

test.each([
  [
    'a field that is not included',
    `query ($v: ID = "${HARBOR}", $no: Boolean!) { viewer { role } client(id: $v) @include(if: $no) { id } }`,
  ],
  [
    'a field that a default leaves out',
    `query ($v: ID = "${HARBOR}", $off: Boolean = true) { viewer { role } client(id: $v) @skip(if: $off) { id } }`,
  ],
  [
    'a field within one that is not included',
    'query ($v: Boolean = true, $no: Boolean!) { viewer { role } agency @include(if: $no) { id @skip(if: $v) } }',
  ],
  [
    'a fragment that is not spread',
    `query ($v: ID = "${HARBOR}", $no: Boolean!) { viewer { role } ...F @include(if: $no) }
      fragment F on Query { client(id: $v) { id } }`,
  ],
  [
    'a second condition of what the first one leaves out',
    'query ($v: Boolean = true, $no: Boolean!) { viewer { role } agency @include(if: $v) @skip(if: true) { id } a: agency @include(if: $no) { id } }',
  ],
])('a variable may be null where it is used in nothing but %s', async (_what, query) => {
  expect(await running.data(query, { v: null, no: false })).toEqual({ viewer: { role: 'AGENCY_ADMIN' } });
});

test('a variable may not be null in a fragment of which one of two spreads is left out', async () => {
  const query = `query ($v: ID = "${HARBOR}", $no: Boolean!) { ...F @include(if: $no) ...F }
    fragment F on Query { client(id: $v) { id } }`;
  const { errors } = await running.ask('agencyAdmin', query, { v: null, no: false });
  expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_USER_INPUT', field: ['id'] }]);
});

test('a mutation is not done where a variable is null under it', async () => {
  const count = async () =>
    (await running.data<{ clients: { totalCount: number } }>('{ clients { totalCount } }')).clients
      .totalCount;
  const before = await count();
  const { errors } = await running.ask(
    'agencyAdmin',
    `mutation ($v: Boolean = true) { createClient(input: { name: "Never made" }) {
      client { id @include(if: $v) } userErrors { code } } }`,
    { v: null },
  );
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  expect(await count()).toBe(before);
});

test.each([
  ['agencyMember', '{ clients { nodes { apiKeys { provider } } } }'],
  ['agencyAdmin', '{ clients { nodes { apiKeys { provider } } } }'],
  [
    'agencyMember',
    'query ($no: Boolean = false) { clients { nodes { apiKeys @include(if: $no) { provider } } } }',
  ],
] as const)(
  'a query is run once, also where it asks for what its viewer may not have: %s asks %s',
  async (persona, query) => {
    const read = jest.spyOn(managerOf(running.app.database.read).dataSource.logger, 'logQuery');
    await running.ask(persona, query);
    const lists = read.mock.calls.filter(([sql]) => /^SELECT id, name.* FROM clients /.test(sql));
    read.mockRestore();
    expect(lists).toHaveLength(1);
  },
);

test('a document that cannot be compiled is run by graphql-js, and one log line says so without its content', async () => {
  compileQuery.mockImplementationOnce(() => {
    throw new Error('unexpected key_canary_compiler');
  });
  const compilations = compileQuery.mock.calls.length;
  for (let time = 0; time < 3; time += 1)
    expect((await running.ask('agencyAdmin', '{ viewer { __typename role name } }')).errors).toEqual([]);
  expect(compileQuery.mock.calls.length - compilations).toBe(1);
  expect(running.logs.filter((line) => line.includes('A query cannot be compiled'))).toHaveLength(1);
  expect(running.logs.filter((line) => line.includes('key_canary_compiler'))).toEqual([]);
});

test.each([
  [1, 'is answered, and the fault logged', { callSummary: { total: expect.any(Number) as number } }, []],
  [2, 'is told of, and both faults logged', { callSummary: null }, ['INTERNAL_SERVER_ERROR']],
])(
  'a compiled query in which something fails is run again by graphql-js: failing %i times, it %s',
  async (times, _what, data, codes) => {
    const calls = jest.spyOn(running.app.database.read, 'createQueryBuilder');
    for (let time = 0; time < times; time += 1) {
      calls.mockImplementationOnce(() => {
        throw new Error('the disk is on fire');
      });
    }
    const faults = () => running.logs.filter((line) => line.includes('the disk is on fire')).length;
    const before = faults();
    const answer = await running.ask('agencyAdmin', '{ callSummary { total } }');
    calls.mockRestore();
    expect([answer.data, answer.errors.map(({ extensions: { code } }) => code), faults() - before]).toEqual([
      data,
      codes,
      times,
    ]);
  },
);

test('a fault of ours in a compiled query is masked, and tells which field failed', async () => {
  const calls = jest.spyOn(running.app.database.read, 'createQueryBuilder').mockImplementation(() => {
    throw new Error('the disk is on fire');
  });
  const { data, errors } = await running.ask('agencyAdmin', '{ callSummary { total } viewer { role } }');
  calls.mockRestore();
  expect(data).toEqual({ callSummary: null, viewer: { role: 'AGENCY_ADMIN' } });
  expect(errors).toEqual([
    {
      message: expect.stringMatching(/on our side/) as string,
      path: ['callSummary'],
      locations: [{ line: 1, column: 3 }],
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) as string },
    },
  ]);
});
