import type { PortalPermission } from '../../src/access/portal-permissions';
import { AgencyRow } from '../../src/agencies/agency.entity';
import { ClientRow } from '../../src/clients/client.entity';
import { PersonRow } from '../../src/people/person.entity';
import type { Persona } from '../../src/demo/seed';
import { canonical, sha256Of, type StatementForm } from '../../src/billing/statement-form';
import { StatementRow } from '../../src/billing/statement.entity';
import { derivedId } from '../../src/graphql/node';
import { newId } from '../../src/platform/ids';
import {
  BRIGHTLINE,
  HARBOR,
  HARBOR_BLAND_AGENT,
  MAPLE,
  OTHER_AGENCYS_AGENT,
  OTHER_AGENCYS_CLIENT,
} from '../demo-ids';
import { canaryOf, hits } from '../fixtures/canaries';
import { startTestApp, type TestApp } from '../harness';
import { metricsTextOf } from '../metrics';
import {
  FINALIZE,
  RATES,
  SET_AGENCY,
  SET_CLIENT,
  SET_RATE,
  STATEMENT,
  STATEMENT_NODE,
  STATEMENTS,
  withoutCosts,
} from '../operations';
import { endedCall, storeCalls } from '../statements';

const OTHER_AGENCY = '01900000-0000-7000-8000-000000000002';
const JANUARY = { from: '2026-01-01', to: '2026-01-31' };
const FEBRUARY = { from: '2026-02-01', to: '2026-02-28' };

/** What each is told by, whoever asks for whatever. Amounts are such as no other sum comes to. */
const FACTS = {
  harborsName: 'Dental hcanaryh',
  harborsPrice: '71234.567891',
  harborsOwnPrice: '82345.671912',
  /** 60 seconds at each of these prices. */
  harborsTotal: '153580.24',
  costOnAgencysAccount: '0.441771',
  costOnHarborsAccount: '0.113131',
  harborsMargin: '153579.798229',
  maplesName: 'Maple mcanarym',
  maplesPrice: '7.712317',
  maplesCost: '0.551991',
  maplesMargin: '7.158009',
  othersName: 'Fjord ocanaryo',
  othersPrice: '8.883211',
  othersCost: '0.662126',
  otherAgencysName: 'Northwind acanarya',
} as const;
type Fact = keyof typeof FACTS;

const OF_HARBOR: readonly Fact[] = ['harborsName'];
const PAID_BY_HARBOR: readonly Fact[] = [
  'harborsPrice',
  'harborsOwnPrice',
  'harborsTotal',
  'costOnHarborsAccount',
];
const OF_BRIGHTLINE: readonly Fact[] = [
  ...OF_HARBOR,
  ...PAID_BY_HARBOR,
  'costOnAgencysAccount',
  'harborsMargin',
  'maplesName',
  'maplesPrice',
  'maplesCost',
  'maplesMargin',
];
const OF_OTHERS: readonly Fact[] = ['othersName', 'othersPrice', 'othersCost', 'otherAgencysName'];

/** Who asks, with the permissions of a portal user, and all that they may be told. */
const VIEWERS: readonly [
  who: string,
  as: Persona | null,
  may: readonly Fact[],
  permissions: PortalPermission[] | null,
][] = [
  ['an agency admin', 'agencyAdmin', OF_BRIGHTLINE, null],
  ['an agency member', 'agencyMember', ['harborsName', 'maplesName'], null],
  [
    'a portal user with every permission',
    'portalUser',
    [...OF_HARBOR, ...PAID_BY_HARBOR],
    ['VIEW_AGENTS', 'VIEW_CALLS', 'VIEW_CALL_DETAILS', 'VIEW_ANALYTICS', 'MANAGE_BILLING'],
  ],
  [
    'a portal user with MANAGE_BILLING alone',
    'portalUser',
    [...OF_HARBOR, ...PAID_BY_HARBOR],
    ['MANAGE_BILLING'],
  ],
  [
    'a portal user with all but MANAGE_BILLING',
    'portalUser',
    OF_HARBOR,
    ['VIEW_AGENTS', 'VIEW_CALLS', 'VIEW_CALL_DETAILS', 'VIEW_ANALYTICS'],
  ],
  ['a portal user without permissions', 'portalUserNoPermissions', OF_HARBOR, null],
  ['an admin of another agency', 'otherAgencyAdmin', OF_OTHERS, null],
  ['a stranger', null, [], null],
];

const BUCKET = `from client { id name } agent { id name } provider keySource calls connectedCalls seconds
  providerCost { amount currency } callsOfUnknownCost`;
