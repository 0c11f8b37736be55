import type { OutboundReply } from '../vault/outbound';
import type { ProviderAdapter } from './provider';
import { PROVIDER_ERRORS, type ProviderErrorCode } from './provider-errors';

/** This is a refusal in the platform's words. Nothing in it was written by the provider. */
export interface ProviderError {
  readonly code: ProviderErrorCode;
  /** The status is null when there was no answer. */
  readonly httpStatus: number | null;
  /** The time is in whole seconds, 0 to 86,400. It is null when the provider does not tell it. */
  readonly retryAfterSeconds: number | null;
}

type Answer = Extract<OutboundReply, { kind: 'ANSWER' }>;

// A server, or a proxy in front of it, answers so when it has waited too long. It does not say what it waited
// for.
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

/**
 * This tells what a status means where the adapter reads nothing more in the answer. It is null for success.
 * The body matters only where the status is not enough.
 */
function codeOf({ status, json, isHtml }: Answer): ProviderErrorCode | null {
  if (isSuccess(status)) return isReadable(json) ? null : 'PROVIDER_FAULT';
  // An HTML page is meant for people. It comes from something in front of the provider, such as a gateway
  // that wants people to sign in.
  if (isHtml) return 'PROVIDER_FAULT';
  if (status === 401) return 'KEY_INVALID';
  if (status === 402) return 'OUT_OF_FUNDS';
  if (status === REQUEST_TIMEOUT) return 'TIMEOUT';
  // A provider refuses in JSON. A firewall in front of it, which knows nothing of the key, refuses in text or
  // HTML.
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

/**
 * The message for a refusal consists of constant words. It never contains the provider's own text, which may
 * repeat what it was sent.
 */
export function messageFor(providerName: string, code: ProviderErrorCode, httpStatus: number | null): string {
  const words = PROVIDER_ERRORS[code].message.replaceAll('{provider}', providerName);
  return httpStatus === null ? words : `${words} (HTTP ${httpStatus})`;
}
