import { AgencyRow } from '../../src/agencies/agency.entity';
import { emailDigest } from '../../src/people/email';
import { identityDigest } from '../../src/people/identities';
import { InvitationService } from '../../src/people/invitation.service';
import { PersonRow } from '../../src/people/person.entity';
import { newId } from '../../src/platform/ids';
import { MAPLE, NEVER_GIVEN_OUT } from '../demo-ids';
import { post, startTestApp, type Answer, type TestApp } from '../harness';
import { codes, type UserErrors } from '../operations';

const BRIGHTLINE = '01900000-0000-7000-8000-000000000001';
const NORTHWIND = '01900000-0000-7000-8000-000000000002';
const INVITE = `mutation ($input: InviteAgencyPersonInput!) { inviteAgencyPerson(input: $input) { person { id } userErrors { code } } }`;
const INVITE_PORTAL = `mutation ($input: InvitePortalUserInput!) { invitePortalUser(input: $input) { person { id } userErrors { code } } }`;
const FIELDS = 'invitationId agencyId agencyName invitedByName role clientName';
const INVITATIONS = `{ invitations { ${FIELDS} } }`;
const ACCEPT = `mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { invitation { ${FIELDS} } userErrors { code field } } }`;
const DECLINE = `mutation ($input: DeclineInvitationInput!) { declineInvitation(input: $input) { invitation { invitationId } userErrors { code field } } }`;
const VIEWER = '{ viewer { role agency { id } } }';

interface Shown {
  readonly invitationId: string;
  readonly agencyId: string;
  readonly invitedByName: string | null;
}

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

const invite = (as: 'agencyAdmin' | 'otherAgencyAdmin' = 'agencyAdmin') =>
  running.data(INVITE, { input: { email: 'grace@example.com', name: 'Grace', role: 'AGENCY_MEMBER' } }, as);
const mint = (subject = 'grace', email = `${subject}@example.com`, emailVerified = true) =>
  running.issuer.mint({ subject, audience: running.audience, expiresInSeconds: 600, email, emailVerified });
const ask = async (
  query: string,
  variables?: object,
  token?: string,
  headers: Record<string, string> = {},
): Promise<Answer> => post(running.url, token ?? (await mint()), { query, variables }, headers);
const shownTo = async (token?: string) =>
  ((await ask(INVITATIONS, undefined, token)).data as { invitations: Shown[] }).invitations;
const decide = async (query: string, invitationId: string | undefined, token?: string) => {
  const { data } = await ask(query, { input: { invitationId } }, token);
  return Object.values(data as Record<string, UserErrors & { invitation: Shown | null }>)[0];
};
const events = async (type: string) =>
  (
    await running.data<{ auditEvents: { nodes: { type: string; actorName: string }[] } }>(
      `{ auditEvents(filter: { types: [${type}] }) { nodes { type actorName personId } } }`,
    )
  ).auditEvents.nodes;

describe('the agencies to which somebody belongs', () => {
  const MEMBERSHIPS = '{ memberships { agencyId agencyName } }';
  const brightline = { agencyId: BRIGHTLINE, agencyName: 'Brightline Voice' };
  const northwind = { agencyId: NORTHWIND, agencyName: 'Northwind Calls' };

  test('are told in the order of joining, whichever is named, and none before an invitation is accepted', async () => {
    await invite();
    await invite('otherAgencyAdmin');
    expect((await ask(MEMBERSHIPS)).data).toEqual({ memberships: [] });
    const shown = await shownTo();
    for (const agencyId of [NORTHWIND, BRIGHTLINE])
      await decide(ACCEPT, shown.find((each) => each.agencyId === agencyId)?.invitationId);
    for (const headers of [{}, { 'latchkey-agency': BRIGHTLINE }])
      expect((await ask(MEMBERSHIPS, undefined, undefined, headers)).data).toEqual({
        memberships: [northwind, brightline],
      });
  });

  test('are told also where the header names an agency to which the person does not belong', async () => {
    const headers = { 'latchkey-agency': NORTHWIND };
    const { data } = await ask(MEMBERSHIPS, undefined, running.tokens.agencyAdmin, headers);
    expect(data).toEqual({ memberships: [brightline] });
  });

  test('are not told to a service token, nor to a stranger', async () => {
    const created = await running.data<{ createServiceToken: { token: string } }>(
      'mutation { createServiceToken(input: { name: "CRM", role: AGENCY_ADMIN }) { token } }',
    );
    expect((await ask(MEMBERSHIPS, undefined, created.createServiceToken.token)).data).toEqual({
      memberships: null,
    });
    expect((await post(running.url, null, { query: MEMBERSHIPS })).data).toEqual({ memberships: null });
  });
});

