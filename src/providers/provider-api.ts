import type { Metrics } from '../platform/metrics';
import { downloadWith, isUsableLink, type WantedPart } from '../vault/download';
import {
  sendWith,
  MAX_REPLY_BYTES,
  type OutboundReply,
  type OutboundTarget,
  type Send,
} from '../vault/outbound';
import {
  NotPassed,
  Passages,
  type PassedAnswer,
  type PassedHead,
  type PassedRequest,
  type WholeAnswer,
} from '../vault/passage';
import { markOf } from '../vault/key-mark';
import type { ApiKeyText } from '../vault/secret';
import type { Recording } from './call-content';
import { callListing, type ListedCall } from './call-lists';
import { askForCall, askForContent, type CallAnswer, type ContentAnswer } from './call-requests';
import { findPlacedCall, type CallSearch, type CallToFind } from './call-search';
import { stopCall } from './call-stop';
import { readLists, type AccountList } from './list-requests';
import type { ListedAgent, ListedNumber } from './listing';
import { readPage, type ReadPage } from './page-requests';
import type { Placement } from './placement';
import { placeCall, placeWebCall, type WebPlacement } from './placement-requests';
import { findAgent, verifyKey, type KeyVerdict } from './key-requests';
import { RequestBuckets } from './request-buckets';
import { openRecording, type RecordingAnswer } from './recordings';
import type { ProviderError } from './refusals';
import { adapterOf, type Provider } from './index';
import type { CallSpan, CallToPlace, ProviderRegion } from './provider';
import { keyOfAgent, type AgentAtProvider } from './provider-agent';
import type { WebCallToPlace } from './web-calls';
import type { AgentPresence } from './provider-errors';

export type BaseUrls = Readonly<Record<Provider, Readonly<Partial<Record<ProviderRegion, string>>>>>;

/** The key determines the account: it is the one that the key belongs to. */
export interface ProviderAccount {
  readonly provider: Provider;
  readonly region: ProviderRegion;
  readonly key: ApiKeyText;
}

/** What a provider says of a call that it has placed is short. */
const MAX_PLACED_BYTES = MAX_REPLY_BYTES;

/**
 * All requests to providers are made here. No method throws because of what a provider answers or fails to
 * answer, and none repeats a request.
 */
export class ProviderApi {
  readonly #passages: Passages;

  constructor(
    private readonly baseUrls: BaseUrls,
    private readonly timeoutMs: number,
    private readonly metrics: Metrics | null = null,
    private readonly buckets = new RequestBuckets(),
    private readonly isInBackground = false,
  ) {
    this.#passages = new Passages(timeoutMs);
  }

  /** Makes requests for what works in the background: each takes a token of its account, and waits for it. */
  inBackground(): ProviderApi {
    return new ProviderApi(this.baseUrls, this.timeoutMs, this.metrics, this.buckets, true);
  }

