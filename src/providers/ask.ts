import { PROVIDER_ID_MAX_LENGTH } from '../platform/text';
import type { OutboundReply, Send } from '../vault/outbound';
import type { CallToPlace, ProviderAdapter, ProviderErrorCode } from './provider';

/** A refusal in the platform's words: nothing in it was written by the provider. */
export interface ProviderError {
  readonly code: ProviderErrorCode;
  /** Null when there was no answer. */
  readonly httpStatus: number | null;
  /** Whole seconds, 0 to 86,400; null when the provider does not tell. */
  readonly retryAfterSeconds: number | null;
}

export const KEY_VERDICTS = [
  'VALID',
  'INVALID',
  'INSUFFICIENT_PERMISSIONS',
  'RATE_LIMITED',
  'OUT_OF_FUNDS',
  'UNREACHABLE',
] as const;

/** `UNREACHABLE` stands for every answer that is not definitive: nothing is known of the key. The error tells what was answered. */
export interface KeyVerdict {
  readonly status: (typeof KEY_VERDICTS)[number];
  readonly error: ProviderError | null;
}

/** Whether an agent exists in the account of a key. `RESTRICTED`: the key may not look. `RATE_LIMITED`: not now. `UNKNOWN`: no definitive answer. */
export type AgentPresence = 'PRESENT' | 'ABSENT' | 'RESTRICTED' | 'RATE_LIMITED' | 'UNKNOWN';

const PRESENCES: Readonly<Partial<Record<ProviderErrorCode, AgentPresence>>> = {
  AGENT_NOT_FOUND: 'ABSENT',
  INSUFFICIENT_PERMISSIONS: 'RESTRICTED',
  RATE_LIMITED: 'RATE_LIMITED',
};

/** `UNKNOWN` means that the call may have been placed. */
export type Placement =
  | { readonly outcome: 'PLACED'; readonly providerCallId: string }
  | { readonly outcome: 'REFUSED'; readonly error: ProviderError }
  | { readonly outcome: 'UNKNOWN'; readonly error: ProviderError };

const VERDICTS: Readonly<Partial<Record<ProviderErrorCode, KeyVerdict['status']>>> = {
  KEY_INVALID: 'INVALID',
  INSUFFICIENT_PERMISSIONS: 'INSUFFICIENT_PERMISSIONS',
  RATE_LIMITED: 'RATE_LIMITED',
  OUT_OF_FUNDS: 'OUT_OF_FUNDS',
};

export async function verifyKey(adapter: ProviderAdapter, send: Send): Promise<KeyVerdict> {
  const error = errorIn(adapter, await send(adapter.verify));
  if (error === null) return { status: 'VALID', error };
  // Nothing was asked for that could be absent or wrong: what answers so is not the provider's API.
  if (error.code === 'AGENT_NOT_FOUND' || error.code === 'INVALID_REQUEST')
    return { status: 'UNREACHABLE', error: { ...error, code: 'PROVIDER_FAULT' } };
  return { status: VERDICTS[error.code] ?? 'UNREACHABLE', error };
}

export async function findAgent(
  adapter: ProviderAdapter,
  send: Send,
  providerAgentId: string,
): Promise<AgentPresence> {
  // In a URL these mean another path, however they are encoded; no agent is called so.
  if (providerAgentId === '.' || providerAgentId === '..') return 'ABSENT';
  const error = errorIn(adapter, await send(adapter.agent(providerAgentId)));
  return error === null ? 'PRESENT' : (PRESENCES[error.code] ?? 'UNKNOWN');
}

/** Asks once. None of the providers documents an idempotency key, so a second request could dial a second time. */
export async function placeCall(adapter: ProviderAdapter, send: Send, call: CallToPlace): Promise<Placement> {
  const reply = await send(adapter.placeCall(call));
  const error = errorIn(adapter, reply);
  if (error !== null) return { outcome: mayHaveActed(reply) ? 'UNKNOWN' : 'REFUSED', error };
  const providerCallId = reply.kind === 'ANSWER' ? adapter.callId(reply.json) : '';
  if (isCallId(providerCallId)) return { outcome: 'PLACED', providerCallId };
  return { outcome: 'UNKNOWN', error: errorOf('PROVIDER_FAULT', reply) };
}

type Answer = Extract<OutboundReply, { kind: 'ANSWER' }>;

// Cloudflare's, when it did not get through to the server behind it (https://developers.cloudflare.com/support/troubleshooting/http-status-codes/).
const NOT_REACHED: ReadonlySet<number> = new Set([521, 523, 525, 526]);
// Of a server, or of something before it, that has waited too long: for what, it does not say.
const REQUEST_TIMEOUT = 408;
// "Ask elsewhere": nothing was done here. After a 303 something was.
const ELSEWHERE: ReadonlySet<number> = new Set([307, 308]);

// A server that fails may have dialled first: whoever reads "failed" places the call again.
function mayHaveActed(reply: OutboundReply): boolean {
  if (reply.kind === 'NO_ANSWER') return reply.reason !== 'REFUSED';
  const { status, json } = reply;
  if (isSuccess(status)) return !isReadable(json);
  if (status === REQUEST_TIMEOUT) return true;
  return status >= 500 ? !NOT_REACHED.has(status) : status < 400 && !ELSEWHERE.has(status);
}

function errorIn(adapter: ProviderAdapter, reply: OutboundReply): ProviderError | null {
  if (reply.kind === 'NO_ANSWER')
    return errorOf(reply.reason === 'TIMEOUT' ? 'TIMEOUT' : 'UNREACHABLE', reply);
  const code = adapter.refusal(reply.status, reply.json) ?? codeOf(reply);
  return code && errorOf(code, reply);
}

function errorOf(code: ProviderErrorCode, reply: OutboundReply): ProviderError {
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

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

// All three answer with an object or a list, whatever the outcome.
function isReadable(json: unknown): boolean {
  return typeof json === 'object' && json !== null;
}

function isCallId(text: string): boolean {
  return text.length <= PROVIDER_ID_MAX_LENGTH && /^[\x21-\x7E]+$/.test(text);
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
