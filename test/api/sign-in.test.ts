import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { PersonRow } from '../../src/people/person.entity';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { entities } from '../../src/entities';
import { addPerson, createAgency, RefusedPerson } from '../../src/people/enrol';
import { dataSourceOptions } from '../../src/database/database';
import { newServiceToken } from '../../src/people/service-token';
import { HARBOR } from '../demo-ids';
import { post, startTestApp, type Answer, type TestApp } from '../harness';
import { codes, type UserErrors } from '../operations';

const BRIGHTLINE = '01900000-0000-7000-8000-000000000001';
const NORTHWIND = '01900000-0000-7000-8000-000000000002';
const NOBODYS = '01900000-0000-7000-8000-000000000009';
const INVITE =
  'mutation ($input: InviteAgencyPersonInput!) { inviteAgencyPerson(input: $input) { person { id } userErrors { code field } } }';
const INVITE_PORTAL =
  'mutation ($input: InvitePortalUserInput!) { invitePortalUser(input: $input) { person { id } userErrors { code field } } }';
const VIEWER = '{ viewer { role agency { id } } }';

type Admin = 'agencyAdmin' | 'otherAgencyAdmin';

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

const invite = async (as: Admin, more: object = {}) => {
  const { inviteAgencyPerson } = await running.data<{ inviteAgencyPerson: UserErrors }>(
    INVITE,
    { input: { email: 'grace@example.com', name: 'Grace', role: 'AGENCY_MEMBER', ...more } },
    as,
  );
  expect(codes(inviteAgencyPerson)).toEqual([]);
};
const signIn = async (
  agency?: string,
  subject = 'grace',
  email: string | null = 'grace@example.com',
): Promise<Answer> => {
  const token = await running.issuer.mint({
    subject,
    audience: running.audience,
    expiresInSeconds: 600,
    ...(email !== null && { email, emailVerified: true }),
  });
  return post(
    running.url,
    token,
    { query: VIEWER },
    agency === undefined ? {} : { 'latchkey-agency': agency },
  );
};
const agencyOf = ({ status, data }: Answer) =>
  status === 200 ? (data as { viewer: { agency: { id: string } } }).viewer.agency.id : status;
const graces = async () =>
  (await running.app.database.read.find(PersonRow, { order: { id: 'ASC' } })).filter(
    ({ name }) => name === 'Grace',
  );
const eventsOf = async (type: 'PERSON_JOINED' | 'SIGN_IN_REFUSED') =>
  running.app.database.read.find(AuditEventRow, { where: { type }, order: { id: 'ASC' } });

