import type { GraphQLObjectType } from 'graphql';
import { AlertRow } from '../src/alerts/alert.entity';
import { buildBareSchema } from '../src/api/schema';
import { GatewayTokenRow } from '../src/gateway/gateway-token.entity';
import { KeyHandInRow } from '../src/intake/key-hand-in.entity';
import { KeyLinkRow } from '../src/intake/key-link.entity';
import { PersonRow } from '../src/people/person.entity';
import { OutgoingWebhookRow } from '../src/deliveries/outgoing-webhook.entity';
import { newId } from '../src/platform/ids';
import { ServiceTokenRow } from '../src/people/service-token.entity';
import {
  AGENCYS_OWN_AGENT,
  ARCHIVED_CLIENT,
  HARBOR,
  HARBOR_RETELL_AGENT,
  HARBOR_VAPI_AGENT,
  MAPLE,
} from './demo-ids';
import { post, type TestApp } from './harness';

const ADA = '01900000-0000-7000-8000-000000000301';
const MAX = '01900000-0000-7000-8000-000000000302';
const HANA = '01900000-0000-7000-8000-000000000303';

export const mutations = (buildBareSchema().getMutationType() as GraphQLObjectType).getFields();

type Payload = Readonly<Record<string, { readonly id: string } | null>> & {
  readonly userErrors: readonly object[];
};

/** The type of a mutation's input, e.g. `CreateClientInput!`. */
export const inputTypeOf = (name: string) => String(mutations[name]?.args[0]?.type);
/** Who may run a mutation: someone of the demo, or a person who was invited. */
export const callerOf = (name: string) => {
  if (name.endsWith('Invitation')) return 'invited';
  return name === 'handInApiKey' ? 'portalUser' : 'agencyAdmin';
};

function tokenFor({ issuer, audience, tokens }: TestApp, name: string): Promise<string> {
  const caller = callerOf(name);
  return caller === 'invited'
    ? issuer.mint({ subject: 'grace', audience, expiresInSeconds: 600, email: 'grace@example.com' })
    : Promise.resolve(tokens[caller]);
}

export async function runMutation(
  running: TestApp,
  name: string,
  input: object,
  selection = '',
): Promise<Payload> {
  const query = `mutation ($input: ${inputTypeOf(name)}) { result: ${name}(input: $input) { ${selection} userErrors { code field } } }`;
  const token = await tokenFor(running, name);
  const { data, errors } = await post(running.url, token, { query, variables: { input } });
  expect(errors).toEqual([]);
  return (data as { result: Payload }).result;
}

export interface MutationCase {
  readonly name: string;
  readonly what: string;
  /** Does what has to go before, if anything, and gives the input. */
  readonly input: () => object | Promise<object>;
  readonly refused?: boolean;
}

const gatewayToken = () => ({
  name: 'n8n',
  providers: ['RETELL'],
  scopes: ['READ'],
  expiresAt: new Date(Date.now() + 60_000),
});