const ANALYTICS = `query ($splitBy: [AnalyticsSplit!], $clientId: ID, $interval: AnalyticsInterval!) {
  callAnalytics(from: "2026-01-01", to: "2026-03-31", interval: $interval, splitBy: $splitBy, clientId: $clientId) { buckets { ${BUCKET} } } }`;
const MOVED = 'moneyMoved { minutes providerCost { amount currency } rateMissing }';
const PREVIEW = `mutation ($input: PreviewClientApiKeyChangeInput!) { previewClientApiKeyChange(input: $input) {
  preview { sourceAfter ${MOVED} } userErrors { code message } } }`;
const CALLS =
  '{ calls { nodes { id client { name } keySource receipt { source } providerCost { amount currency } costStatus } } }';
const AT = `query ($id: ID!) { agent(id: $id) { name keyResolutionAt(at: "2026-01-10T00:00:00Z") { source } } }`;

let running: TestApp;
const rateIds: string[] = [];

async function call(change: Parameters<typeof endedCall>[0], price: string): Promise<void> {
  const rateId = newId();
  rateIds.push(rateId);
  const { agencyId = BRIGHTLINE, clientId = HARBOR, keySource = 'AGENCY', startedAt } = change;
  const place = { id: rateId, agencyId, clientId, keySource, validFrom: startedAt, createdAt: startedAt };
  const rate = { priceMicros: Number(price.replace('.', '')), currency: 'USD' };
  await running.app.database.write((tx) =>
    tx.insertRow('rates', { ...place, ...rate, firstIncrementSeconds: 60, incrementSeconds: 60 }),
  );
  await storeCalls(running.app, [endedCall({ ...change, rateId, durationMs: 60_000 })]);
}

beforeAll(async () => {
  running = await startTestApp({ METRICS: 'on' });
  const { database } = running.app;
  await database.write(async (tx) => {
    for (const [id, name] of [
      [HARBOR, FACTS.harborsName],
      [MAPLE, FACTS.maplesName],
      [OTHER_AGENCYS_CLIENT, FACTS.othersName],
    ] as const)
      await tx.update(ClientRow, { id }, { name });
    await tx.update(AgencyRow, { id: OTHER_AGENCY }, { name: FACTS.otherAgencysName });
  });
  const micros = (cost: string) => Number(cost.replace('.', ''));
  const startedAt = new Date('2026-01-10T12:00:00Z');
  await call({ startedAt, costMicros: micros(FACTS.costOnAgencysAccount) }, FACTS.harborsPrice);
  await call(
    {
      startedAt,
      keySource: 'CLIENT',
      keyOwnerId: HARBOR,
      costMicros: micros(FACTS.costOnHarborsAccount),
    },
    FACTS.harborsOwnPrice,
  );
  await call({ startedAt, clientId: MAPLE, costMicros: micros(FACTS.maplesCost) }, FACTS.maplesPrice);
  const others = { agencyId: OTHER_AGENCY, clientId: OTHER_AGENCYS_CLIENT, agentId: OTHER_AGENCYS_AGENT };
  await call(
    { startedAt, ...others, keyOwnerId: OTHER_AGENCY, costMicros: micros(FACTS.othersCost) },
    FACTS.othersPrice,
  );
  const keys = (number: number) => [{ provider: 'BLAND', apiKey: canaryOf(number) }];
  await running.data(SET_AGENCY, { input: { keys: keys(1) } });
  await running.data(SET_CLIENT, { input: { clientId: HARBOR, keys: keys(2) } });
  for (const clientId of [HARBOR, MAPLE]) await running.data(FINALIZE, { input: { clientId, ...JANUARY } });
  await running.data(FINALIZE, { input: { clientId: OTHER_AGENCYS_CLIENT, ...JANUARY } }, 'otherAgencyAdmin');
});
afterAll(() => running.close());

