import type { CallFacts } from './call-facts';
import type { Listing } from './listing';
import type { CallSpan, ProviderAdapter } from './provider';

/** What a list tells of a call. */
export interface ListedCall extends CallFacts {
  /** Whether the list leaves something out, so that the provider is to be asked for the call itself. */
  readonly isInPart: boolean;
}

/** The calls of a span as the provider lists them. */
export function callListing(adapter: ProviderAdapter, span: Omit<CallSpan, 'cursor'>): Listing<ListedCall> {
  const isInPart = (call: unknown) => adapter.isInPart?.(call) ?? false;
  return {
    request: (cursor) => adapter.listCalls({ ...span, cursor }),
    read(json, cursor) {
      const page = adapter.readCallList(json, { ...span, cursor });
      const items =
        page?.items.map((call) => ({ ...adapter.readCall(call), isInPart: isInPart(call) })) ?? [];
      return page && items.every(({ providerCallId }) => providerCallId !== null) ? { ...page, items } : null;
    },
  };
}

/** How far the clocks of Latchkey and of a provider may differ. */
export const MARGIN_MS = 15 * 60 * 1000;