describe('someone of several agencies', () => {
  test('takes up each invitation by the name of its agency, and is in each who it is there', async () => {
    await invite('agencyAdmin', { role: 'AGENCY_ADMIN' });
    await invite('otherAgencyAdmin');
    expect(agencyOf(await signIn(NORTHWIND))).toBe(NORTHWIND);
    expect((await signIn(BRIGHTLINE)).data).toEqual({
      viewer: { role: 'AGENCY_ADMIN', agency: { id: BRIGHTLINE } },
    });
    expect((await signIn(NORTHWIND)).data).toEqual({
      viewer: { role: 'AGENCY_MEMBER', agency: { id: NORTHWIND } },
    });
  });

  test('is signed in to the one that was joined first when none is named', async () => {
    await invite('agencyAdmin');
    await invite('otherAgencyAdmin');
    await signIn(NORTHWIND);
    expect(agencyOf(await signIn())).toBe(NORTHWIND);
    await signIn(BRIGHTLINE);
    expect(agencyOf(await signIn())).toBe(NORTHWIND);
    expect(agencyOf(await signIn(undefined, 'grace', null))).toBe(NORTHWIND);
  });

  test("is not drawn away by a stranger's invitation: it counts only by name, for someone who is known and for someone invited", async () => {
    await invite('otherAgencyAdmin');
    expect((await signIn()).status).toBe(401);
    expect(agencyOf(await signIn(NORTHWIND))).toBe(NORTHWIND);
    await invite('agencyAdmin');
    expect(agencyOf(await signIn())).toBe(NORTHWIND);
    expect((await graces()).map(({ joinedAt }) => joinedAt !== null)).toEqual([true, false]);
    expect(agencyOf(await signIn(BRIGHTLINE))).toBe(BRIGHTLINE);
  });

  test('takes up two invitations in two requests at once, each in the agency that it names', async () => {
    for (let round = 0; round < 8; round += 1) {
      const more = { email: `grace${round}@example.com` };
      await invite('agencyAdmin', more);
      await invite('otherAgencyAdmin', more);
      const agencies = [BRIGHTLINE, NORTHWIND, BRIGHTLINE, NORTHWIND];
      expect(
        (await Promise.all(agencies.map((agency) => signIn(agency, `grace${round}`, more.email)))).map(
          agencyOf,
        ),
      ).toEqual(agencies);
    }
    expect(await eventsOf('PERSON_JOINED')).toHaveLength(16);
  });

  test('is refused in an agency that has neither a membership nor an invitation, also of the one that invited others', async () => {
    await invite('otherAgencyAdmin');
    for (const agency of [BRIGHTLINE, NOBODYS, '', `${NORTHWIND}%`, '%'])
      expect((await signIn(agency)).status).toBe(401);
    expect((await graces()).map(({ identityDigest }) => identityDigest)).toEqual([null]);
  });

  test('has a place in each that the other cannot take: removed from one, it stays in the other', async () => {
    await invite('agencyAdmin');
    await invite('otherAgencyAdmin');
    await signIn(BRIGHTLINE);
    await signIn(NORTHWIND);
    const [first] = await graces();
    await running.data(
      'mutation ($input: RemovePersonInput!) { removePerson(input: $input) { userErrors { code } } }',
      { input: { personId: first?.id } },
    );
    expect((await signIn(BRIGHTLINE)).status).toBe(401);
    expect(agencyOf(await signIn())).toBe(NORTHWIND);
  });

  test('who is a portal user in one and a member in another is scoped by the agency that is named', async () => {
    await running.data(INVITE_PORTAL, {
      input: { clientId: HARBOR, email: 'grace@example.com', name: 'Grace' },
    });
    await invite('otherAgencyAdmin');
    expect((await signIn(BRIGHTLINE)).data).toEqual({
      viewer: { role: 'PORTAL_USER', agency: { id: BRIGHTLINE } },
    });
    expect((await signIn(NORTHWIND)).data).toEqual({
      viewer: { role: 'AGENCY_MEMBER', agency: { id: NORTHWIND } },
    });
  });

  test('whom the operator added is found although an invitation to the same agency was not taken up', async () => {
    const { database, audit } = running.app;
    await invite('agencyAdmin');
    await addPerson(database, audit, {
      agency: BRIGHTLINE,
      role: 'AGENCY_ADMIN',
      name: 'Grace',
      subject: 'grace',
      issuer: running.issuer.issuer,
    });
    for (const agency of [undefined, BRIGHTLINE])
      expect((await signIn(agency)).data).toEqual({
        viewer: { role: 'AGENCY_ADMIN', agency: { id: BRIGHTLINE } },
      });
  });

  test('may be added by the operator to each agency once, and may be the first admin of another', async () => {
    const { database, audit } = running.app;
    const grace = { role: 'AGENCY_MEMBER', name: 'Grace', subject: ' grace ', issuer: running.issuer.issuer };
    await addPerson(database, audit, { ...grace, agency: BRIGHTLINE });
    await addPerson(database, audit, { ...grace, agency: NORTHWIND });
    await expect(addPerson(database, audit, { ...grace, agency: NORTHWIND })).rejects.toThrow(RefusedPerson);
    const own = await createAgency(database, audit, 'Own', grace);
    for (const agency of [BRIGHTLINE, NORTHWIND, own]) expect(agencyOf(await signIn(agency))).toBe(agency);
  });
});