  verifyKey(account: ProviderAccount): Promise<KeyVerdict> {
    return verifyKey(adapterOf(account.provider), this.#sender(account, 'VERIFY'));
  }

  findAgent(account: ProviderAccount, agent: AgentAtProvider): Promise<AgentPresence> {
    return findAgent(adapterOf(account.provider), this.#sender(account, 'AGENT'), agent);
  }

  placeCall(account: ProviderAccount, call: CallToPlace): Promise<Placement> {
    return placeCall(adapterOf(account.provider), this.#sender(account, 'CALL'), call);
  }

  placeWebCall(account: ProviderAccount, call: WebCallToPlace): Promise<WebPlacement> {
    return placeWebCall(adapterOf(account.provider), this.#sender(account, 'WEB_CALL'), call);
  }

  askForCall(account: ProviderAccount, providerCallId: string): Promise<CallAnswer> {
    return askForCall(adapterOf(account.provider), this.#sender(account, 'CALL_STATE'), providerCallId);
  }

  findPlacedCall(account: ProviderAccount, call: CallToFind): Promise<CallSearch> {
    return findPlacedCall(adapterOf(account.provider), this.#sender(account, 'CALL_LIST'), call);
  }

  /** Reads a page of the calls of a span, that of a cursor or the first one. */
  listCalls(
    account: ProviderAccount,
    { cursor, ...span }: Omit<CallSpan, 'callId'>,
  ): Promise<ReadPage<ListedCall>> {
    const adapter = adapterOf(account.provider);
    const listing = callListing(adapter, { ...span, callId: null });
    return readPage(adapter, this.#sender(account, 'CALL_LIST'), listing, cursor);
  }

  listAgents(account: ProviderAccount): Promise<AccountList<ListedAgent>> {
    const adapter = adapterOf(account.provider);
    return readLists(adapter, this.#sender(account, 'AGENT_LIST'), adapter.agentLists, keyOfAgent);
  }

  listNumbers(account: ProviderAccount): Promise<AccountList<ListedNumber>> {
    const adapter = adapterOf(account.provider);
    const idOf = (number: ListedNumber) => number.fromNumber;
    return readLists(adapter, this.#sender(account, 'NUMBER_LIST'), adapter.numberLists, idOf);
  }

  /** Asks what was said in a call. It waits no longer than `CONTENT_TIMEOUT_MS`. */
  askForContent(account: ProviderAccount, providerCallId: string): Promise<ContentAnswer> {
    return askForContent(
      adapterOf(account.provider),
      this.#sender(account, 'CALL_CONTENT', CONTENT_TIMEOUT_MS),
      providerCallId,
    );
  }

  /** Opens a recording. The answer is handed over as it comes in; `signal` ends it. */
  openRecording(
    account: ProviderAccount,
    recording: Recording,
    part: WantedPart,
    signal: AbortSignal,
  ): Promise<RecordingAnswer> {
    const baseUrl = this.#baseUrlOf(account);
    const target = { baseUrl, keyPresentation: adapterOf(account.provider).keyPresentation };
    const limits = { timeoutMs: this.timeoutMs, signal };
    return openRecording(recording, {
      baseUrl,
      part,
      limits,
      download: (request) => downloadWith(account.key, target, request, part, limits),
    });
  }

  /** Tells whether a link that a provider shows may be handed on, or used. */
  isUsableLink(account: ProviderAccount, address: string): boolean {
    return isUsableLink(address, this.#baseUrlOf(account));
  }

  /** The result is null where the provider has said that it ends the call. */
  stopCall(account: ProviderAccount, providerCallId: string): Promise<ProviderError | null> {
    const { provider } = account;
    const control = { baseUrl: this.#baseUrlOf(account), timeoutMs: this.timeoutMs };
    return stopCall(adapterOf(provider), this.#sender(account, 'CALL_STOP'), control, providerCallId);
  }

  /** Passes a request of an integration on, and its answer as it streams. Throws `NotPassed`. */
  passOn(account: ProviderAccount, request: PassedRequest, signal: AbortSignal): Promise<PassedAnswer> {
    const passing = this.#passages.stream(account.key, this.#targetOf(account), request, signal);
    return this.#measured(account, 'GATEWAY', passing, signal);
  }

  /** Does the same for a call to be placed: the answer is read whole, even if nobody waits any more. */
  passOnWhole(account: ProviderAccount, request: PassedRequest): Promise<WholeAnswer> {
    const passing = this.#passages.whole(account.key, this.#targetOf(account), request, MAX_PLACED_BYTES);
    return this.#measured(account, 'CALL', passing);
  }

  close(): Promise<void> {
    return this.#passages.close();
  }

  hasRegion(provider: Provider, region: ProviderRegion): boolean {
    return this.baseUrls[provider][region] !== undefined;
  }

  #baseUrlOf({ provider, region }: ProviderAccount): string {
    const baseUrl = this.baseUrls[provider][region];
    if (baseUrl === undefined) throw new Error('The provider has no endpoint in this region');
    return baseUrl;
  }

  #targetOf(account: ProviderAccount): OutboundTarget {
    const { keyPresentation } = adapterOf(account.provider);
    return { baseUrl: this.#baseUrlOf(account), keyPresentation };
  }

  #measured<Answer extends PassedHead>(
    { provider }: ProviderAccount,
    request: 'CALL' | 'GATEWAY',
    passing: Promise<Answer>,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const { metrics } = this;
    if (!metrics) return passing;
    const start = performance.now();
    const note = (outcome: string) =>
      metrics.providerRequest({ provider, request, outcome }, (performance.now() - start) / 1000);
    return passing.then(
      (answer) => {
        note(`${String(answer.status).slice(0, 1)}xx`);
        return answer;
      },
      (error: unknown) => {
        note(signal?.aborted ? 'GONE' : error instanceof NotPassed ? error.reason : 'BROKEN');
        throw error;
      },
    );
  }

  #sender(account: ProviderAccount, purpose: Purpose, mostMs = Infinity): Send {
    const send = this.#measuredSender(account, purpose, mostMs);
    if (!this.isInBackground) return send;
    const { provider, region, key } = account;
    const name = `${provider} ${region} ${markOf(key)}`;
    return async (request) => {
      await this.buckets.take(name, adapterOf(provider).backgroundRate);
      return send(request);
    };
  }

  #measuredSender(account: ProviderAccount, purpose: Purpose, mostMs: number): Send {
    const { provider, key } = account;
    const target = this.#targetOf(account);
    const timeoutMs = Math.min(this.timeoutMs, mostMs);
    const limits = { timeoutMs, maxBodyBytes: MAX_BODY_BYTES[purpose] };
    const { metrics } = this;
    if (!metrics) return (request) => sendWith(key, target, request, limits);
    return async (request) => {
      const start = performance.now();
      const reply = await sendWith(key, target, request, limits);
      const labels = { provider, request: purpose, outcome: outcomeOf(reply) };
      metrics.providerRequest(labels, (performance.now() - start) / 1000);
      return reply;
    };
  }
}

/** A call is shown with its transcript, an agent of a list with its prompt, and a page has many of them. */
const MAX_PAGE_BYTES = 8 * MAX_REPLY_BYTES;

/** Whoever reads a call waits for this, and has the rest of the answer even if nothing comes. */
const CONTENT_TIMEOUT_MS = 5_000;

/** What a request is made for, and how long the answer may be. One for a call may look its agent up. */
const MAX_BODY_BYTES = {
  VERIFY: MAX_REPLY_BYTES,
  AGENT: MAX_REPLY_BYTES,
  CALL: MAX_REPLY_BYTES,
  WEB_CALL: MAX_REPLY_BYTES,
  CALL_STATE: MAX_PAGE_BYTES,
  CALL_CONTENT: MAX_PAGE_BYTES,
  CALL_STOP: MAX_PAGE_BYTES,
  CALL_LIST: MAX_PAGE_BYTES,
  AGENT_LIST: MAX_PAGE_BYTES,
  NUMBER_LIST: MAX_PAGE_BYTES,
};
type Purpose = keyof typeof MAX_BODY_BYTES;

// A status is counted by its first digit, e.g. as 4xx.
function outcomeOf(reply: OutboundReply): string {
  return reply.kind === 'ANSWER' ? `${String(reply.status).slice(0, 1)}xx` : reply.reason;
}
