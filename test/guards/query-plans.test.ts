import { AbstractLogger } from 'typeorm';
import { AUDIT_EVENT_TYPES } from '../../src/audit/audit-event';
import { readOperations } from '../../src/http/pages/playground';
import { CallRow } from '../../src/calls/call.entity';
import { PROVIDERS } from '../../src/providers';
import { seedHandIns } from '../../src/demo/hand-ins';
import type { Persona } from '../../src/demo/seed';
import { dayAfter, dayOf } from '../../src/platform/calendar';
import { cursorOf } from '../../src/graphql/page';
import { LONG_LIST } from '../../src/database/mysql';
import { BRIGHTLINE, HARBOR, HARBOR_RETELL_AGENT } from '../demo-ids';
import { managerOf } from '../database';
import { announceCalls, createWebhook, deliveriesOf } from '../fixtures/webhooks';
import { post, startTestApp, type TestApp } from '../harness';
import {
  DELETE_WEBHOOK,
  DELIVERIES,
  REDELIVER,
  REDELIVER_FAILED,
  ROTATE_SIGNING,
  UPDATE_WEBHOOK,
  WEBHOOKS,
} from '../operations';

const LISTS = `{
  clients(search: "a", first: 1) { totalCount pageInfo { endCursor } nodes { agents(first: 1) { totalCount nodes { keyResolution { source } } } apiKeys { status } } }
  agents(clientId: "${HARBOR}", provider: RETELL) { totalCount nodes { client { name } } }
  ofProvider: agents(provider: VAPI, first: 1) { nodes { id } }
  calls(clientId: "${HARBOR}") { totalCount nodes { agent { name } client { name } } }
  ofAgent: calls(agentId: "${HARBOR_RETELL_AGENT}") { totalCount nodes { id } }
  callSummary(clientId: "${HARBOR}") { total }
  whole: callSummary { total }
  people { totalCount nodes { id } }
  users: people(clientId: "${HARBOR}") { totalCount nodes { id } }
  gatewayTokens { totalCount nodes { client { name } } }
  ofClient: gatewayTokens(clientId: "${HARBOR}") { totalCount nodes { id } }
  serviceTokens { totalCount nodes { id } }
  rates { totalCount nodes { id } }
  ratesOfClient: rates(clientId: "${HARBOR}") { nodes { id } }
  statements { totalCount nodes { number } }
  statementsOfClient: statements(clientId: "${HARBOR}") { totalCount nodes { lines { adjusts { number } } } }
  alerts { totalCount nodes { client { name } } }
  openAlerts: alerts(open: true, first: 1) { totalCount nodes { id } }
  alertsOfKind: alerts(open: true, kinds: [KEY_INVALID]) { totalCount nodes { id } }
  alertsOfClient: alerts(clientId: "${HARBOR}") { totalCount nodes { id } }
  keyLinks(clientId: "${HARBOR}") { totalCount nodes { id } }
  links: keyLinks { nodes { id } }
  keyHandIns(status: PENDING) { totalCount nodes { client { name } } }
  handInsOfClient: keyHandIns(clientId: "${HARBOR}", status: EXPIRED) { nodes { id } }
  auditEvents(filter: { types: [API_KEY_SET], clientId: "${HARBOR}" }) { totalCount nodes { id } }
  byActor: auditEvents(filter: { actorId: "${HARBOR}", since: "2026-01-01T00:00:00Z" }, first: 1) { nodes { id } }
}`;

/** Days that are counted, days that are not, and both of one client. */
const [FIRST_DAY, LAST_DAY] = [-30, 30].map((days) => dayAfter(dayOf(new Date(), 'UTC'), days));
const PERIOD = `from: "${FIRST_DAY}", to: "${LAST_DAY}"`;
const ANALYTICS = `{
  byDay: callAnalytics(${PERIOD}, interval: DAY, splitBy: [KEY_SOURCE]) { buckets { calls } }
  byAgent: callAnalytics(${PERIOD}, interval: MONTH, splitBy: [AGENT, CLIENT]) { buckets { calls } }
  ofClient: callAnalytics(${PERIOD}, interval: WEEK, clientId: "${HARBOR}") { buckets { calls } }
}`;