describe('somebody who is invited', () => {
  test('sees who invites before anything happens, and belongs to no agency until they accept', async () => {
    await invite();
    await running.data(INVITE_PORTAL, {
      input: { clientId: MAPLE, email: 'pia@example.com', name: 'Pia' },
    });
    const expected = {
      agencyId: BRIGHTLINE,
      agencyName: 'Brightline Voice',
      invitedByName: 'Ada Brightline',
    };
    expect(await shownTo()).toMatchObject([{ ...expected, role: 'AGENCY_MEMBER', clientName: null }]);
    expect(await shownTo(await mint('pia'))).toMatchObject([
      { ...expected, role: 'PORTAL_USER', clientName: 'Maple Realty' },
    ]);
    expect((await ask(VIEWER)).status).toBe(401);
    expect(await events('PERSON_JOINED')).toEqual([]);
  });

  test('belongs to the agency from the next request on after accepting, once, with one event', async () => {
    await invite();
    const [invitation] = await shownTo();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => decide(ACCEPT, invitation?.invitationId)),
    );
    for (const answer of answers) expect(answer?.invitation?.invitationId).toBe(invitation?.invitationId);
    expect((await ask(VIEWER)).data).toEqual({
      viewer: { role: 'AGENCY_MEMBER', agency: { id: BRIGHTLINE } },
    });
    expect(await events('PERSON_JOINED')).toMatchObject([
      { actorName: 'Grace', personId: invitation?.invitationId },
    ]);
    expect(await shownTo()).toEqual([]);
  });

  test('is answered in the same way when the answer to accepting was lost, whatever became of the address', async () => {
    await invite();
    const [invitation] = await shownTo();
    const first = await decide(ACCEPT, invitation?.invitationId);
    expect(first).toEqual({ invitation, userErrors: [] });
    for (const token of [await mint(), await mint('grace', 'new@example.com', false)])
      expect(await decide(ACCEPT, invitation?.invitationId, token)).toEqual(first);
    expect(await events('PERSON_JOINED')).toHaveLength(1);
    const others = [await mint('eve', 'grace@example.com'), running.tokens.agencyAdmin];
    for (const [query, token] of [[DECLINE, await mint()], ...others.map((each) => [ACCEPT, each])] as const)
      expect(codes((await decide(query, invitation?.invitationId, token)) as UserErrors)).toEqual([
        'NOT_FOUND input.invitationId',
      ]);
  });

  test('takes up each of several invitations by its own decision, also as a member of another agency', async () => {
    await invite();
    await invite('otherAgencyAdmin');
    const shown = await shownTo();
    expect(shown.map(({ agencyId }) => agencyId)).toEqual([NORTHWIND, BRIGHTLINE]);
    await decide(ACCEPT, shown[0]?.invitationId);
    expect((await shownTo()).map(({ agencyId }) => agencyId)).toEqual([BRIGHTLINE]);
    await decide(ACCEPT, shown[1]?.invitationId);
    expect((await ask(VIEWER)).data).toMatchObject({ viewer: { agency: { id: NORTHWIND } } });
    expect((await ask(VIEWER, {}, undefined, { 'latchkey-agency': BRIGHTLINE })).data).toMatchObject({
      viewer: { agency: { id: BRIGHTLINE } },
    });
  });

  test('may decline: the invitation is gone, the agency sees it, and a new one can be made', async () => {
    await invite();
    const [invitation] = await shownTo();
    expect(await decide(DECLINE, invitation?.invitationId)).toMatchObject({
      invitation: { invitationId: invitation?.invitationId },
    });
    expect(await shownTo()).toEqual([]);
    for (const query of [ACCEPT, DECLINE])
      expect(codes((await decide(query, invitation?.invitationId)) as UserErrors)).toEqual([
        'NOT_FOUND input.invitationId',
      ]);
    expect(await events('INVITATION_DECLINED')).toMatchObject([{ actorName: 'Grace' }]);
    await invite();
    expect(await shownTo()).toHaveLength(1);
  });

  test('is shown no name where the one who invited is gone, and the invitation was kept', async () => {
    await invite();
    await running.app.database.write((tx) =>
      tx.update(PersonRow, { name: 'Grace' }, { createdBy: NEVER_GIVEN_OUT }),
    );
    expect(await shownTo()).toMatchObject([{ invitedByName: null }]);
  });
});

