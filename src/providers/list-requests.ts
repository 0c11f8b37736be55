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

/** What an account has of something. It is not whole where there is more than what is listed. */
export type AccountList<T> =
  | { readonly outcome: 'LISTED'; readonly items: readonly T[]; readonly isWhole: boolean }
  | { readonly outcome: 'UNKNOWN'; readonly error: ProviderError };

/** So many agents, or phone numbers, of an account are listed at most. */
export const MAX_LISTED = 1000;
/** So many pages of a list are read at most, whatever is on them. */
export const MAX_LIST_PAGES = 40;
/** After this time, in milliseconds, no further page is asked for. */
export const LISTING_TIME_MS = 20_000;

/** By these a provider may say of one list alone that it cannot be read, e.g. by a restricted key. */
const IS_OF_LIST: ReadonlySet<ProviderErrorCode> = new Set(['INSUFFICIENT_PERMISSIONS', 'PROVIDER_FAULT']);

/** Reads lists of an account, each thing once by its id, within these limits. */
export async function readLists<T>(
  adapter: ProviderAdapter,
  send: Send,
  listings: readonly Listing<T>[],
  idOf: (item: T) => string,
): Promise<AccountList<T>> {
  const found = new Map<string, T>();
  const deadline = Date.now() + LISTING_TIME_MS;
  let [pages, isWhole] = [0, true];
  for (const listing of listings) {
    const before = pages;
    for await (const read of readPages(adapter, send, listing)) {
      if (read.outcome === 'UNKNOWN') {
        const isOfList = pages > 0 && pages === before && IS_OF_LIST.has(read.error.code);
        if (!isOfList) return read;
        isWhole = false;
        break;
      }
      const { items, next, isCut = false } = read.page;
      for (const item of items) if (!found.has(idOf(item))) found.set(idOf(item), item);
      pages += 1;
      const isEnough = found.size >= MAX_LISTED || pages >= MAX_LIST_PAGES || Date.now() > deadline;
      if (isCut || found.size > MAX_LISTED || (isEnough && next !== null)) isWhole = false;
      if (isEnough) break;
    }
  }
  return { outcome: 'LISTED', items: [...found.values()].slice(0, MAX_LISTED), isWhole };
}
