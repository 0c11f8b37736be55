import type { OutboundReply } from '../vault/outbound';
import type { ProviderAdapter, ProviderErrorCode } from './provider';

/** A refusal in the platform's words: nothing in it was written by the provider. */
export interface ProviderError {
  readonly code: ProviderErrorCode;
  /** Null when there was no answer. */
  readonly httpStatus: number | null;
  /** Whole seconds, 0 to 86,400; null when the provider does not tell. */
  readonly retryAfterSeconds: number | null;
}

type Answer = Extract<OutboundReply, { kind: 'ANSWER' }>;

// Of a server, or of something before it, that has waited too long: for what, it does not say.
export const REQUEST_TIMEOUT = 408;

export function errorIn(adapter: ProviderAdapter, reply: OutboundReply): ProviderError | null {
  if (reply.kind === 'NO_ANSWER')
    return errorOf(reply.reason === 'TIMEOUT' ? 'TIMEOUT' : 'UNREACHABLE', reply);
  const code = adapter.refusal(reply.status, reply.json) ?? codeOf(reply);
  return code && errorOf(code, reply);
}

export function errorOf(code: ProviderErrorCode, reply: OutboundReply): ProviderError {
  if (reply.kind === 'NO_ANSWER') return { code, httpStatus: null, retryAfterSeconds: null };
  return { code, httpStatus: reply.status, retryAfterSeconds: reply.retryAfterSeconds };
}

/** What a status means where the provider says nothing more; null for success. Bodies matter only where the status is not enough. */
function codeOf({ status, json, isHtml }: Answer): ProviderErrorCode | null {
  if (isSuccess(status)) return isReadable(json) ? null : 'PROVIDER_FAULT';
  // A page is for people: it comes from something before the provider, a gateway that wants to be signed in to.
  if (isHtml) return 'PROVIDER_FAULT';
  if (status === 401) return 'KEY_INVALID';
  if (status === 402) return 'OUT_OF_FUNDS';
  if (status === REQUEST_TIMEOUT) return 'TIMEOUT';
  // A provider refuses in JSON; a guard in front of it, which knows nothing of the key, in text or HTML.
  if (status === 403) return isReadable(json) ? 'INSUFFICIENT_PERMISSIONS' : 'PROVIDER_FAULT';
  if (status === 404) return isReadable(json) ? 'AGENT_NOT_FOUND' : 'PROVIDER_FAULT';
  if (status === 429) return 'RATE_LIMITED';
  return status >= 400 && status < 500 ? 'INVALID_REQUEST' : 'PROVIDER_FAULT';
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

// Every provider answers with an object or a list, whatever the outcome.
export function isReadable(json: unknown): boolean {
  return typeof json === 'object' && json !== null;
}

/** Constant words for a refusal, for people. Never the provider's own text, which may repeat what it was sent. */
export function messageFor(providerName: string, code: ProviderErrorCode, httpStatus: number | null): string {
  const words = MESSAGES[code].replaceAll('{provider}', providerName);
  return httpStatus === null ? words : `${words} (HTTP ${httpStatus})`;
}

const MESSAGES: Readonly<Record<ProviderErrorCode, string>> = {
  KEY_INVALID: '{provider} does not accept the key: it is wrong, expired, revoked or of the wrong kind.',
  INSUFFICIENT_PERMISSIONS: '{provider} accepts the key, but it lacks the permission for this.',
  RATE_LIMITED: '{provider} limits the rate of requests of this account: try again later.',
  OUT_OF_FUNDS: "The {provider} account's balance or plan does not allow it.",
  AGENT_NOT_FOUND: "The agent does not exist in the key's {provider} account.",
  INVALID_REQUEST: '{provider} refuses the request as it stands: check the numbers and the agent.',
  UNREACHABLE: '{provider} could not be reached.',
  TIMEOUT: '{provider} gave no answer in time: whether it acted is not known.',
  PROVIDER_FAULT: '{provider} answered with a fault, or with something that is no answer.',
};
