import type { OutboundReply, Send } from '../vault/outbound';
import type { Listing, ListPage } from './listing';
import type { ProviderAdapter } from './provider';
import type { ProviderErrorCode } from './provider-errors';
import { errorIn, errorOf, type ProviderError } from './refusals';

export type ReadPage<T> =
  | { readonly outcome: 'PAGE'; readonly page: ListPage<T> }
  | { readonly outcome: 'UNKNOWN'; readonly error: ProviderError };

/** Reads one page of a list: that of a cursor, or the first one. */
export async function readPage<T>(
  adapter: ProviderAdapter,
  send: Send,
  listing: Listing<T>,
  cursor: string | null,
): Promise<ReadPage<T>> {
  const reply = await send(listing.request(cursor));
  const error = errorIn(adapter, reply);
  if (error) return { outcome: 'UNKNOWN', error: IS_FAULT.has(error.code) ? faultOf(reply) : error };
  const page: ListPage<T> | null = reply.kind === 'ANSWER' ? listing.read(reply.json, cursor) : null;
  return page === null ? { outcome: 'UNKNOWN', error: faultOf(reply) } : { outcome: 'PAGE', page };
}

/**
 * Reads a list page by page, for as long as the caller goes on. A page that begins where an earlier one began
 * is a fault of the provider.
 */
export async function* readPages<T>(
  adapter: ProviderAdapter,
  send: Send,
  listing: Listing<T>,
): AsyncGenerator<ReadPage<T>, void, void> {
  const seen = new Set<string>();
  for (let cursor: string | null = null; ;) {
    const read: ReadPage<T> = await readPage(adapter, send, listing, cursor);
    if (read.outcome === 'UNKNOWN') return yield read;
    const next: string | null = read.page.next;
    if (next !== null && seen.has(next)) return yield { outcome: 'UNKNOWN', error: BEGINS_AGAIN };
    yield read;
    if (next === null) return;
    seen.add(next);
    cursor = next;
  }
}

const BEGINS_AGAIN: ProviderError = { code: 'PROVIDER_FAULT', httpStatus: null, retryAfterSeconds: null };

// A list is always there, and the request for it always well formed. What answers like this is not the
// provider's API.
const IS_FAULT: ReadonlySet<ProviderErrorCode> = new Set(['AGENT_NOT_FOUND', 'INVALID_REQUEST']);

function faultOf(reply: OutboundReply): ProviderError {
  return errorOf('PROVIDER_FAULT', reply);
}
