import { In } from 'typeorm';
import { PORTAL_PERMISSIONS } from '../../src/access/portal-permissions';
import { PersonRow } from '../../src/people/person.entity';
import type { Viewer } from '../../src/access/viewer';
import { viewerOfPerson } from '../../src/people/identities';
import { ClientService } from '../../src/clients/client.service';
import { InvitationService } from '../../src/people/invitation.service';
import { GatewayTokenService } from '../../src/gateway/gateway-token.service';
import { KeyLinkService } from '../../src/intake/key-link.service';
import { ServiceTokenService } from '../../src/people/service-token.service';
import { ProviderApi, type BaseUrls } from '../../src/providers/provider-api';
import { PersonService, type PersonResult } from '../../src/people/person.service';
import {
  HARBOR,
  HARBOR_RETELL_AGENT,
  MAPLE,
  MAPLE_RETELL_AGENT,
  NEVER_GIVEN_OUT,
  OTHER_AGENCYS_CLIENT,
} from '../demo-ids';
import { forbidden, unauthenticated } from '../../src/graphql/errors';
import { tenantDatabase } from '../database';
import { post, startTestApp, type Answer, type TestApp } from '../harness';
import { codes, CREATE_CLIENT, type UserErrors } from '../operations';

const payload = 'person { id name email role permissions joinedAt } userErrors { code field message }';
const INVITE = `mutation ($input: InviteAgencyPersonInput!) { inviteAgencyPerson(input: $input) { ${payload} } }`;
const INVITE_PORTAL = `mutation ($input: InvitePortalUserInput!) { invitePortalUser(input: $input) { ${payload} } }`;
const CHANGE = `mutation ($input: ChangeAgencyPersonInput!) { changeAgencyPerson(input: $input) { ${payload} } }`;
const CHANGE_PORTAL = `mutation ($input: ChangePortalUserInput!) { changePortalUser(input: $input) { ${payload} } }`;
const REMOVE = `mutation ($input: RemovePersonInput!) { removePerson(input: $input) { ${payload} } }`;
const DEFAULTS = `mutation ($input: SetAgencyPortalPermissionsInput!) { setAgencyPortalPermissions(input: $input) { agency { portalPermissions } userErrors { code field } } }`;
const CLIENT_DEFAULTS = `mutation ($input: SetClientPortalPermissionsInput!) { setClientPortalPermissions(input: $input) { client { portalPermissions } userErrors { code field } } }`;
const PEOPLE = 'query ($clientId: ID) { people(clientId: $clientId) { nodes { id name role permissions } } }';
const VIEWER = '{ viewer { role name permissions agency { id } client { id } } }';
const BRIGHTLINE = '01900000-0000-7000-8000-000000000001';
const ADA = '01900000-0000-7000-8000-000000000301';
const MAX = '01900000-0000-7000-8000-000000000302';
const HANA = '01900000-0000-7000-8000-000000000303';

interface Person {
  readonly id: string;
  readonly role: string;
  readonly permissions: string[];
  readonly joinedAt: string | null;
}
type Result = UserErrors & { readonly person: Person | null };

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

function personService({ database: bare, audit }: TestApp['app']): PersonService {
  const database = tenantDatabase(bare);
  const clients = new ClientService(database, audit);
  return new PersonService(database, audit, clients, {
    serviceTokens: new ServiceTokenService(database, audit),
    gatewayTokens: new GatewayTokenService(database, audit),
    keyLinks: new KeyLinkService(database, audit, new ProviderApi({} as BaseUrls, 1), () => ''),
    invitations: new InvitationService(database, audit),
    outgoingWebhooks: { granted: () => Promise.resolve([]) },
  });
}

async function run(
  query: string,
  input: object,
  as: 'agencyAdmin' | 'otherAgencyAdmin' = 'agencyAdmin',
): Promise<Result> {
  return Object.values(await running.data<Record<string, Result>>(query, { input }, as))[0] as Result;
}
const invite = (
  email: string,
  role = 'AGENCY_MEMBER',
  as: 'agencyAdmin' | 'otherAgencyAdmin' = 'agencyAdmin',
) => run(INVITE, { email, name: 'New Person', role }, as);
const token = (subject: string, email?: string, emailVerified = true) =>
  running.issuer.mint({
    subject,
    audience: running.audience,
    expiresInSeconds: 600,
    ...(email !== undefined && { email, emailVerified }),
  });