describe('a sign-in', () => {
  test('of someone known asks the database once, with and without the name of an agency', async () => {
    await invite('agencyAdmin');
    await signIn(BRIGHTLINE);
    const { read } = running.app.database;
    const rows = jest.spyOn(read, 'rows');
    const find = jest.spyOn(read, 'find');
    await signIn();
    await signIn(BRIGHTLINE);
    expect(rows.mock.calls.filter(([sql]) => sql.includes('people'))).toHaveLength(2);
    expect(find).not.toHaveBeenCalled();
    rows.mockRestore();
    find.mockRestore();
  });

  test('of many at the same time finds each of them, and nobody for a token that is not known', async () => {
    const personas = [
      'agencyAdmin',
      'agencyMember',
      'portalUser',
      'portalUserNoPermissions',
      'otherAgencyAdmin',
    ] as const;
    const query = '{ viewer { name role agency { id } client { id } } }';
    const alone = await Promise.all(
      personas.map(async (persona) => (await running.ask(persona, query)).text),
    );
    expect(new Set(alone).size).toBe(personas.length);
    const rows = jest.spyOn(running.app.database.read, 'rows');
    const strangers = Array.from({ length: 20 }, (_, index) => signIn(undefined, `stranger-${index}`, null));
    const known = Array.from(
      { length: 100 },
      async (_, index) => (await running.ask(personas[index % 5] ?? null, query)).text,
    );
    expect(await Promise.all(known)).toEqual(Array.from({ length: 100 }, (_, index) => alone[index % 5]));
    expect((await Promise.all(strangers)).map(({ status }) => status)).toEqual(
      Array.from({ length: 20 }, () => 401),
    );
    const lookUps = rows.mock.calls.filter(([sql]) => sql.includes('FROM people'));
    rows.mockRestore();
    expect(lookUps.length).toBeLessThan(120);
  });

  test('of someone known that names another agency is refused, and recorded where it is known, once a minute', async () => {
    await invite('agencyAdmin');
    await signIn(BRIGHTLINE);
    for (const agency of [NORTHWIND, NOBODYS, 'x']) expect((await signIn(agency)).status).toBe(401);
    const [grace] = await graces();
    const [event, ...more] = await eventsOf('SIGN_IN_REFUSED');
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      agencyId: BRIGHTLINE,
      actorKind: 'PERSON',
      actorId: grace?.id,
      actorName: 'Grace',
      sourceAddress: '127.0.0.1',
    });
    expect(JSON.parse(event?.details ?? '')).toMatchObject({
      personId: grace?.id,
      name: 'Grace',
      reason: 'OTHER_AGENCY',
    });
    await running.app.database.write((tx) =>
      tx.update(PersonRow, { id: grace?.id }, { lastRefusedAt: new Date(Date.now() - 61_000) }),
    );
    await Promise.all(Array.from({ length: 6 }, () => signIn(NORTHWIND)));
    expect(await eventsOf('SIGN_IN_REFUSED')).toHaveLength(2);
  });

  test('that is refused is recorded in each agency that knows the person, and in no other', async () => {
    await invite('agencyAdmin');
    await invite('otherAgencyAdmin');
    await signIn(BRIGHTLINE);
    await signIn(NORTHWIND);
    await signIn(NOBODYS);
    expect((await eventsOf('SIGN_IN_REFUSED')).map(({ agencyId }) => agencyId).sort()).toEqual([
      BRIGHTLINE,
      NORTHWIND,
    ]);
  });

  test('that proves nobody who is known is refused without an event: there is no agency to which it belongs', async () => {
    await invite('agencyAdmin');
    for (const [subject, email] of [
      ['mallory', 'mallory@example.com'],
      ['grace', 'grace@example.com'],
    ] as const)
      expect((await signIn(NORTHWIND, subject, email)).status).toBe(401);
    expect(await eventsOf('SIGN_IN_REFUSED')).toEqual([]);
  });
});