describe('the header that names an agency', () => {
  const headers = { 'latchkey-agency': BRIGHTLINE };
  const json = { 'content-type': 'application/json', ...headers };
  const send = async (init: RequestInit, query = '') => {
    const authorization = `Bearer ${await mint()}`;
    const url = new URL(`/graphql${query}`, running.url);
    return fetch(url, { ...init, headers: { ...(init.headers as object), authorization } });
  };
  const body = (content: unknown) => ({ method: 'POST', headers: json, body: JSON.stringify(content) });
  const SET_NAME = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }';

  test.each<[what: string, () => Promise<Response>]>([
    ['a GET', () => send({ headers }, `?query=${encodeURIComponent(VIEWER)}`)],
    ['no JSON', () => send({ ...body(null), body: '{"query":' })],
    ['no GraphQL', () => send(body({ query: '{ viewer' }))],
    ['what does not fit the schema', () => send(body({ query: '{ viewer { nme } }' }))],
    ['what is beyond a limit', () => send(body({ query: `{ ${'viewer { role } '.repeat(2_000)} }` }))],
    ['no operation', () => send(body({ query: `query A ${VIEWER}`, operationName: 'B' }))],
    [
      'wrong variables',
      () => send(body({ query: 'query ($n: Int!) { clients(first: $n) { totalCount } }' })),
    ],
    ['a refused mutation', () => send(body({ query: SET_NAME, variables: { input: { name: 'Name' } } }))],
    [
      'another type of content',
      () => send({ ...body({ query: VIEWER }), headers: { ...headers, 'content-type': 'text/x' } }),
    ],
  ])('takes up no invitation with %s', async (_what, ask) => {
    await invite();
    const { status } = await ask();
    expect([200, 400, 401, 415]).toContain(status);
    expect(await events('PERSON_JOINED')).toEqual([]);
    expect(await shownTo()).toHaveLength(1);
  });

  test('takes the invitation up with an operation that runs, once', async () => {
    await invite();
    const answers = await Promise.all(Array.from({ length: 4 }, () => ask(VIEWER, {}, undefined, headers)));
    for (const { data } of answers)
      expect(data).toEqual({ viewer: { role: 'AGENCY_MEMBER', agency: { id: BRIGHTLINE } } });
    expect(await events('PERSON_JOINED')).toHaveLength(1);
  });

  test('lets nobody in whose invitation was withdrawn while the request was read', async () => {
    await invite();
    jest.spyOn(InvitationService.prototype, 'join').mockResolvedValueOnce(null);
    const { status, data, errors } = await ask(VIEWER, {}, undefined, headers);
    expect([status, data, errors[0]?.extensions.code]).toEqual([401, null, 'UNAUTHENTICATED']);
  });

  test('says that something went wrong where joining fails', async () => {
    await invite();
    jest.spyOn(InvitationService.prototype, 'join').mockRejectedValueOnce(new Error('canary'));
    const { status, data, errors, text } = await ask(VIEWER, {}, undefined, headers);
    expect([status, data, errors[0]?.extensions.code]).toEqual([500, null, 'INTERNAL_SERVER_ERROR']);
    expect(text).not.toContain('canary');
  });
});

