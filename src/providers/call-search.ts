import type { Send } from '../vault/outbound';
import type { CallFacts } from './call-facts';
import { callListing, MARGIN_MS } from './call-lists';
import { askForCall, type CallAnswer } from './call-requests';
import { readPages } from './page-requests';
import type { CallSpan, ProviderAdapter } from './provider';
import type { ProviderError } from './refusals';

/** `ABSENT` means that the whole list was read, and the call is not in it. */
export type CallSearch = CallAnswer | { readonly outcome: 'ABSENT' };

/** What a search knows of the call that it looks for. */
export interface CallToFind {
  readonly callId: string;
  readonly toNumber: string | null;
  readonly createdAt: Date;
}

const MAX_PAGES = 20;
/** At most as many calls of a list are asked for one by one. */
const MAX_CANDIDATES = 20;

/**
 * Looks for a call in the provider's own list, by the metadata that was sent when it was placed. Where a list
 * shows no metadata, the calls that it may be are asked for one by one.
 */
export async function findPlacedCall(
  adapter: ProviderAdapter,
  send: Send,
  call: CallToFind,
): Promise<CallSearch> {
  const candidates = new Set<string>();
  const createdAt = call.createdAt.getTime();
  const span = { since: new Date(createdAt - MARGIN_MS), until: new Date(createdAt + MARGIN_MS) };
  let pages = 0;
  for await (const read of readPages(adapter, send, callListing(adapter, { ...span, callId: call.callId }))) {
    if (read.outcome === 'UNKNOWN') return read;
    for (const { isInPart, ...facts } of read.page.items) {
      const isIt = facts.latchkeyCallId === call.callId;
      if (isIt && isInPart && facts.providerCallId !== null)
        return askForCall(adapter, send, facts.providerCallId);
      if (isIt) return { outcome: 'FOUND', facts };
      if (facts.providerCallId !== null && mayBe(call, facts, span)) candidates.add(facts.providerCallId);
    }
    pages += 1;
    if (candidates.size > MAX_CANDIDATES || (pages > MAX_PAGES && read.page.next !== null))
      return { outcome: 'UNKNOWN', error: TOO_LONG };
  }
  return findAmong(adapter, send, call, candidates);
}

const TOO_LONG: ProviderError = { code: 'PROVIDER_FAULT', httpStatus: 200, retryAfterSeconds: null };

// Some lists hold whole days.
function mayBe(
  { toNumber }: CallToFind,
  facts: CallFacts,
  { since, until }: Pick<CallSpan, 'since' | 'until'>,
): boolean {
  const { startedAt } = facts;
  if (startedAt !== null && (startedAt < since || startedAt > until)) return false;
  return (
    facts.latchkeyCallId === null &&
    facts.direction !== 'INBOUND' &&
    (facts.toNumber === null || toNumber === null || facts.toNumber === toNumber)
  );
}

async function findAmong(
  adapter: ProviderAdapter,
  send: Send,
  { callId }: CallToFind,
  candidates: ReadonlySet<string>,
): Promise<CallSearch> {
  for (const id of candidates) {
    const answer = await askForCall(adapter, send, id);
    if (answer.outcome === 'UNKNOWN' || answer.facts.latchkeyCallId === callId) return answer;
  }
  return { outcome: 'ABSENT' };
}