const signIn = async (
  subject: string,
  email?: string,
  emailVerified = true,
  headers: Record<string, string> = { 'latchkey-agency': BRIGHTLINE },
): Promise<Answer> =>
  post(running.url, await token(subject, email, emailVerified), { query: VIEWER }, headers);
const roleOf = ({ data }: Answer) => (data as { viewer: { role: string } } | null)?.viewer.role ?? null;
const lastEvent = async () =>
  (
    await running.data<{ auditEvents: { nodes: { type: string }[] } }>(
      '{ auditEvents(first: 1) { nodes { type personId name role permissions actorName } } }',
    )
  ).auditEvents.nodes[0];

test('one of the people is the one who asks', async () => {
  const { people } = await running.data<{ people: { nodes: (Person & { isViewer: boolean })[] } }>(
    '{ people { nodes { id isViewer } } }',
  );
  expect(people.nodes.filter(({ isViewer }) => isViewer).map(({ id }) => id)).toEqual([ADA]);
});

describe('an invitation', () => {
  test('is taken up by whoever first signs in with its verified address, in upper or lower case', async () => {
    const { person } = await invite(' Grace@Example.com ', 'AGENCY_ADMIN');
    expect(person).toMatchObject({ email: 'Grace@Example.com', role: 'AGENCY_ADMIN', joinedAt: null });
    expect(roleOf(await signIn('grace', 'grace@example.COM'))).toBe('AGENCY_ADMIN');
    expect(await lastEvent()).toMatchObject({
      type: 'PERSON_JOINED',
      personId: person?.id,
      actorName: 'New Person',
    });
  });

  test('holds by issuer and subject from then on: without the address, and for nobody else who has it', async () => {
    await invite('grace@example.com');
    await signIn('grace', 'grace@example.com');
    expect(roleOf(await signIn('grace'))).toBe('AGENCY_MEMBER');
    expect((await signIn('somebody-else', 'grace@example.com')).status).toBe(401);
  });

  test.each([
    ['is not verified', 'grace@example.com', false],
    ['is another', 'mallory@example.com', true],
    ['is not in the token', undefined, true],
  ] as const)('is not taken up when the address %s', async (_why, email, verified) => {
    await invite('grace@example.com');
    expect((await signIn('grace', email, verified)).status).toBe(401);
  });

  test('is taken up once by two requests at the same moment', async () => {
    await invite('grace@example.com');
    const answers = await Promise.all(Array.from({ length: 8 }, () => signIn('grace', 'grace@example.com')));
    expect(answers.map(roleOf)).toEqual(Array.from({ length: 8 }, () => 'AGENCY_MEMBER'));
    const { auditEvents } = await running.data<{ auditEvents: { totalCount: number } }>(
      '{ auditEvents(filter: { types: [PERSON_JOINED] }) { totalCount } }',
    );
    expect(auditEvents.totalCount).toBe(1);
  });

  test('that another request takes up between two looks of this one still signs its owner in', async () => {
    await invite('grace@example.com');
    const { read } = running.app.database;
    const look = read.find.bind(read) as (row: typeof PersonRow, options: object) => Promise<PersonRow[]>;
    const late = jest.spyOn(read, 'find').mockImplementationOnce(async (_row, options) => {
      await signIn('grace', 'grace@example.com');
      return look(PersonRow, options ?? {});
    });
    expect(roleOf(await signIn('grace', 'grace@example.com'))).toBe('AGENCY_MEMBER');
    expect(late).toHaveBeenCalledTimes(2);
  });

  test("of two agencies is taken up only by name, so that nobody is drawn into a stranger's agency", async () => {
    await invite('grace@example.com');
    await invite('grace@example.com', 'AGENCY_MEMBER', 'otherAgencyAdmin');
    expect((await signIn('grace', 'grace@example.com', true, {})).status).toBe(401);
    const chosen = await signIn('grace', 'grace@example.com', true, {
      'latchkey-agency': '01900000-0000-7000-8000-000000000002',
    });
    expect(chosen.data).toMatchObject({ viewer: { agency: { id: '01900000-0000-7000-8000-000000000002' } } });
    // Known by now, and still of this agency alone: without the address there is no invitation of the other.
    expect(
      (await signIn('grace', undefined, true, { 'latchkey-agency': '01900000-0000-7000-8000-000000000001' }))
        .status,
    ).toBe(401);
    expect(
      (await signIn('grace', undefined, true, { 'latchkey-agency': '01900000-0000-7000-8000-000000000002' }))
        .status,
    ).toBe(200);
  });

  test.each([
    ['', 'REQUIRED input.email'],
    ['grace', 'INVALID_FORMAT input.email'],
    ['grace@localhost', 'INVALID_FORMAT input.email'],
    ['a b@example.com', 'INVALID_FORMAT input.email'],
    ['grace@example.com\u0000', 'INVALID_FORMAT input.email'],
    ['<grace@example.com>', 'INVALID_FORMAT input.email'],
    [`${'a'.repeat(300)}@example.com`, 'TOO_LONG input.email'],
  ])('for %j is refused with %s', async (email, code) => {
    expect(codes(await invite(email))).toEqual([code]);
  });

  test('is refused for an address that the agency knows already, and says nothing of other agencies', async () => {
    await invite('grace@example.com');
    expect(codes(await invite('GRACE@example.com'))).toEqual(['DUPLICATE input.email']);
    expect(codes(await invite('grace@example.com', 'AGENCY_MEMBER', 'otherAgencyAdmin'))).toEqual([]);
  });
});

