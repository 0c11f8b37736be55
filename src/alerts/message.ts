import { adapterOf } from '../providers';
import { clientOf, type AlertKind, type AlertRow } from './alert.entity';

const NO_FALLBACK = 'No other key takes its place.';

/** What people read: `{provider}`, `{whose}` and `{webhook}` stand for names, and `{agents}` for a number. */
const MESSAGES: Readonly<Record<AlertKind, string>> = {
  KEY_INVALID: `{provider} does not accept {whose} key: calls of {agents} fail. ${NO_FALLBACK} Set a valid key, or clear this one.`,
  KEY_INSUFFICIENT_PERMISSIONS: `{whose} {provider} key lacks the permission for what is asked with it: calls of {agents} fail. ${NO_FALLBACK} Set a key without restrictions, or give this one its permissions at the provider.`,
  KEY_RATE_LIMITED:
    '{provider} limits the rate of requests with {whose} key: calls of {agents} may fail. Send fewer at once, or ask the provider for a higher limit.',
  KEY_OUT_OF_FUNDS: `The balance or plan of {whose} {provider} account does not allow calls: calls of {agents} fail. ${NO_FALLBACK} Top the account up at the provider, and then verify the key.`,
  KEY_UNREADABLE: `{whose} stored {provider} key does not open: calls of {agents} fail. ${NO_FALLBACK} Set the key again, or clear it.`,
  WEBHOOK_SILENT:
    'Calls with {whose} {provider} key end, and no event of them arrives. Compare the address and the secret of the webhook at the provider with those of the endpoint.',
  AGENTS_MISSING_IN_ACCOUNT:
    'The account of {whose} {provider} key does not have {agents} that use it: their calls fail. Set a key of the account that has them, or correct their ids.',
  AGENTS_WITHOUT_KEY:
    'There is no {provider} key for {agents}: their calls are refused. Set one for {owner}.',
  OUTGOING_WEBHOOK_OFF:
    'Nothing is sent to {webhook} any more: its receiver answered 410, or has not taken a message for five days. Put the receiver right, switch the webhook on and deliver what has failed, or delete it.',
  RATE_MISSING:
    'There is no rate for calls of {agents} on the account that they use: they are charged nothing. Set one.',
};

/**
 * Says in plain words what is wrong and what to do, with no secret in it, and no name that anybody chose but
 * that of a host.
 */
export function messageOf(alert: AlertRow): string {
  const { kind, provider, affectedAgentCount: count, outgoingWebhookHost: host } = alert;
  const isClients = clientOf(alert) !== null;
  const words = {
    provider: provider === null ? '' : adapterOf(provider).name,
    whose: isClients ? "the client's" : "the agency's",
    owner: isClients ? 'the client or the agency' : 'the agency',
    webhook: host === null ? 'a webhook of the agency' : `the agency's webhook at ${host}`,
    agents: count === 1 ? '1 agent' : `${count} agents`,
  };
  const text = MESSAGES[kind].replace(/\{(\w+)\}/g, (_, name: keyof typeof words) => words[name]);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
