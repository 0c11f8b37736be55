import { derivedId } from '../../src/graphql/node';
import { RateRow } from '../../src/billing/rate.entity';
import type { Persona } from '../../src/demo/seed';
import { newId } from '../../src/platform/ids';
import {
  ARCHIVED_CLIENT,
  BRIGHTLINE,
  HARBOR,
  MAPLE,
  NEVER_GIVEN_OUT,
  OTHER_AGENCYS_CLIENT,
} from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { FINALIZE, STATEMENT, STATEMENT_NODE, STATEMENTS, withoutCosts } from '../operations';
import { endedCall, storeCalls } from '../statements';

interface Statement {
  readonly id: string;
  readonly number: string | null;
  readonly status: string;
  readonly total: { readonly amount: string };
  readonly lines: readonly { readonly adjusts: { readonly id: string } | null }[];
}

const JANUARY = { from: '2026-01-01', to: '2026-01-31' };
const FEBRUARY = { from: '2026-02-01', to: '2026-02-28' };
const GREATEST_INT = 2_147_483_647;

let running: TestApp;
let rateId: string;
async function start(): Promise<void> {
  running = await startTestApp();
  rateId = await rateWith(1);
  await storeCalls(running.app, [callOn('2026-01-10'), callOn('2026-02-10')]);
}
const stop = () => running.close();

async function rateWith(firstIncrementSeconds: number): Promise<string> {
  const row: RateRow = {
    id: newId(),
    agencyId: BRIGHTLINE,
    clientId: null,
    keySource: 'AGENCY',
    priceMicros: 50_000,
    currency: 'USD',
    firstIncrementSeconds,
    incrementSeconds: 1,
    validFrom: new Date('2025-01-01T00:00:00Z'),
    createdAt: new Date(),
  };
  await running.app.database.write((tx) => tx.insertRow('rates', row));
  return row.id;
}

const callOn = (day: string, clientId = HARBOR, durationMs = 600_000) =>
  endedCall({ startedAt: new Date(`${day}T12:00:00Z`), clientId, rateId, durationMs });

const idOf = (clientId: string, { from, to }: { from: string; to: string }) =>
  derivedId('Statement', clientId, from, to);

async function statement(period: object, clientId = HARBOR): Promise<Statement> {
  const found = await running.data<{ statement: Statement }>(STATEMENT, { clientId, ...period });
  return found.statement;
}
async function finalize(period: object, clientId = HARBOR): Promise<Statement> {
  const input = { clientId, ...period };
  const made = await running.data<{ finalizeStatement: { statement: Statement } }>(FINALIZE, { input });
  return made.finalizeStatement.statement;
}
async function node(id: string, as: Persona = 'agencyAdmin'): Promise<unknown> {
  const query = as === 'agencyAdmin' ? STATEMENT_NODE : withoutCosts(STATEMENT_NODE);
  return (await running.data<{ node: unknown }>(query, { id }, as)).node;
}

describe('among the ids of statements,', () => {
  beforeEach(start);
  afterEach(stop);

  test('that of the final statement is the one that its draft had, so that a cache replaces the one by the other', async () => {
    const draft = await statement(JANUARY);
    expect(draft).toMatchObject({ status: 'DRAFT', number: null, total: { amount: '0.50' } });
    const final = await finalize(JANUARY);
    expect(final).toMatchObject({ id: draft.id, status: 'FINAL', number: '1' });
    expect(await statement(JANUARY)).toEqual(final);
    const { statements } = await running.data<{ statements: { nodes: Statement[] } }>(STATEMENTS);
    expect(statements.nodes).toEqual([final]);
  });

  test('each client and each period has its own, also where periods overlap', async () => {
    const periods = [
      JANUARY,
      FEBRUARY,
      { from: '2026-01-01', to: '2026-02-28' },
      { from: '2026-01-02', to: '2026-01-31' },
      { from: '2026-01-31', to: '2026-01-31' },
    ];
    const asked = [HARBOR, MAPLE].flatMap((clientId) => periods.map((period) => ({ clientId, period })));
    const ids = await Promise.all(
      asked.map(async ({ clientId, period }) => (await statement(period, clientId)).id),
    );
    expect(new Set(ids).size).toBe(asked.length);
    expect(ids).toEqual(asked.map(({ clientId, period }) => idOf(clientId, period)));
  });

  test('a line names that of the statement that it adjusts', async () => {
    const days = (from: number, to: number) => {
      const [first, last] = [from, to].map((ago) => new Date(Date.now() - ago * 86_400_000).toISOString());
      return { from: first?.slice(0, 10) ?? '', to: last?.slice(0, 10) ?? '' };
    };
    const [earlier, later] = [days(120, 91), days(90, 61)];
    const final = await finalize(earlier);
    const { database } = running.app;
    const late = callOn(earlier.to);
    await storeCalls(running.app, [late]);
    await database.write((tx) =>
      tx.insertRow('late_calls', {
        id: newId(),
        agencyId: BRIGHTLINE,
        clientId: HARBOR,
        callAt: late.startedAt,
      }),
    );
    expect((await statement(later)).lines).toMatchObject([{ adjusts: { id: final.id, number: '1' } }]);
  });
});

