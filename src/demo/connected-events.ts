import type { Ask } from './ask';
import { HARBOR_DENTAL } from './ids';
import type { AccountName } from './sandbox/account';
import { goOnAtPace } from './sandbox/pace';
import type { Sandbox } from './sandbox';
import { field, textField } from '../providers/json';

/** By these secrets the stand-ins sign their events. Nobody takes them for real. */
const SECRETS: Readonly<Record<AccountName, string>> = {
  agency: 'whs_demo_agency_0001',
  client: 'whs_demo_client_0002',
};

/**
 * Lets the stand-ins send the events of their calls to this server, as admins enter it at the providers, and
 * lets calls that are placed go on by themselves.
 */
export async function connectEvents(ask: Ask, url: string, sandbox: Sandbox): Promise<void> {
  for (const name of ['agency', 'client'] as const) await connectAccount(ask, url, sandbox, name);
  for (const { events, calls } of sandbox.providers) {
    events.sendAtOnce();
    goOnAtPace(calls, ({ request }) => numberIn(request));
  }
}

function numberIn(request: unknown): string {
  const ofCustomer = textField(field(request, 'customer'), 'number');
  return ofCustomer || textField(request, 'to_number') || textField(request, 'phone_number');
}

// The second account of each stand-in is Harbor Dental's own, where it has one.
async function connectAccount(ask: Ask, url: string, sandbox: Sandbox, name: AccountName): Promise<void> {
  const clientId = name === 'client' ? HARBOR_DENTAL : null;
  const { webhookEndpoints } = await ask(
    'query ($clientId: ID) { webhookEndpoints(clientId: $clientId) { provider url isSecretSet } }',
    { clientId },
  );
  const endpoints = webhookEndpoints as { provider: string; url: string; isSecretSet: boolean }[];
  for (const { provider, accounts, events, scene } of sandbox.providers) {
    const endpoint = endpoints.find((each) => each.provider === provider);
    const isUsed = clientId === null || scene.keys.some((key) => key.clientId === clientId);
    if (!endpoint || !isUsed) continue;
    const secret = SECRETS[name];
    if (!endpoint.isSecretSet)
      await ask(
        'mutation ($input: SetWebhookSecretInput!) { setWebhookSecret(input: $input) { userErrors { code } } }',
        { input: { clientId, provider, secret } },
      );
    // The address may name a host elsewhere, to which the demo sends nothing.
    const path = endpoint.url.slice(endpoint.url.indexOf('/webhooks/'));
    events.sendTo(accounts[name], { url: `${url}${path}`, secret });
  }
}
