import type { OutboundReply, Send } from '../vault/outbound';
import { isProviderId } from './call-facts';
import type { CallToPlace, ProviderAdapter } from './provider';
import type { AgentAtProvider } from './provider-agent';
import type { WebCallAccess, WebCallToPlace } from './web-calls';
import { PROVIDER_ERRORS, type AgentPresence, type KeyVerdictStatus } from './provider-errors';
import { errorIn, errorOf, isReadable, isSuccess, REQUEST_TIMEOUT, type ProviderError } from './refusals';

export interface KeyVerdict {
  readonly status: KeyVerdictStatus;
  /** What was answered, unless the key is valid. */
  readonly error: ProviderError | null;
}

/** `UNKNOWN` means that the call may have been placed. */
export type Placement =
  | { readonly outcome: 'PLACED'; readonly providerCallId: string }
  | { readonly outcome: 'REFUSED'; readonly error: ProviderError }
  | { readonly outcome: 'UNKNOWN'; readonly error: ProviderError };

export async function verifyKey(adapter: ProviderAdapter, send: Send): Promise<KeyVerdict> {
  const reply = await send(adapter.verify);
  const error = errorIn(adapter, reply);
  if (error === null && reply.kind === 'ANSWER' && adapter.isVerified(reply.json))
    return { status: 'VALID', error };
  // The request asks for nothing that could be absent or wrong, so whatever answers like this is not the
  // provider's API.
  if (error === null || error.code === 'AGENT_NOT_FOUND' || error.code === 'INVALID_REQUEST')
    return { status: 'UNREACHABLE', error: errorOf('PROVIDER_FAULT', reply) };
  return { status: PROVIDER_ERRORS[error.code].verdict, error };
}

export async function findAgent(
  adapter: ProviderAdapter,
  send: Send,
  agent: AgentAtProvider,
): Promise<AgentPresence> {
  const { providerAgentId } = agent;
  // In a URL these two names lead to another path, however they are encoded. No agent has such an id.
  if (providerAgentId === '.' || providerAgentId === '..') return 'ABSENT';
  const error = errorIn(adapter, await send(adapter.agent(agent)));
  return error === null ? 'PRESENT' : PROVIDER_ERRORS[error.code].presence;
}

/**
 * The provider is asked only once. None of the providers documents an idempotency key, so a second request
 * could dial a second time.
 */
export async function placeCall(adapter: ProviderAdapter, send: Send, call: CallToPlace): Promise<Placement> {
  const reply = await send(adapter.placeCall(call));
  return placementIn(adapter, send, reply, call);
}

/** A placement with what it takes to join the call, which is null unless it was placed. */
export interface WebPlacement {
  readonly placement: Placement;
  readonly access: WebCallAccess | null;
}

/** Starts a call that nobody is phoned for. A call that nobody could join counts as `UNKNOWN`. */
export async function placeWebCall(
  adapter: ProviderAdapter,
  send: Send,
  call: WebCallToPlace,
): Promise<WebPlacement> {
  const { webCalls } = adapter;
  if (!webCalls) throw new Error('The provider has no web calls');
  const reply = await send(webCalls.request(call));
  const placement = await placementIn(adapter, send, reply, call);
  if (placement.outcome !== 'PLACED') return { placement, access: null };
  const access = reply.kind === 'ANSWER' ? webCalls.access(reply.json) : null;
  if (access) return { placement, access };
  return { placement: { outcome: 'UNKNOWN', error: errorOf('PROVIDER_FAULT', reply) }, access };
}

async function placementIn(
  adapter: ProviderAdapter,
  send: Send,
  reply: OutboundReply,
  call: AgentAtProvider,
): Promise<Placement> {
  const placement = placementOf(adapter, reply);
  if (placement.outcome !== 'REFUSED') return placement;
  const error = await withMissingAgent(adapter, send, call, reply, placement.error);
  return { outcome: 'REFUSED', error };
}

/** Reads what became of a call in the answer to the request that was to place it. */
export function placementOf(adapter: ProviderAdapter, reply: OutboundReply): Placement {
  const error = errorIn(adapter, reply);
  if (error !== null) return { outcome: mayHaveActed(reply) ? 'UNKNOWN' : 'REFUSED', error };
  const providerCallId = reply.kind === 'ANSWER' ? adapter.callId(reply.json) : '';
  if (isProviderId(providerCallId)) return { outcome: 'PLACED', providerCallId };
  return { outcome: 'UNKNOWN', error: errorOf('PROVIDER_FAULT', reply) };
}

/**
 * Reads what became of a call that an integration asked for. A bare 404 does not say what was not found, and
 * the provider is not asked again for it.
 */
export function passedPlacementOf(adapter: ProviderAdapter, reply: OutboundReply): Placement {
  const placement = placementOf(adapter, reply);
  if (placement.outcome !== 'REFUSED' || placement.error.code !== 'AGENT_NOT_FOUND') return placement;
  const isAgent = reply.kind === 'ANSWER' && adapter.refusal(reply.status, reply.json) === 'AGENT_NOT_FOUND';
  return isAgent ? placement : { outcome: 'REFUSED', error: { ...placement.error, code: 'INVALID_REQUEST' } };
}

// A provider names only the first fault that it finds. With a key of another account that is often the phone
// number, although the agent is missing as well. A bare 404 does not say what was not found: it may be the
// number. The provider is asked for the agent where its answer does not tell.
async function withMissingAgent(
  adapter: ProviderAdapter,
  send: Send,
  call: AgentAtProvider,
  reply: OutboundReply,
  error: ProviderError,
): Promise<ProviderError> {
  if (error.code !== 'INVALID_REQUEST' && error.code !== 'AGENT_NOT_FOUND') return error;
  if (reply.kind === 'ANSWER' && adapter.refusal(reply.status, reply.json) === 'AGENT_NOT_FOUND')
    return error;
  const presence = await findAgent(adapter, send, call);
  return { ...error, code: presence === 'ABSENT' ? 'AGENT_NOT_FOUND' : 'INVALID_REQUEST' };
}

// Cloudflare answers with these statuses when it did not reach the server behind it:
// https://developers.cloudflare.com/support/troubleshooting/http-status-codes/
const NOT_REACHED: ReadonlySet<number> = new Set([521, 523, 525, 526]);
// These redirects mean that nothing was done here and that the request belongs elsewhere. After a 303
// something was done.
const ELSEWHERE: ReadonlySet<number> = new Set([307, 308]);

// A server that fails may have dialled before it failed. If the call were reported as failed, somebody would
// place it again.
function mayHaveActed(reply: OutboundReply): boolean {
  if (reply.kind === 'NO_ANSWER') return reply.reason !== 'REFUSED';
  const { status, json } = reply;
  if (isSuccess(status)) return !isReadable(json);
  if (status === REQUEST_TIMEOUT) return true;
  return status >= 500 ? !NOT_REACHED.has(status) : status < 400 && !ELSEWHERE.has(status);
}
