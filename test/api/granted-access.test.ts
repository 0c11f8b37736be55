import { OutgoingWebhookRow } from '../../src/deliveries/outgoing-webhook.entity';
import { GatewayTokenRow } from '../../src/gateway/gateway-token.entity';
import { PersonRow } from '../../src/people/person.entity';
import { HARBOR } from '../demo-ids';
import { post, startTestApp, type TestApp } from '../harness';
import {
  CREATE_GATEWAY_TOKEN,
  CREATE_KEY_LINK,
  CREATE_WEBHOOK,
  GATEWAY_TOKEN,
  ROTATE_SIGNING,
} from '../operations';

const ADA = '01900000-0000-7000-8000-000000000301';
const MAX = '01900000-0000-7000-8000-000000000302';
const BRIGHTLINE = '01900000-0000-7000-8000-000000000001';
const CREATE_TOKEN =
  'mutation ($input: CreateServiceTokenInput!) { createServiceToken(input: $input) { token serviceToken { id } } }';
const REVOKE_TOKEN =
  'mutation ($input: RevokeServiceTokenInput!) { revokeServiceToken(input: $input) { userErrors { code } } }';
const INVITE = `mutation ($input: InviteAgencyPersonInput!) { inviteAgencyPerson(input: $input) { person { id } userErrors { code } } }`;
const CHANGE = `mutation ($input: ChangeAgencyPersonInput!) { result: changeAgencyPerson(input: $input) {
  grantedAccess { kind name isRevoked expiresAt } userErrors { code } } }`;
const REMOVE = `mutation ($input: RemovePersonInput!) { result: removePerson(input: $input) {
  grantedAccess { kind name isRevoked expiresAt } userErrors { code } } }`;
const EVENTS = '{ auditEvents(first: 20) { nodes { type actorName name personId } } }';

const EVERYTHING = {
  keepServiceTokens: true,
  keepGatewayTokens: true,
  keepKeyLinks: true,
  keepInvitations: true,
};

interface Granted {
  readonly kind: string;
  readonly name: string;
  readonly isRevoked: boolean;
}

let running: TestApp;
let token: string;
let link: { url: string };

const mint = (subject: string) =>
  running.issuer.mint({
    subject,
    audience: running.audience,
    expiresInSeconds: 600,
    email: `${subject}@example.com`,
  });
const joins = async (subject: string) =>
  (
    await post(
      running.url,
      await mint(subject),
      { query: '{ viewer { role } }' },
      { 'latchkey-agency': BRIGHTLINE },
    )
  ).status;
const invite = (subject: string, as: 'agencyAdmin' | 'agencyMember') =>
  running.data(
    INVITE,
    { input: { email: `${subject}@example.com`, name: subject, role: 'AGENCY_ADMIN' } },
    as,
  );
const serves = async () => (await post(running.url, token, { query: '{ viewer { role } }' })).status;
const isInForce = async () =>
  (await running.app.database.read.findOneByOrFail(GatewayTokenRow, { name: GATEWAY_TOKEN.name }))
    .revokedAt === null;
const opens = async () => (await fetch(link.url)).status;

// Max becomes an admin, and lets others in by all the ways that there are.
beforeEach(async () => {
  running = await startTestApp();
  await running.data(CHANGE, { input: { personId: MAX, role: 'AGENCY_ADMIN' } });
  const make = <T>(query: string, input: object) => running.data<T>(query, { input }, 'agencyMember');
  type Made = { createServiceToken: { token: string; serviceToken: { id: string } } };
  const { createServiceToken: revoked } = await make<Made>(CREATE_TOKEN, {
    name: 'Old',
    role: 'AGENCY_ADMIN',
  });
  await make(REVOKE_TOKEN, { serviceTokenId: revoked.serviceToken.id });
  ({ token } = (await make<Made>(CREATE_TOKEN, { name: 'CRM', role: 'AGENCY_ADMIN' })).createServiceToken);
  const made = await make<{ createKeyLink: { url: string } }>(CREATE_KEY_LINK, {
    clientId: HARBOR,
    provider: 'BLAND',
  });
  link = { url: made.createKeyLink.url.replace(/^.*(?=\/key\/)/, running.url) };
  await make(CREATE_GATEWAY_TOKEN, { ...GATEWAY_TOKEN, expiresAt: new Date(Date.now() + 60_000) });
  await invite('waiting', 'agencyMember');
  await invite('joined', 'agencyMember');
  expect(await joins('joined')).toBe(200);
  // What somebody else has made stays out of it.
  await invite('adas', 'agencyAdmin');
  expect([await serves(), await opens()]).toEqual([200, 200]);
});
afterEach(() => running.close());

const leave = async (query: string, input: object) =>
  (await running.data<{ result: { grantedAccess: Granted[] } }>(query, { input })).result.grantedAccess.map(
    ({ kind, name, isRevoked }) => [kind, name, isRevoked],
  );
const WAYS = [
  ['removed', REMOVE, { personId: MAX }],
  ['made a member', CHANGE, { personId: MAX, role: 'AGENCY_MEMBER' }],
] as const;

