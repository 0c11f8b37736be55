import { buildSchema, getNamedType } from 'graphql';
import type { Logger } from 'typeorm';
import { AgentRow } from '../../src/agents/agent.entity';
import { ClientRow } from '../../src/clients/client.entity';
import { emittedFiles } from '../../src/emit-schema';
import { cursorOf } from '../../src/graphql/page';
import { newId } from '../../src/platform/ids';
import { HARBOR } from '../demo-ids';
import { managerOf } from '../database';
import { startTestApp, type TestApp } from '../harness';

interface Connection {
  readonly nodes: readonly { id: string; name: string }[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
  readonly totalCount: number;
}

const CLIENTS = `query ($first: Int, $after: String, $search: String) { clients(first: $first, after: $after, search: $search) {
  nodes { id name } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`;

const root = buildSchema(emittedFiles()['schema/schema.graphql'] ?? '').getQueryType();
/** Every list, behind a cursor, with the type of what it lists. */
const LISTS = [
  ...Object.values(root?.getFields() ?? {}).flatMap(({ name, type }) => {
    const [, listed] = /^(\w+)Connection$/.exec(getNamedType(type).name) ?? [];
    const narrowed = name === 'webhookDeliveries' ? `, outgoingWebhookId: "${HARBOR}"` : '';
    const list = (after: string) => `{ ${name}(after: "${after}"${narrowed}) { pageInfo { endCursor } } }`;
    return listed === undefined ? [] : [[name, listed, list] as const];
  }),
  [
    'agents of clients',
    'Agent',
    (after: string) => `{ client(id: "${HARBOR}") { agents(after: "${after}") { pageInfo { endCursor } } } }`,
  ] as const,
];

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp();
  const agencyId = (await running.app.database.read.findOneByOrFail(ClientRow, { id: HARBOR })).agencyId;
  const createdAt = new Date();
  const clients = Array.from({ length: 120 }, (_, index) => ({
    id: newId(),
    agencyId,
    name: `Page ${index}`,
    archivedAt: null,
    portalPermissions: [],
    acceptsValidHandIns: false,
    createdAt,
  }));
  const agents = clients.flatMap(({ id: clientId }) =>
    Array.from({ length: 3 }, (_, index) => ({
      id: newId(),
      agencyId,
      clientId,
      name: `Agent ${index}`,
      provider: 'RETELL' as const,
      providerAgentId: `agent_${index}`,
      fromNumber: null,
      createdAt,
    })),
  );
  await running.app.database.write(async (tx) => {
    await tx.insert(ClientRow, {
      id: newId(),
      agencyId,
      name: 'Ärzte am Hafen',
      archivedAt: null,
      portalPermissions: [],
      acceptsValidHandIns: false,
      createdAt,
    });
    await tx.insert(ClientRow, clients);
    await tx.insert(AgentRow, agents);
  });
});
afterAll(() => running.close());

const clients = async (variables: object): Promise<Connection> =>
  (await running.data<{ clients: Connection }>(CLIENTS, variables)).clients;

/** The statements that a request makes the database run. */
async function statementsOf(query: string, variables: object = {}): Promise<string[]> {
  const { dataSource } = managerOf(running.app.database.read);
  const statements: string[] = [];
  const { logger } = dataSource;
  const nothing = () => undefined;
  const counting: Logger = {
    logQuery: (statement) => void statements.push(statement),
    logQueryError: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: nothing,
    log: nothing,
  };
  dataSource.logger = counting;
  try {
    await running.data(query, variables);
  } finally {
    dataSource.logger = logger;
  }
  return statements;
}

