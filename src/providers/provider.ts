import type { SignatureClaim } from '../vault/signatures';
import type { KeyPresentation, OutboundRequest } from '../vault/outbound';
import type { CallContent } from './call-content';
import type { CostUnit } from './call-cost';
import type { CallFacts } from './call-facts';
import type { ListedAgent, ListedNumber, Listing, ListPage } from './listing';
import type { GatewayTable } from './gateway-table';
import type { AgentAtProvider, ProviderAgentKind } from './provider-agent';
import type { ProviderErrorCode } from './provider-errors';
import type { RequestRate } from './request-buckets';
import type { WebCalls } from './web-calls';

/** For data residency, some providers run separate endpoints with separate accounts in these regions. */
export const PROVIDER_REGIONS = ['US', 'EU'] as const;
export type ProviderRegion = (typeof PROVIDER_REGIONS)[number];

export interface CallToPlace extends AgentAtProvider {
  /**
   * Latchkey's id of the call is sent as metadata, so that a placement that was never answered can be matched
   * with the provider's call.
   */
  readonly callId: string;
  /** The number is in E.164 form. */
  readonly toNumber: string;
  /**
   * The value is a number in E.164 form or the provider's id of one, as `fromNumberForm` says. It is null
   * only where the adapter does not require one.
   */
  readonly fromNumber: string | null;
  /** What the agent is told for this call, by name. It may be empty. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * A call is stopped by a request like all others, or by one without the key to an address that the provider
 * shows with the call.
 */
export type CallStop =
  | { readonly by: 'REQUEST'; request(providerCallId: string): OutboundRequest }
  | {
      readonly by: 'ADDRESS';
      /** Reads the address. It is an empty string where the call has none. */
      addressIn(json: unknown): string;
      /** The address is on a host of this domain. */
      readonly domain: string;
      readonly body: object;
    };

/** Which of the calls of an account are asked for. A provider may answer with more of them. */
export interface CallSpan {
  /** Latchkey's id of the one call that is looked for, or null for all calls of the span. */
  readonly callId: string | null;
  readonly since: Date;
  readonly until: Date;
  /** Where the page begins, as the page before says. It is null for the first page. */
  readonly cursor: string | null;
}

/** Returns an object with one property, or an empty one where there are no variables. */
export function withVariables(name: string, variables: CallToPlace['variables']): object {
  return Object.keys(variables).length === 0 ? {} : { [name]: variables };
}

/** An event as its provider sent it, of which nothing is believed yet. */
export interface ReadEvent {
  /** The provider's word for what happened. */
  readonly type: string;
  /** What it says of its call, for `readCall`. It is undefined for an event of no call. */
  readonly call: unknown;
  /** The time of which it tells, where it says so beside the times of the call. */
  readonly at: Date | null;
}

/** How a provider signs and writes its events. */
export interface ProviderEvents {
  /**
   * How people set events up at the provider: where the address is entered, and what it signs with. Each is
   * the end of a sentence.
   */
  readonly setUp: { readonly address: string; readonly secret: string };
  /** Reads the signatures that a request has. `header` returns an empty text for one that is not there. */
  claims(body: Buffer, header: (name: string) => string): readonly SignatureClaim[];
  /** The types that tell of a call. What an event of any other type says is not believed. */
  readonly types: ReadonlySet<string>;
  /** Null for JSON that is no event of the provider. */
  read(json: unknown): ReadEvent | null;
}

/**
 * An adapter describes requests and reads replies. It never sees a key: the vault adds the key to the request
 * that is described here.
 */
export interface ProviderAdapter {
  readonly id: string;
  readonly name: string;
  /** `US` is the default region. */
  readonly baseUrls: Readonly<Partial<Record<ProviderRegion, string>>> & { readonly US: string };
  readonly keyPresentation: KeyPresentation;
  /**
   * How fast one account is asked by what works in the background, which leaves the rest of what the provider
   * takes to the account's own calls.
   */
  readonly backgroundRate: RequestRate;
  /** How its keys begin, so that one that is pasted in place of an id is told apart. */
  readonly keyPrefixes: readonly string[];
  /** It is true if a call cannot be placed without saying which number it comes from. */
  readonly requiresFromNumber: boolean;
  /**
   * Calls are placed from a phone number in E.164 form (`E164`) or from the provider's own id of one (`ID`).
   */
  readonly fromNumberForm: 'E164' | 'ID';
  /**
   * Every id of an agent has this form, and every id of a phone number where these have ids. It is `ANY`
   * where no form is certain.
   */
  readonly idForm: 'ANY' | 'UUID' | { readonly prefix: string };
  /** This is the cheapest read-only request that tells whether a key is accepted. It never places a call. */
  readonly verify: OutboundRequest;
  /** Whether this is what the provider answers to `verify` with success, and not something else in JSON. */
  isVerified(json: unknown): boolean;
  /** The kinds of agents that the provider has. One of which nobody says the kind is of the first. */
  readonly agentKinds: readonly [ProviderAgentKind, ...ProviderAgentKind[]];
  agent(agent: AgentAtProvider): OutboundRequest;
  placeCall(call: CallToPlace): OutboundRequest;
  /**
   * Whether it takes calls of an account that cannot pay for them, and tells so by their end alone: then only
   * a call that was connected shows that the account can pay again.
   */
  readonly takesUnpaidCalls?: true;
  /** Null where the provider has no calls without a phone that its key can start. */
  readonly webCalls: WebCalls | null;
  /**
   * The result is the provider's id of the call in a successful reply to `placeCall`, or to the request for a
   * web call. It is an empty string when there is none.
   */
  callId(json: unknown): string;
  /** The unit in which the provider states what a call costs. */
  readonly costUnit: CostUnit;
  /** Asks for one call. */
  call(providerCallId: string): OutboundRequest;
  /**
   * Reads a call as the provider shows it, by itself, in a list or in an event. Whatever is in it, this does
   * not throw: a fact that is missing, or that cannot be true, is null.
   */
  readCall(json: unknown): CallFacts;
  /**
   * Reads what was said in the same call. This does not throw either, and reads nothing that nobody has said:
   * the instructions of an agent and what its tools answered stay out.
   */
  readContent(json: unknown, providerCallId: string): CallContent;
  readonly events: ProviderEvents;
  readonly stopCall: CallStop;
  /** Asks for a page of the calls of a span of time. */
  listCalls(span: CallSpan): OutboundRequest;
  /** Reads such a page. It is null for anything but a page. */
  readCallList(json: unknown, span: CallSpan): ListPage<unknown> | null;
  /**
   * Tells of a call in a list whether the list leaves out its agent, how it ended, or its cost. Then nothing
   * counts of what the list says but that the call is there. Adapters without it have lists that show all.
   */
  isInPart?(call: unknown): boolean;
  /** The lists of the agents of an account that can place calls. */
  readonly agentLists: readonly Listing<ListedAgent>[];
  /** The lists of the phone numbers of an account from which its agents can call. */
  readonly numberLists: readonly Listing<ListedNumber>[];
  /**
   * Some providers tell a refusal by more than the status, or inside a 2xx answer. The result is the code of
   * such a refusal, and null leaves the decision to the status.
   */
  refusal(status: number, json: unknown): ProviderErrorCode | null;
  /** The gateway does not reach a provider without one. */
  readonly gateway?: GatewayTable;
}