// They write nothing: one app serves all of these tests.
describe('node, where there is nothing,', () => {
  beforeAll(start);
  afterAll(stop);

  test.each([
    ['a client that was never given out', [NEVER_GIVEN_OUT, JANUARY.from, JANUARY.to]],
    ['a client whose id is none', ['no id', JANUARY.from, JANUARY.to]],
    ['a client with a space behind it', [`${HARBOR} `, JANUARY.from, JANUARY.to]],
    ['no client', ['', JANUARY.from, JANUARY.to]],
    ['the agency', [BRIGHTLINE, JANUARY.from, JANUARY.to]],
    ['a day that is none', [HARBOR, '2026-02-28', '2026-02-30']],
    ['a text that is no day', [HARBOR, '2026-01-01', 'x']],
    ['a day in another spelling', [HARBOR, '20260101', '20260131']],
    ['a day with a time', [HARBOR, '2026-01-01', '2026-01-31T00']],
    ['a period that ends before it begins', [HARBOR, JANUARY.to, JANUARY.from]],
    ['a period of more than a year', [HARBOR, '2025-01-01', '2026-01-02']],
    ['a day before there was a clock', [HARBOR, '0001-01-01', '0001-01-31']],
    ['a day that no database knows', [HARBOR, '9999-12-31', '9999-12-31']],
    ['too few parts', [HARBOR, JANUARY.from]],
    ['one part more', [HARBOR, JANUARY.from, JANUARY.to, '']],
    ['a huge text', [HARBOR, JANUARY.from, JANUARY.to, 'x'.repeat(30_000)]],
  ])('finds nothing by an id that was made of %s', async (_what, parts) => {
    expect(await node(derivedId('Statement', ...parts))).toBeNull();
  });
});

describe('node', () => {
  beforeEach(start);
  afterEach(stop);

  test('answers what `statement` does, for a draft and for the final statement', async () => {
    const draft = await statement(JANUARY);
    expect(await node(draft.id)).toEqual({ __typename: 'Statement', ...draft });
    const final = await finalize(JANUARY);
    expect(await node(draft.id)).toEqual({ __typename: 'Statement', ...final });
  });

  test('computes the draft anew each time, from what is known then', async () => {
    const id = idOf(HARBOR, JANUARY);
    expect(await node(id)).toMatchObject({ total: { amount: '0.50' } });
    await storeCalls(running.app, [callOn('2026-01-11')]);
    expect(await node(id)).toMatchObject({ total: { amount: '1.00' } });
  });

  test('answers the statements of several clients that are asked for together, each to its own id', async () => {
    await storeCalls(running.app, [callOn('2026-01-10', MAPLE, 60_000)]);
    const asked = [HARBOR, MAPLE, OTHER_AGENCYS_CLIENT].map((clientId) => idOf(clientId, JANUARY));
    const nodes = asked.map((id, at) => `n${at}: node(id: "${id}") { id ...S }`);
    const query = `{ ${nodes.join(' ')} } fragment S on Node { ... on Statement { total { amount } } }`;
    expect(await running.data<unknown>(query)).toEqual({
      n0: { id: asked[0], total: { amount: '0.50' } },
      n1: { id: asked[1], total: { amount: '0.05' } },
      n2: null,
    });
  });

  test('finds the statement of an archived client, as `statement` does', async () => {
    const archived = await statement(JANUARY, ARCHIVED_CLIENT);
    expect(await node(archived.id)).toEqual({ __typename: 'Statement', ...archived });
  });

  test('shows it to whoever may ask for it by its client and period, with the same rules, and to nobody else', async () => {
    await finalize(JANUARY);
    for (const period of [JANUARY, FEBRUARY]) {
      const [ofHarbor, ofMaple, ofOthers] = [HARBOR, MAPLE, OTHER_AGENCYS_CLIENT].map((id) =>
        idOf(id, period),
      );
      expect(await node(ofHarbor ?? '', 'portalUser')).toMatchObject({
        id: ofHarbor,
        total: { amount: '0.50' },
        callsOfUnknownCost: 0,
      });
      expect(await node(ofMaple ?? '', 'portalUser')).toBeNull();
      expect(await node(ofOthers ?? '')).toBeNull();
      for (const persona of ['agencyMember', 'portalUserNoPermissions', 'otherAgencyAdmin'] as const)
        expect(await node(ofHarbor ?? '', persona)).toBeNull();
    }
    const { data, errors } = await running.ask('portalUser', STATEMENT_NODE, { id: idOf(HARBOR, JANUARY) });
    expect(data).toMatchObject({ node: { number: '1', margin: null, providerCost: null } });
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['FORBIDDEN']));
  });

  test('finds nothing by another spelling of an id', async () => {
    const id = idOf(HARBOR, JANUARY);
    for (const other of [
      `${id}=`,
      ` ${id}`,
      `${id}AA`,
      id.toLowerCase(),
      derivedId('ApiKey', HARBOR, ...Object.values(JANUARY)),
    ])
      expect(await node(other)).toBeNull();
  });

  test('computes nothing for the id alone, and refuses what `statement` refuses without taking others with it', async () => {
    const day = { from: '2026-03-01', to: '2026-03-01' };
    rateId = await rateWith(GREATEST_INT);
    await storeCalls(running.app, [callOn(day.from, MAPLE), callOn(day.from, MAPLE)]);
    const id = idOf(MAPLE, day);
    expect(await running.data<unknown>(`{ node(id: "${id}") { __typename id } }`)).toEqual({
      node: { __typename: 'Statement', id },
    });
    const more = (of: string) => `node(id: "${of}") { ... on Statement { number total { amount } } }`;
    const other = idOf(HARBOR, JANUARY);
    const { data, errors } = await running.ask('agencyAdmin', `{ a: ${more(id)} b: ${more(other)} }`);
    expect(data).toEqual({ a: null, b: { number: null, total: { amount: '0.50' } } });
    const alone = await running.ask('agencyAdmin', STATEMENT, { clientId: MAPLE, ...day });
    expect(errors.map(({ message, extensions }) => [message, extensions.code])).toEqual(
      alone.errors.map(({ message, extensions }) => [message, extensions.code]),
    );
    expect(errors[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
  });
});