describe('a list', () => {
  test('has 50 entries unless another number is asked for', async () => {
    expect((await clients({})).nodes).toHaveLength(50);
    expect((await clients({ first: 100 })).nodes).toHaveLength(100);
    expect((await clients({ first: 1 })).nodes).toHaveLength(1);
  });

  test.each([0, -1, 101, 2_147_483_647])('refuses %i entries, by name of the argument', async (first) => {
    const { errors } = await running.ask('agencyAdmin', CLIENTS, { first });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'first' } }]);
  });

  test.each([
    '',
    'garbage',
    HARBOR,
    cursorOf('Client', 'x'),
    cursorOf('CLIENT', HARBOR),
    cursorOf('id', HARBOR),
    `${cursorOf('Client', HARBOR)}=`,
  ])('refuses the cursor %j, which it did not give out', async (after) => {
    const { errors } = await running.ask('agencyAdmin', CLIENTS, { after });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'after' } }]);
  });

  test.each(LISTS)('goes on behind a cursor of its own type alone: %s', async (_name, type, list) => {
    for (const other of new Set(LISTS.map(([, each]) => each))) {
      const { errors } = await running.ask('agencyAdmin', list(cursorOf(other, HARBOR)));
      const refused = { extensions: { code: 'BAD_USER_INPUT', argument: 'after' } };
      expect(errors).toMatchObject(other === type ? [] : [refused]);
    }
  });

  test('shows every entry once, in one order, page by page', async () => {
    const seen: string[] = [];
    let page = await clients({ first: 23 });
    expect(page.pageInfo.hasPreviousPage).toBe(false);
    for (;;) {
      seen.push(...page.nodes.map(({ id }) => id));
      if (!page.pageInfo.hasNextPage) break;
      page = await clients({ first: 23, after: page.pageInfo.endCursor });
      expect(page.pageInfo.hasPreviousPage).toBe(true);
    }
    expect(seen).toHaveLength(page.totalCount);
    expect(seen).toEqual([...new Set(seen)].sort());
  });

  test('ends with a page that says so, and an empty one after it', async () => {
    const last = await clients({ first: 100, after: (await clients({ first: 100 })).pageInfo.endCursor });
    expect(last.pageInfo.hasNextPage).toBe(false);
    expect((await clients({ after: last.pageInfo.endCursor })).pageInfo).toMatchObject({
      hasNextPage: false,
      startCursor: null,
      endCursor: null,
    });
  });

  test.each([
    ['harbor', ['Harbor Dental']],
    ['HARBOR', ['Harbor Dental']],
    ['%', []],
    ['_', []],
    ['!', []],
    ["'; DROP TABLE clients; --", []],
    ['Ärzte', ['Ärzte am Hafen']],
    [
      'Page 11',
      [
        'Page 11',
        'Page 110',
        'Page 111',
        'Page 112',
        'Page 113',
        'Page 114',
        'Page 115',
        'Page 116',
        'Page 117',
        'Page 118',
        'Page 119',
      ],
    ],
  ])('finds a part of a name in any case, and takes nothing for a pattern: %j', async (search, names) => {
    expect((await clients({ search })).nodes.map(({ name }) => name)).toEqual(names);
  });

  test.each(['\u0000', 'Harbor\u0000', '\u0000Harbor', 'a\u001fb', '\u009f', '\n'])(
    'is not searched by control characters: %j',
    async (search) => {
      const { data, errors } = await running.ask('agencyAdmin', CLIENTS, { search });
      expect([
        data,
        errors.map(({ extensions: { code, argument } }) => `${code} ${String(argument)}`),
      ]).toEqual([null, ['BAD_USER_INPUT search']]);
    },
  );
});

describe('the statements of a list', () => {
  const NESTED = `query ($first: Int!) { clients(first: $first) { nodes { name
    apiKeys { provider maskedKey status }
    agents(first: 2) { totalCount nodes { name client { name } keyResolution { source } } } } } }`;

  test('do not grow in number with its length, however deep it goes', async () => {
    const one = await statementsOf(NESTED, { first: 1 });
    const hundred = await statementsOf(NESTED, { first: 100 });
    expect(hundred).toHaveLength(one.length);
    expect(one.length).toBeLessThanOrEqual(9);
  });

  test('count nothing unless the total is asked for', async () => {
    const counting = (statements: string[]) =>
      statements.filter((statement) => /COUNT\(/i.test(statement)).length;
    expect(counting(await statementsOf('{ clients { nodes { id } } }'))).toBe(0);
    expect(counting(await statementsOf('{ clients { nodes { id } totalCount } }'))).toBe(1);
  });
});
