import type { OutboundReply, Send } from '../vault/outbound';
import type { CallContent } from './call-content';
import type { CallFacts } from './call-facts';
import { isOwnAddress, postTo } from './control-address';
import { readPages } from './list-requests';
import type { Listing } from './listing';
import type { CallSpan, ProviderAdapter } from './provider';
import { errorIn, errorOf, isSuccess, type ProviderError } from './refusals';

/** `UNKNOWN` means that nothing definitive was answered. */
export type CallAnswer =
  | { readonly outcome: 'FOUND'; readonly facts: CallFacts }
  | { readonly outcome: 'UNKNOWN'; readonly error: ProviderError };

/** `ABSENT` means that the whole list was read, and the call is not in it. */
export type CallSearch = CallAnswer | { readonly outcome: 'ABSENT' };

/** What a search knows of the call that it looks for. */
export interface CallToFind {
  readonly callId: string;
  readonly toNumber: string | null;
  readonly createdAt: Date;
}

/** Asks for one call. The answer counts only where it is about that call. */
export async function askForCall(
  adapter: ProviderAdapter,
  send: Send,
  providerCallId: string,
): Promise<CallAnswer> {
  return answerIn(adapter, await send(adapter.call(providerCallId)), providerCallId);
}

function answerIn(adapter: ProviderAdapter, reply: OutboundReply, providerCallId: string): CallAnswer {
  const error = errorIn(adapter, reply);
  if (error) return { outcome: 'UNKNOWN', error };
  const facts = reply.kind === 'ANSWER' ? adapter.readCall(reply.json) : null;
  return facts?.providerCallId === providerCallId
    ? { outcome: 'FOUND', facts }
    : { outcome: 'UNKNOWN', error: errorOf('PROVIDER_FAULT', reply) };
}

/** `UNKNOWN` means that nothing definitive was answered. */
export type ContentAnswer =
  | { readonly outcome: 'FOUND'; readonly content: CallContent }
  | { readonly outcome: 'UNKNOWN'; readonly error: ProviderError };

/** Asks for one call and reads what was said in it. The answer counts only where it is about that call. */
export async function askForContent(
  adapter: ProviderAdapter,
  send: Send,
  providerCallId: string,
): Promise<ContentAnswer> {
  const reply = await send(adapter.call(providerCallId));
  const answer = answerIn(adapter, reply, providerCallId);
  if (answer.outcome === 'UNKNOWN') return answer;
  const json = reply.kind === 'ANSWER' ? reply.json : null;
  return { outcome: 'FOUND', content: adapter.readContent(json, providerCallId) };
}

/** Where requests without a key go at most, and how long they may take. */
export interface Control {
  readonly baseUrl: string;
  readonly timeoutMs: number;
}

/** Asks the provider to end a call. The result is null where it has said that it does. */
export async function stopCall(
  adapter: ProviderAdapter,
  send: Send,
  { baseUrl, timeoutMs }: Control,
  providerCallId: string,
): Promise<ProviderError | null> {
  const stop = adapter.stopCall;
  if (stop.by === 'REQUEST') return stopError(adapter, await send(stop.request(providerCallId)));
  const reply = await send(adapter.call(providerCallId));
  const answer = answerIn(adapter, reply, providerCallId);
  if (answer.outcome === 'UNKNOWN') return answer.error;
  const address = reply.kind === 'ANSWER' ? stop.addressIn(reply.json) : '';
  if (!isOwnAddress(address, stop.domain, baseUrl)) return errorOf('PROVIDER_FAULT', reply);
  return postTo(address, stop.body, timeoutMs);
}

// Nothing need be said where a call was stopped: the status is enough.
function stopError(adapter: ProviderAdapter, reply: OutboundReply): ProviderError | null {
  if (reply.kind === 'NO_ANSWER' || !isSuccess(reply.status)) return errorIn(adapter, reply);
  const code = adapter.refusal(reply.status, reply.json);
  return code && errorOf(code, reply);
}

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
