import type { Persona } from '../../src/demo/seed';
import { HARBOR, MAPLE, NEVER_GIVEN_OUT, OTHER_AGENCYS_CLIENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { FINALIZE, STATEMENT, STATEMENTS, withoutCosts } from '../operations';

interface Statement {
  readonly number: string;
  readonly client: { readonly id: string };
  readonly from: string;
}
interface Listed {
  readonly statements: {
    readonly nodes: readonly Statement[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    readonly totalCount: number;
  };
}

const MONTHS = [
  { from: '2026-01-01', to: '2026-01-31' },
  { from: '2026-02-01', to: '2026-02-28' },
];

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp();
  for (const [clientId, month] of [
    [HARBOR, 0],
    [MAPLE, 0],
    [HARBOR, 1],
  ] as const)
    await running.data(FINALIZE, { input: { clientId, ...MONTHS[month] } });
});
afterAll(() => running.close());

const list = async (variables: object = {}, as: Persona = 'agencyAdmin') => {
  const { statements } = await running.data<Listed>(
    as === 'agencyAdmin' || as === 'otherAgencyAdmin' ? STATEMENTS : withoutCosts(STATEMENTS),
    variables,
    as,
  );
  return statements;
};
const numbersOf = ({ nodes }: Listed['statements']) => nodes.map(({ number }) => number);

test('an admin lists the final statements of the agency, or of a client, the newest first', async () => {
  const all = await list();
  expect(numbersOf(all)).toEqual(['3', '2', '1']);
  expect(all.totalCount).toBe(3);
  expect(numbersOf(await list({ clientId: HARBOR }))).toEqual(['3', '1']);
  expect(numbersOf(await list({ clientId: MAPLE }))).toEqual(['2']);
  for (const clientId of [OTHER_AGENCYS_CLIENT, NEVER_GIVEN_OUT, 'no id'])
    expect(await list({ clientId })).toMatchObject({ nodes: [], totalCount: 0 });
  expect(numbersOf(await list({}, 'otherAgencyAdmin'))).toEqual([]);
});

test('a statement in the list says what it says alone, and a page goes on where the last one ended', async () => {
  const first = await list({ first: 2 });
  expect(numbersOf(first)).toEqual(['3', '2']);
  const rest = await list({ first: 2, after: first.pageInfo.endCursor });
  expect(numbersOf(rest)).toEqual(['1']);
  expect(rest.pageInfo.hasNextPage).toBe(false);
  const { statement } = await running.data<{ statement: Statement }>(STATEMENT, {
    clientId: HARBOR,
    ...MONTHS[0],
  });
  expect(rest.nodes).toEqual([statement]);
});

test('a portal user with MANAGE_BILLING lists the statements of its own client, and nobody else lists any', async () => {
  const own = await list({}, 'portalUser');
  expect(numbersOf(own)).toEqual(['3', '1']);
  expect(own.totalCount).toBe(2);
  expect(numbersOf(await list({ clientId: HARBOR }, 'portalUser'))).toEqual(['3', '1']);
  expect(await list({ clientId: MAPLE }, 'portalUser')).toMatchObject({ nodes: [], totalCount: 0 });
  for (const persona of ['agencyMember', 'portalUserNoPermissions'] as const) {
    const { data, errors } = await running.ask(persona, STATEMENTS);
    expect([data, errors[0]?.extensions.code]).toEqual([{ statements: null }, 'FORBIDDEN']);
  }
  const costs = '{ statements { nodes { number margin { amount } } } }';
  const { data, errors } = await running.ask('portalUser', costs);
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  expect(data).toEqual({
    statements: {
      nodes: [
        { number: '3', margin: null },
        { number: '1', margin: null },
      ],
    },
  });
});