describe('somebody with more invitations than are shown at once', () => {
  /** Lets agencies invite Grace, and makes her a member of those that are joined already. */
  async function inviteFrom(agencies: number, joined: boolean): Promise<void> {
    const ids = Array.from({ length: agencies }, () => newId());
    await running.app.database.write(async (tx) => {
      for (const [index, agencyId] of ids.entries()) {
        const createdAt = new Date();
        await tx.insert(AgencyRow, {
          id: agencyId,
          name: `Agency ${index}`,
          portalPermissions: [],
          createdAt,
        });
        const person = {
          agencyId,
          clientId: null,
          role: 'AGENCY_MEMBER' as const,
          name: 'Grace',
          permissions: [] as PersonRow['permissions'],
          createdAt,
        };
        const email = 'grace@example.com';
        await tx.insert(PersonRow, { ...person, id: newId(), email, emailDigest: emailDigest(email) });
        if (!joined) continue;
        const digest = identityDigest(running.issuer.issuer, 'grace');
        await tx.insert(PersonRow, { ...person, id: newId(), identityDigest: digest, joinedAt: createdAt });
      }
    });
  }

  test('is shown the ones that can be taken up, however many newer ones are of agencies where they belong', async () => {
    await invite();
    await inviteFrom(60, true);
    expect((await shownTo()).map(({ agencyId }) => agencyId)).toEqual([BRIGHTLINE]);
  });

  test('can take up and decline also those that are not shown', async () => {
    await invite();
    const [oldest] = await shownTo();
    await inviteFrom(60, false);
    const shown = await shownTo();
    expect([shown.length, shown.some(({ agencyId }) => agencyId === BRIGHTLINE)]).toEqual([50, false]);
    expect(codes((await decide(ACCEPT, oldest?.invitationId)) as UserErrors)).toEqual([]);
    expect((await ask(VIEWER)).data).toMatchObject({ viewer: { agency: { id: BRIGHTLINE } } });
    await invite('otherAgencyAdmin');
    const [newest] = await shownTo();
    await inviteFrom(60, false);
    expect(codes((await decide(DECLINE, newest?.invitationId)) as UserErrors)).toEqual([]);
  });
});

describe('an invitation', () => {
  test('of somebody else is neither shown nor taken up nor declined', async () => {
    await invite();
    const [invitation] = await shownTo();
    for (const token of [
      await mint('eve'),
      await mint('eve', 'grace@example.com', false),
      running.tokens.agencyMember,
    ]) {
      expect(await shownTo(token)).toEqual([]);
      for (const query of [ACCEPT, DECLINE])
        for (const id of [invitation?.invitationId, NEVER_GIVEN_OUT, '', '%'])
          expect(codes((await decide(query, id, token)) as UserErrors)).toEqual([
            'NOT_FOUND input.invitationId',
          ]);
    }
    expect(await shownTo()).toHaveLength(1);
  });

  test('is no business of people without a token, and of service tokens', async () => {
    const { createServiceToken } = await running.data<{ createServiceToken: { token: string } }>(
      'mutation { createServiceToken(input: { name: "CI", role: AGENCY_ADMIN }) { token } }',
    );
    const stranger = await post(running.url, null, { query: INVITATIONS });
    expect([stranger.status, stranger.errors[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    const service = await ask(INVITATIONS, {}, createServiceToken.token);
    expect(service.errors[0]?.extensions.code).toBe('FORBIDDEN');
  });

  test('is taken up by somebody who is known by the subject afterwards, whoever has the address then', async () => {
    await invite();
    await decide(ACCEPT, (await shownTo())[0]?.invitationId);
    expect(await shownTo(await mint('eve', 'grace@example.com'))).toEqual([]);
    expect((await ask(VIEWER, {}, await mint('grace', 'new@example.com'))).status).toBe(200);
  });
});
