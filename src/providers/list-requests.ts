import type { Send } from '../vault/outbound';
import type { Listing } from './listing';
import { readPages } from './page-requests';
import type { ProviderAdapter } from './provider';
import type { ProviderErrorCode } from './provider-errors';
import type { ProviderError } from './refusals';

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
