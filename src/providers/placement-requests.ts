import type { OutboundReply, Send } from '../vault/outbound';
import { placementOf, type Placement } from './placement';
import type { CallToPlace, ProviderAdapter } from './provider';
import type { AgentAtProvider } from './provider-agent';
import { findAgent } from './key-requests';
import type { WebCallAccess } from './web-call-access';
import type { WebCallToPlace } from './web-calls';
import { errorOf, type ProviderError } from './refusals';

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
