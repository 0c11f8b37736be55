import type { OutboundReply } from '../vault/outbound';
import type { ProviderAdapter } from './provider';
import { isProviderId } from './read-values';
import { errorIn, errorOf, isReadable, isSuccess, REQUEST_TIMEOUT, type ProviderError } from './refusals';

/** `UNKNOWN` means that the call may have been placed. */
export type Placement =
  | { readonly outcome: 'PLACED'; readonly providerCallId: string }
  | { readonly outcome: 'REFUSED'; readonly error: ProviderError }
  | { readonly outcome: 'UNKNOWN'; readonly error: ProviderError };

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
