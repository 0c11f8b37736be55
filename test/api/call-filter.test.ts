import { v7 } from 'uuid';
import { CALL_KINDS, CALL_ORIGINS, CallRow } from '../../src/calls/call.entity';
import type { Persona } from '../../src/demo/seed';
import { KEY_SOURCES } from '../../src/keys/chain';
import { timeOfId } from '../../src/platform/ids';
import { PROVIDERS } from '../../src/providers';
import { CALL_DIRECTIONS, CALL_STATUSES } from '../../src/providers/call-facts';
import {
  BRIGHTLINE,
  CEDAR,
  HARBOR,
  HARBOR_BLAND_AGENT,
  HARBOR_RETELL_AGENT,
  HARBOR_VAPI_AGENT,
  MAPLE,
  NEVER_GIVEN_OUT,
  OTHER_AGENCYS_AGENT,
  OTHER_AGENCYS_CLIENT,
} from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';

type Arguments = Partial<Record<'clientId' | 'agentId' | 'updatedSince', string>> & {
  readonly filter?: Readonly<Record<string, unknown>>;
};

interface Listed {
  readonly totalCount: number;
  readonly nodes: readonly { readonly id: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const LIST = `query ($first: Int, $after: String, $clientId: ID, $agentId: ID, $updatedSince: DateTime, $filter: CallFilter) {
  calls(first: $first, after: $after, clientId: $clientId, agentId: $agentId, updatedSince: $updatedSince, filter: $filter) {
    totalCount nodes { id } pageInfo { hasNextPage endCursor } } }`;
const PAGE = 40;
const MINUTE = 60_000;
const FIRST_CALL = Date.parse('2026-03-01T00:00:00Z');
const CALLS = 2_500;
const after = (minutes: number) => new Date(FIRST_CALL + minutes * MINUTE).toISOString();

/** The same numbers in every run (a linear congruential generator). */
let state = 42;
const below = (count: number) => {
  state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
  return Math.floor((state / 2 ** 31) * count);
};
const oneOf = <T>(values: readonly T[]): T => values[below(values.length)] as T;
const rarely = <T>(usual: T, others: readonly T[]): T => (below(20) > 0 ? usual : oneOf(others));

/** A call each minute. Some are of the other agency. The ids are a little older or younger than the calls. */
function randomCall(minute: number) {
  const createdAt = new Date(FIRST_CALL + minute * MINUTE);
  const isOthers = below(12) === 0;
  return {
    id: v7({ msecs: createdAt.getTime() + below(60_000) - 30_000 }),
    agencyId: isOthers ? '01900000-0000-7000-8000-000000000002' : BRIGHTLINE,
    clientId: isOthers ? OTHER_AGENCYS_CLIENT : oneOf([HARBOR, MAPLE, CEDAR, null]),
    agentId: isOthers
      ? OTHER_AGENCYS_AGENT
      : oneOf([HARBOR_RETELL_AGENT, HARBOR_VAPI_AGENT, HARBOR_BLAND_AGENT]),
    provider: oneOf(PROVIDERS),
    kind: rarely<CallRow['kind']>('LIVE', CALL_KINDS),
    origin: oneOf(CALL_ORIGINS),
    direction: rarely<CallRow['direction']>('OUTBOUND', CALL_DIRECTIONS),
    status: rarely<CallRow['status']>('COMPLETED', CALL_STATUSES),
    keySource: oneOf([...KEY_SOURCES, null]),
    keyVersion: 1,
    toNumber: '+14155550123',
    createdAt,
    updatedAt: new Date(createdAt.getTime() + below(300) * MINUTE),
  };
}

type Call = ReturnType<typeof randomCall>;
const calls = Array.from({ length: CALLS }, (_, minute) => randomCall(minute));
let running: TestApp;
beforeAll(async () => {
  running = await startTestApp();
  await running.app.database.write(async (tx) => {
    for (let start = 0; start < CALLS; start += 250)
      await tx.insert(CallRow, calls.slice(start, start + 250));
  });
});
afterAll(() => running.close());

/** The rules of the list, read straight from its description. */
function expected(
  { filter = {}, ...given }: Arguments,
  sees: (call: Call) => boolean = ({ agencyId }) => agencyId === BRIGHTLINE,
): string[] {
  const { since, until, status, ...equal } = filter as Record<string, string | undefined> & {
    status?: readonly string[];
  };
  const { updatedSince, ...alsoEqual } = given;
  return calls
    .filter(sees)
    .filter((call) =>
      [...Object.entries(equal), ...Object.entries(alsoEqual)].every(
        ([name, value]) => call[name as keyof Call] === value,
      ),
    )
    .filter((call) => status === undefined || status.includes(call.status))
    .filter(({ createdAt }) => since === undefined || createdAt >= new Date(since))
    .filter(({ createdAt }) => until === undefined || createdAt < new Date(until))
    .filter(({ updatedAt }) => updatedSince === undefined || updatedAt >= new Date(updatedSince))
    .map(({ id }) => id)
    .sort()
    .reverse();
}

const list = async (args: Arguments, page: object = {}, as: Persona = 'agencyAdmin') =>
  (await running.data<{ calls: Listed }>(LIST, { first: PAGE, ...args, ...page }, as)).calls;

/** The first two pages with what they say of the whole list. */
async function pagesOf(args: Arguments, as?: Persona) {
  const { totalCount, nodes, pageInfo } = await list(args, {}, as);
  const second = pageInfo.hasNextPage ? await list(args, { after: pageInfo.endCursor }, as) : { nodes: [] };
  return { totalCount, pages: [nodes, second.nodes].map((each) => each.map(({ id }) => id)) };
}

const pagesIn = (ids: readonly string[]) => ({
  totalCount: ids.length,
  pages: [ids.slice(0, PAGE), ids.slice(PAGE, 2 * PAGE)],
});

/** The filters for which the pages are not as they should be. */
async function wrong(all: readonly Arguments[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const args of all) {
    const [is, shouldBe] = [await pagesOf(args), pagesIn(expected(args))];
    if (JSON.stringify(is) !== JSON.stringify(shouldBe)) found.push({ args, is, shouldBe });
  }
  return found;
}

const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  clientId: [HARBOR, OTHER_AGENCYS_CLIENT, NEVER_GIVEN_OUT, 'no id'],
  agentId: [HARBOR_RETELL_AGENT, OTHER_AGENCYS_AGENT, 'no id'],
  provider: PROVIDERS,
  status: [...CALL_STATUSES.map((status) => [status]), ['BUSY', 'COMPLETED', 'BUSY'], [...CALL_STATUSES], []],
  kind: CALL_KINDS,
  direction: CALL_DIRECTIONS,
  origin: CALL_ORIGINS,
  keySource: KEY_SOURCES,
  since: [
    after(-1),
    after(1_000),
    after(1_000.5),
    after(CALLS - 1),
    after(CALLS),
    '9999-12-31T23:59:59.999Z',
  ],
  until: [after(0), after(1), after(1_000), after(1_000.5), after(CALLS), '1970-01-01T00:00:00Z'],
};
const pick = (name: string) => [name, oneOf(VALUES[name] ?? [])] as const;

const isSpan = ({ filter: { since, until } = {} }: Arguments) =>
  typeof since !== 'string' || typeof until !== 'string' || since <= until;

describe('calls(filter:)', () => {
  test('lists what is as each condition says, page by page, and nothing else', async () => {
    const each = Object.entries(VALUES).flatMap(([name, values]) =>
      values.map((value) => ({ filter: { [name]: value } })),
    );
    expect(await wrong([{}, { filter: {} }, ...each])).toEqual([]);
  });

  test('lists what is as all conditions say, for two of each kind and for many at random', async () => {
    const names = Object.keys(VALUES);
    const pairs = names.flatMap((one, index) => names.slice(index + 1).map((other) => [one, other]));
    const many = Array.from({ length: 60 }, () => names.filter(() => below(3) === 0));
    const combined = [...pairs, ...many].map((all) => ({ filter: Object.fromEntries(all.map(pick)) }));
    expect(await wrong(combined.filter(isSpan))).toEqual([]);
  });

  test('lists what both the filter and the other arguments say', async () => {
    const given: Arguments[] = [
      { clientId: HARBOR },
      { agentId: HARBOR_RETELL_AGENT },
      { updatedSince: after(2_400) },
      { updatedSince: after(200) },
      { updatedSince: after(1_500), clientId: MAPLE },
      { updatedSince: after(2_450), agentId: HARBOR_VAPI_AGENT },
    ];
    const filters = Object.keys(VALUES).map((name) => Object.fromEntries([pick(name)]));
    expect(
      await wrong(given.flatMap((args) => [args, ...filters.map((filter) => ({ ...args, filter }))])),
    ).toEqual([]);
    expect(await pagesOf({ clientId: HARBOR, filter: { clientId: HARBOR } })).toEqual(
      pagesIn(expected({ clientId: HARBOR })),
    );
    expect((await list({ clientId: HARBOR, filter: { clientId: MAPLE } })).totalCount).toBe(0);
    expect(
      (await list({ agentId: HARBOR_RETELL_AGENT, filter: { agentId: HARBOR_VAPI_AGENT } })).totalCount,
    ).toBe(0);
  });

  test('takes a condition that is null as one that is not given', async () => {
    const filter = Object.fromEntries(Object.keys(VALUES).map((name) => [name, null]));
    expect(await pagesOf({ filter })).toEqual(pagesIn(expected({})));
    expect(await pagesOf({ filter }, 'agencyMember')).toEqual(pagesIn(expected({})));
  });

  test("shows portal users their own client's calls alone, and each agency its own", async () => {
    const ofHarbor = ({ clientId }: Call) => clientId === HARBOR;
    const ofNorthwind = ({ agencyId }: Call) => agencyId !== BRIGHTLINE;
    const filters: Arguments[] = [
      {},
      { filter: { clientId: HARBOR } },
      { filter: { clientId: MAPLE } },
      { clientId: MAPLE },
      { filter: { clientId: OTHER_AGENCYS_CLIENT } },
      { filter: { agentId: OTHER_AGENCYS_AGENT } },
      { filter: { status: ['FAILED', 'BUSY'] } },
      { filter: { kind: 'TEST' } },
      { filter: { origin: 'GATEWAY', since: after(300) } },
      { updatedSince: after(2_400) },
    ];
    for (const args of filters) {
      expect(await pagesOf(args, 'portalUser')).toEqual(pagesIn(expected(args, ofHarbor)));
      expect(await pagesOf(args, 'otherAgencyAdmin')).toEqual(pagesIn(expected(args, ofNorthwind)));
    }
  });

  test("refuses a filter by whose key was used to all but admins, as the call's field is refused", async () => {
    for (const persona of ['agencyMember', 'portalUser'] as const) {
      for (const keySource of KEY_SOURCES) {
        const filter = { keySource, since: '0001-01-01T00:00:00Z', status: [] };
        const { data, errors } = await running.ask(persona, LIST, { filter });
        expect(errors.map(({ extensions, path }) => [extensions.code, path])).toEqual([
          ['FORBIDDEN', ['calls']],
        ]);
        expect(data).toEqual({ calls: null });
      }
    }
  });

  test('is refused to portal users who may not see calls', async () => {
    const { errors } = await running.ask('portalUserNoPermissions', LIST, { filter: { kind: 'TEST' } });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  });

  test('refuses times that no database keeps, and a span that ends before it starts', async () => {
    const refused = [
      { since: '0001-01-01T00:00:00Z' },
      { until: '1969-12-31T23:59:59.999Z' },
      { since: after(1), until: after(0) },
    ];
    const answers = await Promise.all(
      refused.map((filter) => running.ask('agencyAdmin', LIST, { filter, clientId: 'no id' })),
    );
    expect(
      answers.map(({ errors }) =>
        errors.map(({ extensions }) => [extensions.code, extensions.argument].join()),
      ),
    ).toEqual([
      ['BAD_USER_INPUT,filter.since'],
      ['BAD_USER_INPUT,filter.until'],
      ['BAD_USER_INPUT,filter.since'],
    ]);
    expect((await list({ filter: { since: after(1), until: after(1) } })).totalCount).toBe(0);
  });

  test('finds a call by its time, which is that of its id', async () => {
    const { startTestCall } = await running.data<{
      startTestCall: { call: { id: string; createdAt: string } };
    }>(
      `mutation { startTestCall(input: { agentId: "${HARBOR_RETELL_AGENT}", toNumber: "+14155550123" }) { call { id createdAt } } }`,
    );
    const { id, createdAt } = startTestCall.call;
    expect(new Date(createdAt)).toEqual(timeOfId(id));
    const next = new Date(Date.parse(createdAt) + 1).toISOString();
    expect((await list({ filter: { since: createdAt, until: next } })).nodes).toEqual([{ id }]);
    expect((await list({ filter: { since: next } })).nodes).toEqual([]);
  });
});