describe.each(WAYS)('an admin who is %s', (_what, query, input) => {
  test('leaves no way in behind: all that they made is revoked in the same transaction, listed and recorded', async () => {
    expect(await leave(query, input)).toEqual([
      ['SERVICE_TOKEN', 'CRM', true],
      ['GATEWAY_TOKEN', 'n8n', true],
      ['KEY_LINK', 'Harbor Dental', true],
      ['INVITATION', 'waiting', true],
      ['PERSON', 'joined', false],
    ]);
    expect([await serves(), await opens(), await joins('waiting'), await isInForce()]).toEqual([
      401,
      404,
      401,
      false,
    ]);
    expect([await joins('joined'), await joins('adas')]).toEqual([200, 200]);
    const { auditEvents } = await running.data<{ auditEvents: { nodes: { type: string; name: string }[] } }>(
      EVENTS,
    );
    expect(auditEvents.nodes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'SERVICE_TOKEN_REVOKED', name: 'CRM', actorName: 'Ada Brightline' }),
        expect.objectContaining({ type: 'GATEWAY_TOKEN_REVOKED', name: 'n8n' }),
        expect.objectContaining({ type: 'KEY_LINK_REVOKED', actorName: 'Ada Brightline' }),
        expect.objectContaining({ type: 'PERSON_REMOVED', name: 'waiting', actorName: 'Ada Brightline' }),
      ]),
    );
  });

  test.each([
    ['keepServiceTokens', [200, 404, 401, false]],
    ['keepGatewayTokens', [401, 404, 401, true]],
    ['keepKeyLinks', [401, 200, 401, false]],
    ['keepInvitations', [401, 404, 200, false]],
  ])('leaves behind what another admin keeps, and no more: %s', async (keep, statuses) => {
    await leave(query, { ...input, [keep]: true });
    expect([await serves(), await opens(), await joins('waiting'), await isInForce()]).toEqual(statuses);
  });

  test('keeps nothing for themselves by asking for it themselves', async () => {
    const own = { ...input, ...EVERYTHING };
    const { result } = await running.data<{ result: { grantedAccess: Granted[] } }>(
      query,
      { input: own },
      'agencyMember',
    );
    expect(result.grantedAccess.filter(({ isRevoked }) => !isRevoked).map(({ kind }) => kind)).toEqual([
      'PERSON',
    ]);
    expect([await serves(), await opens(), await joins('waiting')]).toEqual([401, 404, 401]);
  });

  test('hands what is kept on to the one who keeps it, with whom it goes in turn', async () => {
    await leave(query, { ...input, ...EVERYTHING });
    const bearer = await mint('joined');
    const { data } = await post(running.url, bearer, {
      query: REMOVE,
      variables: { input: { personId: ADA } },
    });
    const { grantedAccess } = (data as { result: { grantedAccess: Granted[] } }).result;
    expect(grantedAccess.map(({ kind, name, isRevoked }) => [kind, name, isRevoked])).toEqual([
      ['SERVICE_TOKEN', 'CRM', true],
      ['GATEWAY_TOKEN', 'n8n', true],
      ['KEY_LINK', 'Harbor Dental', true],
      ['INVITATION', 'waiting', true],
      ['INVITATION', 'adas', true],
    ]);
    expect([await serves(), await opens()]).toEqual([401, 404]);
  });
});

test.each(WAYS)('the webhooks of an admin who is %s stay, and are named', async (_what, query, input) => {
  const create = (as: 'agencyAdmin' | 'agencyMember', url: string) =>
    running.data(CREATE_WEBHOOK, { input: { url, types: ['ALERT_OPENED'] } }, as);
  await create('agencyMember', 'https://hooks.max.example/secret-path');
  await create('agencyAdmin', 'https://hooks.ada.example/');
  await create('agencyAdmin', 'https://rotated.ada.example/');
  const { id } = await running.app.database.read.findOneByOrFail(OutgoingWebhookRow, {
    url: 'https://rotated.ada.example/',
  });
  await running.data(ROTATE_SIGNING, { input: { outgoingWebhookId: id } }, 'agencyMember');
  expect((await leave(query, input)).filter(([kind]) => kind === 'OUTGOING_WEBHOOK')).toEqual([
    ['OUTGOING_WEBHOOK', 'hooks.max.example', false],
    // Its secret was shown to this person, who can sign with it.
    ['OUTGOING_WEBHOOK', 'rotated.ada.example', false],
  ]);
  expect(await running.app.database.read.count(OutgoingWebhookRow)).toBe(3);
});

test('what was made before makers were recorded stays, and is not in the list', async () => {
  await running.app.database.write((tx) => tx.update(PersonRow, { name: 'waiting' }, { createdBy: null }));
  expect((await leave(REMOVE, { personId: MAX })).map(([, name]) => name)).toEqual([
    'CRM',
    'n8n',
    'Harbor Dental',
    'joined',
  ]);
  expect(await joins('waiting')).toBe(200);
});

test('what a person has made is listed before anything is revoked, and only for people of the own agency', async () => {
  const GRANTED = 'query ($id: ID!) { grantedAccess(personId: $id) { kind name isRevoked } }';
  const listed = (id: string) => running.data<{ grantedAccess: Granted[] | null }>(GRANTED, { id });
  expect((await listed(MAX)).grantedAccess).toEqual([
    { kind: 'SERVICE_TOKEN', name: 'CRM', isRevoked: false },
    { kind: 'GATEWAY_TOKEN', name: 'n8n', isRevoked: false },
    { kind: 'KEY_LINK', name: 'Harbor Dental', isRevoked: false },
    { kind: 'INVITATION', name: 'waiting', isRevoked: false },
    { kind: 'PERSON', name: 'joined', isRevoked: false },
  ]);
  expect([await serves(), await opens()]).toEqual([200, 200]);
  const nora = '01900000-0000-7000-8000-000000000305';
  for (const id of [nora, '01900000-0000-7000-8000-000000999999', 'nobody'])
    expect(await listed(id)).toEqual({ grantedAccess: null });
});