describe('a portal user', () => {
  const portal = (more: object = {}) =>
    run(INVITE_PORTAL, { clientId: MAPLE, email: 'pia@example.com', name: 'Pia', ...more });

  test('gets the permissions that are given, and what it may do changes with the next request', async () => {
    const { person } = await portal({ permissions: ['VIEW_AGENTS'] });
    const agents = async () =>
      post(
        running.url,
        await token('pia', 'pia@example.com'),
        { query: '{ agents { nodes { id } } }' },
        { 'latchkey-agency': BRIGHTLINE },
      );
    expect((await agents()).data).toEqual({
      agents: { nodes: [{ id: MAPLE_RETELL_AGENT }, { id: expect.any(String) as string }] },
    });
    await run(CHANGE_PORTAL, { personId: person?.id, permissions: [] });
    expect((await agents()).errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
    await run(REMOVE, { personId: person?.id });
    expect((await agents()).status).toBe(401);
    expect(await lastEvent()).toMatchObject({
      type: 'PERSON_REMOVED',
      personId: person?.id,
      name: 'Pia',
      actorName: 'Ada Brightline',
    });
  });

  test("gets the client's defaults when none are given; changing defaults changes nobody who is there", async () => {
    await run(CLIENT_DEFAULTS, { clientId: MAPLE, permissions: ['VIEW_CALLS'] });
    const first = await portal();
    expect(first.person?.permissions).toEqual(['VIEW_CALLS']);
    await run(CLIENT_DEFAULTS, { clientId: MAPLE, permissions: [] });
    const { people } = await running.data<{ people: { nodes: Person[] } }>(PEOPLE, { clientId: MAPLE });
    expect(people.nodes.map(({ permissions }) => permissions)).toEqual([['VIEW_CALLS']]);
  });

  test("has its client's defaults from the agency's at the client's creation; changing the agency's changes no existing client", async () => {
    await run(DEFAULTS, { permissions: ['VIEW_AGENTS', 'EDIT_AGENTS'] });
    const { createClient } = await running.data<{ createClient: { client: { id: string } } }>(CREATE_CLIENT, {
      input: { name: 'New' },
    });
    await run(DEFAULTS, { permissions: [] });
    const query = 'query ($id: ID!) { client(id: $id) { portalPermissions } agency { portalPermissions } }';
    expect(await running.data(query, { id: createClient.client.id })).toEqual({
      client: { portalPermissions: ['VIEW_AGENTS', 'EDIT_AGENTS'] },
      agency: { portalPermissions: [] },
    });
  });

  test.each([
    [['EDIT_AGENTS'], ['PERMISSION_NEEDED input.permissions.0']],
    [['VIEW_CALL_DETAILS', 'VIEW_AGENTS'], ['PERMISSION_NEEDED input.permissions.0']],
    [['MANAGE_INTEGRATIONS'], ['PERMISSION_NEEDED input.permissions.0']],
    [['VIEW_AGENTS', 'VIEW_AGENTS'], ['DUPLICATE input.permissions.1']],
    [[...PORTAL_PERMISSIONS], []],
  ])('with %j is answered %j, wherever permissions are given', async (permissions, expected) => {
    expect(codes(await portal({ permissions }))).toEqual(expected);
    expect(codes(await run(CHANGE_PORTAL, { personId: HANA, permissions }))).toEqual(expected);
    expect(codes(await run(DEFAULTS, { permissions }))).toEqual(expected);
    expect(codes(await run(CLIENT_DEFAULTS, { clientId: MAPLE, permissions }))).toEqual(expected);
  });

  test('cannot be made one of the agency, nor the other way round', async () => {
    expect(codes(await run(CHANGE, { personId: HANA, role: 'AGENCY_ADMIN' }))).toEqual([
      'NOT_FOUND input.personId',
    ]);
    expect(codes(await run(CHANGE_PORTAL, { personId: MAX, permissions: [] }))).toEqual([
      'NOT_FOUND input.personId',
    ]);
  });
});

describe('the last admin', () => {
  test('is neither demoted nor removed; an admin who has never signed in does not count', async () => {
    await invite('grace@example.com', 'AGENCY_ADMIN');
    expect(codes(await run(CHANGE, { personId: ADA, role: 'AGENCY_MEMBER' }))).toEqual([
      'LAST_ADMIN input.personId',
    ]);
    expect(codes(await run(REMOVE, { personId: ADA }))).toEqual(['LAST_ADMIN input.personId']);
    await signIn('grace', 'grace@example.com');
    expect(codes(await run(REMOVE, { personId: ADA }))).toEqual([]);
  });

  test.each<
    [string, string, (people: PersonService, viewer: Viewer, personId: string) => Promise<PersonResult>]
  >([
    ['removed', unauthenticated().message, (people, viewer, personId) => people.remove(viewer, personId)],
    [
      'demoted',
      forbidden().message,
      (people, viewer, personId) => people.changeRole(viewer, personId, 'AGENCY_MEMBER'),
    ],
  ])(
    'stays when two admins are %s by each other at the same time: exactly one change succeeds',
    async (_what, refusal, leave) => {
      const { person } = await invite('grace@example.com', 'AGENCY_ADMIN');
      await signIn('grace', 'grace@example.com');
      const { database } = running.app;
      // Without HTTP: whose sign-in comes after the other's change would be refused before there is a race.
      const people = personService(running.app);
      const admins = await database.read.findBy(PersonRow, { id: In([ADA, person?.id]) });
      const viewers = admins.map((admin) =>
        viewerOfPerson(admin, { requestId: NEVER_GIVEN_OUT, sourceAddress: null }),
      );
      const rounds: string[][] = [];
      for (let round = 0; round < 25; round += 1) {
        const results = await Promise.allSettled(
          viewers.map((viewer, index) => leave(people, viewer as Viewer, admins[1 - index]?.id ?? '')),
        );
        const refusals = results.filter((result) => result.status === 'rejected');
        rounds.push(refusals.map(({ reason }) => (reason as Error).message));
        await database.write(async (tx) => {
          await tx.delete(PersonRow, { id: In(admins.map(({ id }) => id)) });
          await tx.insert(PersonRow, admins);
        });
      }
      expect(rounds).toEqual(Array.from({ length: 25 }, () => [refusal]));
    },
  );
});

describe('people of others', () => {
  test.each([
    [CHANGE, { role: 'AGENCY_MEMBER' }],
    [CHANGE_PORTAL, { permissions: [] }],
    [REMOVE, {}],
  ])('are as if never there: %s', async (query, more) => {
    const of = async (personId: string) =>
      (await running.ask('otherAgencyAdmin', query, { input: { personId, ...more } })).text;
    expect(await of(query === CHANGE_PORTAL ? HANA : MAX)).toBe(await of(NEVER_GIVEN_OUT));
    expect(await of('no id at all')).toBe(await of(NEVER_GIVEN_OUT));
  });

  test('cannot be invited to a client of another agency, nor listed', async () => {
    expect(
      codes(await run(INVITE_PORTAL, { clientId: OTHER_AGENCYS_CLIENT, email: 'a@example.com', name: 'A' })),
    ).toEqual(['NOT_FOUND input.clientId']);
    expect(codes(await run(CLIENT_DEFAULTS, { clientId: OTHER_AGENCYS_CLIENT, permissions: [] }))).toEqual([
      'NOT_FOUND input.clientId',
    ]);
    expect(await running.data(PEOPLE, { clientId: HARBOR }, 'otherAgencyAdmin')).toEqual({
      people: { nodes: [] },
    });
    expect(
      (await running.data<{ people: { nodes: Person[] } }>(PEOPLE)).people.nodes.map(({ id }) => id),
    ).toEqual([ADA, MAX]);
  });
});

describe('agents', () => {
  const RENAME =
    'mutation ($input: RenameAgentInput!) { renameAgent(input: $input) { agent { name } userErrors { code field } } }';
  const ASSIGN =
    'mutation ($input: AssignAgentInput!) { assignAgent(input: $input) { agent { client { id } keyResolution { source } } userErrors { code field } } }';
  const rename = (as: Parameters<TestApp['ask']>[0], agentId: string) =>
    running.ask(as, RENAME, { input: { agentId, name: 'Renamed' } });

  test('are renamed by a portal user with EDIT_AGENTS, of its own client alone', async () => {
    expect((await rename('portalUser', HARBOR_RETELL_AGENT)).data).toEqual({
      renameAgent: { agent: { name: 'Renamed' }, userErrors: [] },
    });
    expect((await rename('portalUser', MAPLE_RETELL_AGENT)).text).toBe(
      (await rename('portalUser', NEVER_GIVEN_OUT)).text,
    );
    for (const persona of ['portalUserNoPermissions', 'agencyMember'] as const) {
      expect(
        (await rename(persona, HARBOR_RETELL_AGENT)).errors.map(({ extensions }) => extensions.code),
      ).toEqual(['FORBIDDEN']);
    }
  });

  test('that are assigned to another client use the key that the chain finds there from then on', async () => {
    const assign = (clientId: string | null) =>
      running.data(ASSIGN, { input: { agentId: MAPLE_RETELL_AGENT, clientId } });
    expect(await assign(HARBOR)).toEqual({
      assignAgent: { agent: { client: { id: HARBOR }, keyResolution: { source: 'CLIENT' } }, userErrors: [] },
    });
    expect(await assign(null)).toEqual({
      assignAgent: { agent: { client: null, keyResolution: { source: 'AGENCY' } }, userErrors: [] },
    });
    expect(await assign(OTHER_AGENCYS_CLIENT)).toEqual({
      assignAgent: { agent: null, userErrors: [{ code: 'NOT_FOUND', field: ['input', 'clientId'] }] },
    });
  });
});

describe('a change that changes nothing', () => {
  const RENAME =
    'mutation ($input: RenameAgentInput!) { renameAgent(input: $input) { agent { id } userErrors { code } } }';
  const ASSIGN =
    'mutation ($input: AssignAgentInput!) { assignAgent(input: $input) { agent { id } userErrors { code } } }';

  test.each<[string, string, object, object]>([
    ['a role', CHANGE, { personId: MAX, role: 'AGENCY_ADMIN' }, { personId: MAX, role: 'AGENCY_ADMIN' }],
    [
      'permissions',
      CHANGE_PORTAL,
      { personId: HANA, permissions: ['VIEW_CALLS', 'VIEW_AGENTS'] },
      { personId: HANA, permissions: ['VIEW_AGENTS', 'VIEW_CALLS'] },
    ],
    [
      "the agency's defaults",
      DEFAULTS,
      { permissions: ['VIEW_CALLS', 'VIEW_AGENTS'] },
      { permissions: ['VIEW_AGENTS', 'VIEW_CALLS'] },
    ],
    [
      "a client's defaults",
      CLIENT_DEFAULTS,
      { clientId: MAPLE, permissions: [] },
      { clientId: MAPLE, permissions: [] },
    ],
    [
      'a name',
      RENAME,
      { agentId: HARBOR_RETELL_AGENT, name: 'New' },
      { agentId: HARBOR_RETELL_AGENT, name: ' New ' },
    ],
    [
      'a client',
      ASSIGN,
      { agentId: HARBOR_RETELL_AGENT, clientId: MAPLE },
      { agentId: HARBOR_RETELL_AGENT, clientId: MAPLE },
    ],
  ])('has no event, and the same answer: %s', async (_what, query, first, again) => {
    const count = async () =>
      (await running.data<{ auditEvents: { totalCount: number } }>('{ auditEvents { totalCount } }'))
        .auditEvents.totalCount;
    const before = await count();
    const changed = await run(query, first);
    expect(await count()).toBe(before + 1);
    expect(await run(query, again)).toEqual(changed);
    expect(await count()).toBe(before + 1);
  });
});

test.each([
  'callSummary { total }',
  'people { totalCount }',
  'serviceTokens { totalCount }',
  'auditEvents { totalCount }',
  'keyHandIns { totalCount }',
  'keyLinks { totalCount }',
])('a refused %s leaves the rest of the answer as it is', async (section) => {
  const { data, errors } = await running.ask('portalUserNoPermissions', `{ viewer { role } ${section} }`);
  const name = section.split(' ')[0] ?? '';
  expect(data).toEqual({ viewer: { role: 'PORTAL_USER' }, [name]: null });
  expect(errors.map(({ extensions, path }) => [extensions.code, path])).toEqual([['FORBIDDEN', [name]]]);
});

test('a summary of calls counts what the viewer may see', async () => {
  const START =
    'mutation ($input: StartTestCallInput!) { startTestCall(input: $input) { userErrors { code } } }';
  for (const agentId of [HARBOR_RETELL_AGENT, MAPLE_RETELL_AGENT])
    await running.data(START, { input: { agentId, toNumber: '+14155550123' } });
  const SUMMARY = '{ callSummary { total counts { status provider count } } }';
  expect(await running.data(SUMMARY)).toEqual({
    callSummary: { total: 2, counts: [{ status: 'QUEUED', provider: 'RETELL', count: 2 }] },
  });
  expect(await running.data(SUMMARY, {}, 'portalUser')).toMatchObject({ callSummary: { total: 1 } });
  expect(await running.data(SUMMARY, {}, 'otherAgencyAdmin')).toEqual({
    callSummary: { total: 0, counts: [] },
  });
  expect(
    (await running.ask('portalUserNoPermissions', SUMMARY)).errors.map(({ extensions }) => extensions.code),
  ).toEqual(['FORBIDDEN']);
  const long = await running.ask('agencyAdmin', '{ callSummary(since: "2020-01-01T00:00:00Z") { total } }');
  expect(long.errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
});

test.each([
  ['since', '(since: "2026-02-01T00:00:00Z", until: "2026-01-31T23:59:59Z")'],
  ['since', '(since: "1969-12-31T23:59:59Z", until: "1970-01-02T00:00:00Z")'],
  ['since', '(since: "0001-01-01T00:00:00Z", until: "0001-01-02T00:00:00Z")'],
  ['until', '(since: "9999-12-31T00:00:00Z", until: "9999-12-31T23:00:00-12:00")'],
])(
  'calls are not counted in a span that ends before it begins, or that databases cannot represent: %s, %s',
  async (argument, span) => {
    const { data, errors } = await running.ask('agencyAdmin', `{ callSummary${span} { total } }`);
    expect([data, errors.map(({ extensions }) => [extensions.code, extensions.argument])]).toEqual([
      { callSummary: null },
      [['BAD_USER_INPUT', argument]],
    ]);
  },
);

test('calls are counted in a span that ends when it begins', async () => {
  const span = '(since: "2026-01-31T00:00:00Z", until: "2026-01-31T00:00:00Z")';
  expect(await running.data(`{ callSummary${span} { total } }`)).toEqual({ callSummary: { total: 0 } });
});