/** At least one case of every mutation of the schema; a second case of one records another event. */
export function mutationCases(running: () => TestApp): MutationCase[] {
  const run = (name: string, input: object, selection?: string) =>
    runMutation(running(), name, input, selection);
  const bland = () => running().sandbox.bland.keys;
  const keys = (apiKey: string) => [{ provider: 'BLAND', apiKey }];
  const handedIn = async () =>
    (await run('handInApiKey', { provider: 'BLAND', apiKey: bland().secondAccount }, 'keyHandIn { id }'))
      .keyHandIn?.id;
  const acceptValid = () => run('setHandInPolicy', { clientId: HARBOR, acceptsValidHandIns: true });
  const setHarborsKey = (apiKey: string) => run('setClientApiKeys', { clientId: HARBOR, keys: keys(apiKey) });

  const invitation = async () =>
    (
      await run(
        'inviteAgencyPerson',
        { email: 'grace@example.com', name: 'Grace', role: 'AGENCY_MEMBER' },
        'person { id }',
      )
    ).person?.id;

  const webhook = async () =>
    (
      await run(
        'createOutgoingWebhook',
        { url: 'https://example.com/hooks', types: ['API_KEY_SET'] },
        'outgoingWebhook { id }',
      )
    ).outgoingWebhook?.id;

  /** A message that was on its way to a webhook. */
  async function delivered(): Promise<string> {
    const { database } = running().app;
    const webhookId = (await webhook()) ?? '';
    const { agencyId } = await database.read.findOneByOrFail(OutgoingWebhookRow, { id: webhookId });
    const id = newId();
    const made = { agencyId, webhookId, messageId: newId(), createdAt: new Date() };
    const sent = { type: 'API_KEY_SET', body: '{}', status: 'FAILED', attempts: 10 } as const;
    await database.write((tx) => tx.insertRow('deliveries', { id, ...made, ...sent }));
    return id;
  }

  const alertOfHarbor = async () => {
    await setHarborsKey(bland().revoked);
    await run('verifyClientApiKeys', { clientId: HARBOR, providers: ['BLAND'] });
    const { upkeep, database } = running().app;
    await upkeep.alertWorker.work();
    return (await database.read.findOneByOrFail(AlertRow, { ownerId: HARBOR, kind: 'KEY_INVALID' })).id;
  };

  const callInProgress = async () =>
    (
      await run(
        'startCall',
        { agentId: HARBOR_VAPI_AGENT, toNumber: '+14155550123', idempotencyKey: 'to be ended' },
        'call { id }',
      )
    ).call?.id;

  /** Max, with what Ada has made in the meantime in his name. */
  async function adminWhoLetOthersIn(): Promise<{ personId: string }> {
    await run('changeAgencyPerson', { personId: MAX, role: 'AGENCY_ADMIN' });
    await invitation();
    await run('createServiceToken', { name: 'CRM', role: 'AGENCY_MEMBER' });
    await run('createGatewayToken', gatewayToken());
    await run('createKeyLink', { clientId: HARBOR, provider: 'BLAND' });
    await running().app.database.write(async (tx) => {
      for (const row of [PersonRow, ServiceTokenRow, GatewayTokenRow, KeyLinkRow])
        await tx.update<{ createdBy: string | null }>(row, { createdBy: ADA }, { createdBy: MAX });
    });
    return { personId: MAX };
  }

  const cases: readonly (readonly [string, string, MutationCase['input'], 'refused'?])[] = [
    ['setClientApiKeys', 'a key', () => ({ clientId: HARBOR, keys: keys(bland().valid) })],
    [
      'setClientApiKeys',
      'a key that its provider rejects',
      () => ({ clientId: HARBOR, verify: true, keys: keys(bland().revoked) }),
      'refused',
    ],
    ['setAgencyApiKeys', 'a key', () => ({ keys: keys(bland().valid) })],
    [
      'setAgencyApiKeys',
      'a key that its provider rejects',
      () => ({ verify: true, keys: keys(bland().revoked) }),
      'refused',
    ],
    ['clearClientApiKeys', 'a key', () => ({ clientId: HARBOR, providers: ['RETELL'] })],
    ['clearAgencyApiKeys', 'a key', () => ({ providers: ['RETELL'] })],
    ['verifyClientApiKeys', 'a key', () => ({ clientId: HARBOR, providers: ['RETELL'] })],
    ['verifyAgencyApiKeys', 'a key', () => ({ providers: ['RETELL'] })],
    [
      'previewClientApiKeyChange',
      'a key',
      () => ({ clientId: HARBOR, provider: 'BLAND', apiKey: bland().valid }),
    ],
    ['previewAgencyApiKeyChange', 'a clear', () => ({ provider: 'BLAND' })],
    ['handInApiKey', 'a key', () => ({ provider: 'BLAND', apiKey: bland().valid })],
    [
      'handInApiKey',
      'a newer key',
      async () => (await handedIn(), { provider: 'BLAND', apiKey: bland().valid }),
    ],
    [
      'handInApiKey',
      'a key that counts at once',
      async () => (await acceptValid(), { provider: 'BLAND', apiKey: bland().valid }),
    ],
    [
      'handInApiKey',
      'a key after one that is expired',
      async () => {
        await handedIn();
        await running().app.database.write((tx) =>
          tx.update(KeyHandInRow, { status: 'PENDING' }, { expiresAt: new Date(0) }),
        );
        return { provider: 'BLAND', apiKey: bland().valid };
      },
    ],
    ['previewKeyHandIn', 'a key', async () => ({ keyHandInId: await handedIn() })],
    ['acceptKeyHandIn', 'a key', async () => ({ keyHandInId: await handedIn() })],
    ['refuseKeyHandIn', 'a key', async () => ({ keyHandInId: await handedIn(), reason: 'No.' })],
    ['setHandInPolicy', 'a client', () => ({ clientId: HARBOR, acceptsValidHandIns: true })],
    ['createKeyLink', 'a link', () => ({ clientId: HARBOR, provider: 'BLAND' })],
    [
      'revokeKeyLink',
      'a link',
      async () => ({
        keyLinkId: (await run('createKeyLink', { clientId: HARBOR, provider: 'BLAND' }, 'keyLink { id }'))
          .keyLink?.id,
      }),
    ],
    ['startTestCall', 'a call', () => ({ agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' })],
    [
      'startCall',
      'a call',
      () => ({ agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123', idempotencyKey: 'once' }),
    ],
    ['startWebCall', 'a call', () => ({ agentId: HARBOR_RETELL_AGENT, idempotencyKey: 'on the web' })],
    [
      'setWebhookSecret',
      'the secret of events',
      () => ({ clientId: HARBOR, provider: 'RETELL', secret: 'whs_0123456789abcdef' }),
    ],
    ['rotateWebhookUrl', 'the address of events', () => ({ clientId: HARBOR, provider: 'RETELL' })],
    [
      'createOutgoingWebhook',
      'a webhook',
      () => ({ url: 'https://example.com/hooks', types: ['CALL_ENDED'] }),
    ],
    [
      'updateOutgoingWebhook',
      'a webhook',
      async () => ({ outgoingWebhookId: await webhook(), types: ['ALERT_OPENED', 'ALERT_CLOSED'] }),
    ],
    ['deleteOutgoingWebhook', 'a webhook', async () => ({ outgoingWebhookId: await webhook() })],
    [
      'rotateOutgoingWebhookSecret',
      'the secret of a webhook',
      async () => ({ outgoingWebhookId: await webhook() }),
    ],
    ['redeliverWebhook', 'a message', async () => ({ webhookDeliveryId: await delivered() })],
    [
      'redeliverFailedWebhooks',
      'the messages that have failed',
      async () => ({ outgoingWebhookId: await webhook(), since: new Date(0) }),
    ],
    ['endCall', 'a call', async () => ({ callId: await callInProgress() })],
    ['acknowledgeAlert', 'an alert', async () => ({ alertId: await alertOfHarbor() })],
    ['createClient', 'a client', () => ({ name: 'New' })],
    ['renameClient', 'a client', () => ({ clientId: MAPLE, name: 'Renamed' })],
    ['archiveClient', 'a client', () => ({ clientId: MAPLE })],
    ['restoreClient', 'a client', () => ({ clientId: ARCHIVED_CLIENT })],
    ['createAgent', 'an agent', () => ({ name: 'New', provider: 'RETELL', providerAgentId: 'agent_1' })],
    ['importAgents', 'the agents of an account', () => ({ provider: 'RETELL' })],
    ['renameAgent', 'an agent', () => ({ agentId: HARBOR_RETELL_AGENT, name: 'Renamed' })],
    ['updateAgent', 'an agent', () => ({ agentId: HARBOR_RETELL_AGENT, fromNumber: '+14155550199' })],
    ['assignAgent', 'an agent', () => ({ agentId: AGENCYS_OWN_AGENT, clientId: MAPLE })],
    [
      'inviteAgencyPerson',
      'a person',
      () => ({ email: 'grace@example.com', name: 'Grace', role: 'AGENCY_MEMBER' }),
    ],
    ['invitePortalUser', 'a person', () => ({ clientId: MAPLE, email: 'pia@example.com', name: 'Pia' })],
    ['changeAgencyPerson', 'a person', () => ({ personId: MAX, role: 'AGENCY_ADMIN' })],
    ['changePortalUser', 'a person', () => ({ personId: HANA, permissions: [] })],
    ['removePerson', 'a person', () => ({ personId: HANA })],
    ['removePerson', 'an admin who let others in', () => adminWhoLetOthersIn()],
    [
      'changeAgencyPerson',
      'an admin who let others in, to a member',
      async () => ({ ...(await adminWhoLetOthersIn()), role: 'AGENCY_MEMBER' }),
    ],
    ['acceptInvitation', 'an invitation', async () => ({ invitationId: await invitation() })],
    ['declineInvitation', 'an invitation', async () => ({ invitationId: await invitation() })],
    ['setRate', 'a rate', () => ({ keySource: 'AGENCY', pricePerMinute: '0.15', currency: 'USD' })],
    ['finalizeStatement', 'a statement', () => ({ clientId: HARBOR, from: '2026-01-01', to: '2026-01-31' })],
    ['setAgencyTimeZone', 'a time zone', () => ({ timeZone: 'Europe/Berlin' })],
    ['setAgencyPortalPermissions', 'permissions', () => ({ permissions: [] })],
    ['setClientPortalPermissions', 'permissions', () => ({ clientId: HARBOR, permissions: [] })],
    ['createServiceToken', 'a token', () => ({ name: 'CRM', role: 'AGENCY_MEMBER' })],
    [
      'revokeServiceToken',
      'a token',
      async () => ({
        serviceTokenId: (
          await run('createServiceToken', { name: 'CRM', role: 'AGENCY_MEMBER' }, 'serviceToken { id }')
        ).serviceToken?.id,
      }),
    ],
    ['createGatewayToken', 'a token', gatewayToken],
    [
      'revokeGatewayToken',
      'a token',
      async () => ({
        gatewayTokenId: (await run('createGatewayToken', gatewayToken(), 'gatewayToken { id }')).gatewayToken
          ?.id,
      }),
    ],
  ];
  return cases.map(([name, what, input, refused]) => ({ name, what, input, refused: refused !== undefined }));
}