/** Everything that tells of money, and all of it for each client. */
async function everyAnswer(as: Persona | null): Promise<string> {
  const texts: string[] = [];
  const ask = async (query: string, variables: object = {}) =>
    void texts.push((await running.ask(as, query, variables)).text);
  const splits = [['KEY_SOURCE'], ['AGENT', 'CLIENT', 'PROVIDER'], ['CLIENT', 'KEY_SOURCE'], []];
  const clientIds = [HARBOR, MAPLE, OTHER_AGENCYS_CLIENT];
  for (const clientId of [null, ...clientIds]) {
    for (const query of [STATEMENTS, withoutCosts(STATEMENTS), RATES]) await ask(query, { clientId });
    for (const splitBy of splits)
      for (const interval of ['DAY', 'TOTAL']) await ask(ANALYTICS, { clientId, splitBy, interval });
  }
  for (const clientId of clientIds) {
    for (const period of [JANUARY, FEBRUARY, { from: '2026-01-02', to: '2026-02-03' }]) {
      const id = derivedId('Statement', clientId, period.from, period.to);
      for (const asked of [(query: string) => query, withoutCosts]) {
        await ask(asked(STATEMENT), { clientId, ...period });
        await ask(asked(STATEMENT_NODE), { id });
      }
    }
    await ask(PREVIEW, { input: { clientId, provider: 'BLAND', apiKey: null } });
    // Refused for each of them, and so changes nothing.
    await ask(FINALIZE, { input: { clientId, from: '2026-01-05', to: '2026-02-05' } });
    await ask(SET_RATE, {
      input: { clientId, keySource: 'AGENCY', pricePerMinute: '-1', currency: 'USD' },
    });
  }
  for (const id of rateIds)
    await ask('query ($id: ID!) { node(id: $id) { id ... on Rate { pricePerMinute } } }', { id });
  for (const id of [HARBOR_BLAND_AGENT, OTHER_AGENCYS_AGENT]) await ask(AT, { id });
  await ask(CALLS);
  await ask('{ viewer { name } agency { name timeZone } clients { nodes { name } } }');
  const headers: Record<string, string> = as ? { authorization: `Bearer ${running.tokens[as]}` } : {};
  const drafts = clientIds.flatMap((clientId) =>
    [JANUARY, FEBRUARY].map(
      (period) => `draft.FORM?${new URLSearchParams({ clientId, ...period }).toString()}`,
    ),
  );
  for (const path of [...['1', '2', '3'].map((number) => `${number}.FORM`), ...drafts])
    for (const form of ['csv', 'html']) {
      const answer = await fetch(`${running.url}/statements/${path.replace('FORM', form)}`, { headers });
      texts.push(JSON.stringify([...answer.headers]), await answer.text());
    }
  return texts.join('\n');
}

const factsIn = (text: string) =>
  (Object.keys(FACTS) as Fact[]).filter((fact) => text.includes(FACTS[fact])).sort();

test.each(VIEWERS)(
  '%s is told in no answer or file more of money than is theirs',
  async (_who, as, may, permissions) => {
    if (permissions)
      await running.app.database.write((tx) =>
        tx.update(PersonRow, { clientId: HARBOR, name: 'Dr. Hana Harbor' }, { permissions }),
      );
    const text = await everyAnswer(as);
    // All that they may be told is told, so that nothing is missing because nothing was asked for.
    expect(factsIn(text)).toEqual([...may].sort());
    expect(hits(text)).toBe(0);
    expect(text).not.toContain('INTERNAL_SERVER_ERROR');
  },
);

test('whoever knows the lines of a statement cannot find out by its digest what the agency pays', async () => {
  const rows = await running.app.database.read.findBy(StatementRow, { agencyId: BRIGHTLINE });
  const salts = rows.map(({ body, sha256 }) => {
    const { salt = '', ...known } = JSON.parse(body) as StatementForm;
    expect(sha256Of(canonical(known))).not.toBe(sha256);
    return salt;
  });
  expect(new Set(salts).size).toBe(rows.length);
  const told = await everyAnswer('agencyAdmin');
  for (const salt of salts) {
    expect(salt).toMatch(/^[0-9a-f]{32}$/);
    expect(told).not.toContain(salt);
  }
});

test('the digest of a statement of an earlier version, which has no salt, is shown to nobody', async () => {
  const { database } = running.app;
  const row = await database.read.findOneByOrFail(StatementRow, { agencyId: BRIGHTLINE, clientId: HARBOR });
  const { salt, ...earlier } = JSON.parse(row.body) as StatementForm;
  expect(salt).toBeDefined();
  const body = canonical(earlier);
  const sha256 = sha256Of(body);
  await database.write(async (tx) => {
    await tx.update(StatementRow, { id: row.id }, { body, sha256 });
    await tx.update(PersonRow, { clientId: HARBOR }, { permissions: ['MANAGE_BILLING'] });
  });
  for (const persona of ['agencyAdmin', 'portalUser'] as const) {
    const { text } = await running.ask(persona, STATEMENT, { clientId: HARBOR, ...JANUARY });
    expect(text).toContain('"sha256":null');
    expect(text).toContain('"status":"FINAL"');
    expect(await everyAnswer(persona)).not.toContain(sha256);
  }
  await database.write((tx) => tx.update(StatementRow, { id: row.id }, row));
});

test('neither a log nor a metric tells an amount, a client or a key', async () => {
  const text = [...running.logs, await metricsTextOf(running)].join('\n');
  expect(factsIn(text)).toEqual([]);
  expect(hits(text)).toBe(0);
});