describe('the log', () => {
  const ask = async (authorization: string, headers: Record<string, string> = {}) => {
    const from = running.logs.length;
    const answer = await post(running.url, null, { query: VIEWER }, { authorization, ...headers });
    const lines = running.logs.slice(from).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(answer.status).toBe(401);
    return { text: answer.text, reason: lines.find(({ route }) => route === '/graphql')?.signInRefused };
  };
  const mint = (more: Partial<Parameters<TestApp['issuer']['mint']>[0]> = {}) =>
    running.issuer.mint({ subject: 'grace', audience: running.audience, expiresInSeconds: 600, ...more });

  test('has the reason of each refused sign-in as a code and never the token, and the answer is the same for all', async () => {
    await invite('agencyAdmin');
    await invite('otherAgencyAdmin');
    const { createServiceToken } = await running.data<{ createServiceToken: { token: string } }>(
      'mutation { createServiceToken(input: { name: "CI", role: AGENCY_MEMBER }) { token userErrors { code } } }',
    );
    const service = createServiceToken.token;
    const good = await mint();
    const inNorthwind = { 'latchkey-agency': NORTHWIND };
    const cases: [string, string, Record<string, string>?][] = [
      ['AUDIENCE', await mint({ audience: 'another' })],
      ['EXPIRED', await mint({ expiresInSeconds: -600 })],
      ['SIGNATURE', `${good.slice(0, -6)}AAAAAA`],
      ['NOT_A_JWT', 'opaque-token'],
      ['NOT_A_BEARER_TOKEN', 'two words'],
      ['NOBODY_KNOWN', await mint({ email: 'grace@example.com' })],
      ['NO_ADDRESS', good, inNorthwind],
      ['ADDRESS_NOT_VERIFIED', await mint({ email: 'grace@example.com', emailVerified: false }), inNorthwind],
      ['NOT_INVITED', await mint({ email: 'eve@example.com' }), inNorthwind],
      ['OTHER_AGENCY', running.tokens.agencyAdmin, inNorthwind],
      ['OTHER_AGENCY', service, inNorthwind],
      ['SERVICE_TOKEN_MALFORMED', `${service.slice(0, -1)}!`],
      ['SERVICE_TOKEN_UNKNOWN', newServiceToken()],
    ];
    const answers: string[] = [];
    for (const [reason, token, headers] of cases) {
      const answer = await ask(`Bearer ${token}`, headers);
      expect([reason, answer.reason]).toEqual([reason, reason]);
      expect(running.logs.join('')).not.toContain(token.slice(-20));
      answers.push(answer.text);
    }
    expect(new Set(answers).size).toBe(1);
    expect((await ask('')).reason).toBe('NOT_A_BEARER_TOKEN');
    expect(running.logs.join('')).not.toContain('NO_TOKEN');
  });
});

test('going back to one agency for each person keeps everyone in the agency that was joined first', async () => {
  await invite('agencyAdmin');
  await invite('otherAgencyAdmin');
  await signIn(NORTHWIND);
  await signIn(BRIGHTLINE);
  const source = await new DataSource(
    dataSourceOptions(running.databaseUrl, { entities, migrations }),
  ).initialize();
  while (
    (await source.query<{ name: string }[]>('SELECT name FROM migrations')).some(({ name }) =>
      name.startsWith('PeopleOfSeveralAgencies'),
    )
  )
    await source.undoLastMigration();
  const left = await source.query<{ agencyId: string }[]>("SELECT agencyId FROM people WHERE name = 'Grace'");
  await source.runMigrations();
  await source.destroy();
  expect(left).toEqual([{ agencyId: NORTHWIND }]);
});