/** What reads a whole table, or a whole index, because that is what is asked of it. */
const WHOLE: readonly [pattern: RegExp, why: string][] = [
  [/GROUP BY .*masterKey/, 'at a start: which master keys are in use, from an index of nothing else'],
  [/FROM [`"]?master_key_checks/, 'at a start: a row for each master key'],
  [/^SELECT id FROM outgoing_messages LIMIT 1$/, 'whether any message waits: one row at most'],
  [/(FROM|UPDATE) [`"]?vault_keys/, "a handful of the vault's own keys"],
  [
    /^UPDATE (people SET joinedAt|calls SET updatedAt) = createdAt\b|^UPDATE api_keys SET checkAt = updatedAt\b|^UPDATE calls SET (durationMs = 0|askAt = createdAt|keyOwnerId = CASE)\b|_before\b/,
    'of a migration',
  ],
  [/FROM [`"]?agencies.*NOT\(/, 'of the demo, which looks for agencies of others'],
  [/migration_lock|migrations|sqlite_|INFORMATION_SCHEMA|PRAGMA/i, 'of the database itself'],
];

/** Lists of an agency of which a later page is asked for. */
const LATER_PAGES = `{
  clients(after: "${cursorOf('Client', HARBOR)}") { nodes { id } } agents(after: "${cursorOf('Agent', HARBOR)}") { nodes { id } }
  calls(after: "${cursorOf('Call', HARBOR)}") { nodes { id } } auditEvents(after: "${cursorOf('AuditEvent', HARBOR)}") { nodes { id } }
}`;

/** Lists of which only what belongs to one client or agent is asked for. */
const NARROWED = `{
  agents(clientId: "${HARBOR}") { nodes { id } }
  people(clientId: "${HARBOR}") { nodes { id } }
  keyLinks(clientId: "${HARBOR}") { nodes { id } }
  keyHandIns(clientId: "${HARBOR}") { nodes { id } }
  auditEvents(filter: { clientId: "${HARBOR}" }) { nodes { id } }
  rates(clientId: "${HARBOR}") { nodes { id } }
  statements(clientId: "${HARBOR}") { nodes { number } }
}`;

const statements = new Map<string, unknown[]>();
let running: TestApp;

beforeAll(async () => {
  jest
    .spyOn(AbstractLogger.prototype, 'logQuery')
    .mockImplementation(
      (sql, values) => void statements.set(sql, Array.isArray(values) ? (values as unknown[]) : []),
    );
  running = await startTestApp();
  const { database, vault, audit } = running.app;
  await seedHandIns(database, vault, audit, running.sandbox);
  for (const { persona, query, variables } of readOperations())
    await running.ask(persona as Persona, query, JSON.parse(variables) as object);
  await running.data(LISTS);
  const inAnHour = new Date(Date.now() + 60 * 60 * 1000);
  await running.app.upkeep.callAsker.askDue(inAnHour);
  await running.app.upkeep.keyChecker.checkDue(inAnHour);
  await running.app.upkeep.alertWorker.work(inAnHour);
  await running.app.upkeep.callCounting.work(new Date(Date.now() + 5 * 24 * 60 * 60 * 1000));
  await running.data(ANALYTICS);
  await useWebhooks();
  await running.ask(
    'portalUser',
    `{ clients { nodes { name } } agents { nodes { name } } calls { nodes { id } } keyHandIns { nodes { id } } node(id: "${HARBOR}") { id } }`,
  );
  const { createServiceToken } = await running.data<{ createServiceToken: { token: string } }>(
    'mutation { createServiceToken(input: { name: "plans", role: AGENCY_MEMBER }) { token } }',
  );
  await post(running.url, createServiceToken.token, { query: '{ viewer { name } }' });
  const invited = await running.issuer.mint({
    subject: 'nobody-yet',
    audience: running.audience,
    expiresInSeconds: 60,
    email: 'nobody@example.com',
  });
  await post(running.url, invited, { query: '{ viewer { name } }' });
  jest.restoreAllMocks();
});
afterAll(() => running.close());

/** Everything that is done with webhooks of the agency, whose receiver is not there. */
async function useWebhooks(): Promise<void> {
  const { outgoingWebhook } = await createWebhook(running, 'http://127.0.0.1:1/');
  const { id } = outgoingWebhook;
  const { deliveries } = running.app.upkeep;
  await announceCalls(running, 2);
  await deliveries.work();
  await running.data(WEBHOOKS);
  await running.data(DELIVERIES, { id });
  await running.data(DELIVERIES, { id, status: 'WAITING' });
  const [delivery] = await deliveriesOf(running, id);
  await running.data(REDELIVER, { input: { webhookDeliveryId: delivery?.id } });
  await running.data(REDELIVER_FAILED, { input: { outgoingWebhookId: id, since: new Date(0) } });
  await running.data(ROTATE_SIGNING, { input: { outgoingWebhookId: id } });
  await running.data(UPDATE_WEBHOOK, { input: { outgoingWebhookId: id, isOn: false } });
  await deliveries.work();
  await deliveries.removeOld(new Date(Date.now() + 31 * 24 * 60 * 60 * 1000));
  await running.data(DELETE_WEBHOOK, { input: { outgoingWebhookId: id } });
}

// MariaDB finds no place in an index for a time that is written with a zone.
const bound = (value: unknown) =>
  value instanceof Date
    ? value.toISOString().replace('T', ' ').slice(0, -1)
    : typeof value === 'boolean'
      ? Number(value)
      : value;

/** The tables of which a statement reads more than an index leads it to. */
async function readWhole(sql: string): Promise<string[]> {
  const read = managerOf(running.app.database.read);
  const values = (statements.get(sql) ?? []).map(bound);
  if (read.dataSource.options.type === 'better-sqlite3') {
    const plan: { detail: string }[] = await read.query(`EXPLAIN QUERY PLAN ${sql}`, values);
    return plan
      .map(({ detail }) => detail)
      .filter((detail) => /^SCAN (?!numbered|dummy_table|part|\(|CONSTANT|\d)/.test(detail));
  }
  const plan: { table: string | null; type: string | null; possible_keys: string | null }[] =
    await read.query(`EXPLAIN ${sql}`, values);
  // Of tables as small as these, the optimizer takes the whole: what counts is whether there is an index that
  // it could take.
  return plan
    .filter(
      ({ table, type, possible_keys: keys }) =>
        table !== null && !table.startsWith('<') && (type === 'ALL' || type === 'index') && keys === null,
    )
    .map(({ table }) => String(table));
}

const ours = () =>
  [...statements.keys()].filter(
    (sql) => /^\s*(SELECT|UPDATE|DELETE)\b/i.test(sql) && !WHOLE.some(([pattern]) => pattern.test(sql)),
  );

test('no statement of a request, of a start or of a sign-in reads more of a table than an index leads it to', async () => {
  expect(ours().length).toBeGreaterThan(60);
  const found = await Promise.all(ours().map(async (sql) => [sql, await readWhole(sql)] as const));
  expect(found.filter(([, tables]) => tables.length > 0)).toEqual([]);
});

test('a statement that no index helps is found', async () => {
  expect(await readWhole("SELECT id FROM clients WHERE name = 'x'")).toHaveLength(1);
  expect(await readWhole('SELECT id FROM audit_events')).toHaveLength(1);
});

/** The steps of the plan of each page that `ask` reads, or of other statements. */
async function plansOf(ask: () => Promise<unknown>, which = / LIMIT /): Promise<Record<string, unknown>[][]> {
  const read = jest.spyOn(AbstractLogger.prototype, 'logQuery');
  await ask();
  const pages = read.mock.calls.filter(([sql]) => which.test(sql));
  read.mockRestore();
  const database = managerOf(running.app.database.read);
  const sqlite = database.dataSource.options.type === 'better-sqlite3';
  return Promise.all(
    pages.map(([sql, values]) =>
      database.query<Record<string, unknown>[]>(
        `EXPLAIN ${sqlite ? 'QUERY PLAN ' : ''}${sql}`,
        (values as unknown[]).map(bound),
      ),
    ),
  );
}

test('what has failed of a webhook is found without what was delivered, and without other webhooks', async () => {
  const { createOutgoingWebhook } = await running.data<{
    createOutgoingWebhook: { outgoingWebhook: { id: string } };
  }>(
    `mutation { createOutgoingWebhook(input: { url: "https://example.com/", types: [ALERT_OPENED] }) {
      outgoingWebhook { id } } }`,
  );
  const { id } = createOutgoingWebhook.outgoingWebhook;
  const redeliver = `mutation { redeliverFailedWebhooks(input: {
    outgoingWebhookId: "${id}", since: "2026-01-01T00:00:00Z" }) { redeliveredCount } }`;
  const plans = await plansOf(() => running.data(redeliver), /deliveries.* status = 'FAILED'/);
  expect(plans).toHaveLength(2);
  for (const plan of plans)
    expect(JSON.stringify(plan)).toMatch(
      /deliveries_by_status \(webhookId=\? AND status=\?|"key":"deliveries_by_status"/,
    );
});

test('a later page is found by its place in the index of its agency', async () => {
  const plans = await plansOf(() => running.data(LATER_PAGES));
  const found = plans.map((plan) =>
    /_by_agency \(agencyId=\? AND id[<>]\?\)|"type":"range".*"key":"\w+_by_agency"/.test(
      JSON.stringify(plan),
    ),
  );
  expect(found).toEqual([true, true, true, true]);
});

test('a list of what belongs to one client or agent does not look at what belongs to others', async () => {
  const narrowed = await plansOf(() => running.data(NARROWED));
  const ofPortalUser = await plansOf(() =>
    running.ask(
      'portalUser',
      '{ calls { nodes { id } } agents { nodes { id } } keyHandIns { nodes { id } } statements { nodes { number } } }',
    ),
  );
  const indexes = [...narrowed, ...ofPortalUser].map(
    (plan) => /\w+_(?:by|of)_\w+/.exec(JSON.stringify(plan))?.[0],
  );
  expect(indexes).toEqual([
    'agents_by_client',
    'people_by_client',
    'key_links_by_client',
    'key_hand_ins_by_client',
    'audit_events_by_client',
    'rates_by_client',
    'statements_of_client',
    'agents_by_client',
    'key_hand_ins_by_client',
    'statements_of_client',
    'calls_by_client',
  ]);
});

test.each([
  ['open: true', 'alerts_by_state'],
  ['', 'alerts_by_state'],
  ['open: true, kinds: [KEY_INVALID, WEBHOOK_SILENT]', 'alerts_by_kind'],
  [`open: true, clientId: "${HARBOR}"`, 'alerts_by_owner'],
])('a page of alerts (%s) is found by its place in an index', async (filter, index) => {
  const args = `first: 5, after: "${cursorOf('Alert', HARBOR)}"${filter && `, ${filter}`}`;
  const [plan = []] = await plansOf(() => running.data(`{ alerts(${args}) { nodes { id } } }`));
  const steps = plan.map((step) => JSON.stringify(step)).filter((step) => /alert/.test(step));
  const seek = new RegExp(`${index} \\([^)]*isOpen=\\?[^)]* AND id<\\?\\)|"type":"range".*"key":"${index}"`);
  expect(steps.map((step) => seek.test(step))).not.toContain(false);
  expect(steps).not.toEqual([]);
});

const SPAN = 'since: "2026-01-01T00:00:00Z", until: "2126-01-01T00:00:00Z"';

/**
 * The index of each filter of the list of calls, and how many of its columns, the id last, lead to the calls:
 * as many as the index has where a span of time or an earlier page says where among the ids they begin.
 */
const FILTERS: readonly [filter: string, index: string, columns: number][] = [
  ['', 'calls_by_agency', 1],
  [SPAN, 'calls_by_agency', 2],
  ['since: "2126-01-01T00:00:00Z"', 'calls_by_agency', 2],
  [`clientId: "${HARBOR}"`, 'calls_by_client', 2],
  [`clientId: "${HARBOR}", ${SPAN}`, 'calls_by_client', 3],
  [`agentId: "${HARBOR_RETELL_AGENT}"`, 'calls_by_agent', 3],
  [`agentId: "${HARBOR_RETELL_AGENT}", status: [FAILED, BUSY], ${SPAN}`, 'calls_by_agent', 4],
  ['status: FAILED', 'calls_by_outcome', 3],
  ['provider: VAPI', 'calls_by_outcome', 3],
  [`provider: VAPI, status: [FAILED, BUSY], ${SPAN}`, 'calls_by_outcome', 4],
  [`clientId: "${HARBOR}", status: FAILED`, 'calls_by_client_outcome', 4],
  [`clientId: "${HARBOR}", provider: VAPI, ${SPAN}`, 'calls_by_client_outcome', 5],
  ['kind: TEST', 'calls_by_nature', 5],
  ['direction: INBOUND', 'calls_by_nature', 5],
  ['origin: GATEWAY', 'calls_by_nature', 5],
  ['keySource: CLIENT', 'calls_by_nature', 5],
  [`kind: TEST, direction: INBOUND, origin: API, keySource: CLIENT, ${SPAN}`, 'calls_by_nature', 6],
  [`clientId: "${HARBOR}", kind: TEST`, 'calls_by_nature', 5],
];

/** The indexes of calls in the steps of a plan, each with how many of its columns lead to the calls. */
function indexesIn(steps: readonly Record<string, unknown>[]): [index: string, columns: number][] {
  return steps.flatMap(({ detail, table, key, key_len: length, Extra: extra }): [string, number][] => {
    const [, index = '', columns = ''] = / call USING \w*\s*INDEX (\w+) \((.*)\)/.exec(String(detail)) ?? [];
    if (index !== '') return [[index, new Set(columns.match(/\w+(?=[=<>])/g)).size]];
    if (table !== 'call') return [];
    expect(extra).not.toMatch(/filesort/);
    return [[String(key), columnsIn(String(key), Number(length))]];
  });
}

const BYTES_A_CHARACTER = 4;

/** How many of the first columns of an index are as long as its part that MariaDB looks up. */
function columnsIn(index: string, length: number): number {
  const { indices } = managerOf(running.app.database.read).dataSource.getMetadata(CallRow);
  const lengths = (indices.find(({ name }) => name === index)?.columns ?? []).map(
    (column) => Number(column.length) * BYTES_A_CHARACTER + 2 + Number(column.isNullable),
  );
  const sums = lengths.map((_, last) => lengths.slice(0, last + 1).reduce((sum, each) => sum + each, 0));
  return sums.indexOf(length) + 1;
}

test.each(FILTERS)('calls(filter: { %s }) reads along %s, by %d columns', async (filter, index, columns) => {
  const plans = await plansOf(() => running.data(`{ calls(filter: { ${filter} }) { nodes { id } } }`));
  const steps = indexesIn(plans.at(-1) ?? []);
  expect(steps.length).toBeGreaterThan(0);
  expect(steps.filter((step) => step.join() !== [index, columns].join())).toEqual([]);
});

test('a later page of a filtered list is found by its place in each part of the index', async () => {
  const plans = await plansOf(() =>
    running.data(
      'query ($after: String!) { calls(after: $after, filter: { status: [FAILED, BUSY], until: "2126-01-01T00:00:00Z" }) { nodes { id } } }',
      { after: cursorOf('Call', HARBOR) },
    ),
  );
  expect(plans.flatMap(indexesIn)).toEqual(Array(2 * PROVIDERS.length).fill(['calls_by_outcome', 4]));
});

test('a comparison with the list of an account reads the calls that its key has carried, and no others', async () => {
  const account = {
    owner: { type: 'CLIENT', id: HARBOR, agencyId: BRIGHTLINE },
    provider: 'RETELL',
  } as const;
  const span = { since: new Date(Date.now() - 60 * 60 * 1000), until: new Date() };
  const pace = { wait: () => Promise.resolve(true) };
  const plans = await plansOf(() =>
    running.app.upkeep.reconciler.reconcile(account, span, pace, () => undefined),
  );
  const ofCalls = plans.map((plan) => JSON.stringify(plan)).filter((text) => text.includes('calls'));
  expect(ofCalls).toHaveLength(1);
  expect(ofCalls[0]).toMatch(/calls_by_key \(keyOwnerId=.* id[<>]|"type":"range".*"key":"calls_by_key"/);
});

test.each([
  ['', /\bcalls_by_agency\b/, /call_sums_1|sqlite_autoindex_call_sums|PRIMARY/],
  [`, clientId: "${HARBOR}"`, /\bcalls_by_client\b/, /call_sums_by_client/],
])(
  'callAnalytics(%s) reads calls and sums by the days that are asked for',
  async (client, ofCalls, ofSums) => {
    const plans = await plansOf(() =>
      running.data(
        `{ callAnalytics(${PERIOD}, interval: DAY, splitBy: [AGENT]${client}) { buckets { calls } } }`,
      ),
    );
    const texts = plans.map((plan) => JSON.stringify(plan));
    const sums = texts.filter(
      (text) => text.includes('call_sums') || /"table":"s".*(PRIMARY|call_sums)/.test(text),
    );
    expect(texts.some((text) => ofCalls.test(text) && /stray_calls|"table":"s"/.test(text))).toBe(true);
    expect(sums.some((text) => ofSums.test(text))).toBe(true);
  },
);

test('a statement with a list of owners as long as a page names their index', async () => {
  const read = jest.spyOn(AbstractLogger.prototype, 'logQuery');
  await running.data('{ clients { nodes { apiKeys { version lastUsedAt } agents { nodes { id } } } } }');
  // MariaDB joins what belongs to a page of clients with the page.
  const isOfMany = /(owner|client)Id IN \(|\) asked LEFT JOIN /;
  const lists = read.mock.calls.map(([sql]) => sql).filter((sql) => isOfMany.test(sql));
  read.mockRestore();
  const byOwner = expect.stringContaining(running.app.database.read.indexHint('api_keys_by_owner')) as string;
  const byClient = expect.stringContaining(running.app.database.read.indexHint('agents_by_client')) as string;
  expect(lists).toHaveLength(3);
  expect(lists).toEqual(expect.arrayContaining([byOwner, byClient]));
  expect(lists.filter((sql) => /\s(FROM|JOIN) api_keys /.test(sql))).toEqual([byOwner, byOwner]);
});

test('a filter by type of event is planned by how many there are of each type', () => {
  // A list that is too long for that names most types, and so most events.
  expect(AUDIT_EVENT_TYPES.length).toBeLessThan(1.5 * LONG_LIST);
});

test('each connection is set up as the product needs it', async () => {
  const read = managerOf(running.app.database.read);
  if (read.dataSource.options.type === 'better-sqlite3') {
    const settings = ['journal_mode', 'synchronous', 'cache_size'];
    const answers = await Promise.all(settings.map((name) => read.query<object[]>(`PRAGMA ${name}`)));
    expect(answers).toEqual([[{ journal_mode: 'wal' }], [{ synchronous: 2 }], [{ cache_size: -16_384 }]]);
    return;
  }
  const SETTINGS =
    "SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation', 'eq_range_index_dive_limit')";
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => read.query<{ Value: string }[]>(SETTINGS)),
  );
  expect(answers.map((settings) => [...new Set(settings.map(({ Value }) => Value))].sort())).toEqual(
    Array(8).fill([String(LONG_LIST), 'READ-COMMITTED']),
  );
});
