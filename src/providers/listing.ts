import type { OutboundRequest } from '../vault/outbound';
import { textField } from './json';
import type { AgentAtProvider, ProviderAgentKind } from './provider-agent';
import { readId } from './read-values';

export interface ListPage<T> {
  readonly items: readonly T[];
  /** Where the next page begins. It is null after the last one. */
  readonly next: string | null;
  /** Whether there may be more that the provider does not list. */
  readonly isCut?: boolean;
}

/** How a provider lists what is in an account, page by page. */
export interface Listing<T> {
  /** Asks for a page. The cursor says where it begins, and is null for the first one. */
  request(cursor: string | null): OutboundRequest;
  /** Reads a page. It is null for anything but a page. */
  read(json: unknown, cursor: string | null): ListPage<T> | null;
}

/** An agent as its account lists it. The name is the provider's text, of which nothing was checked. */
export interface ListedAgent extends AgentAtProvider {
  readonly name: string;
}

/** A phone number that agents of an account can call from. */
export interface ListedNumber {
  /** What an agent's `fromNumber` is to be, so that it calls from this number. */
  readonly fromNumber: string;
  /** In E.164 form. It is null where the provider tells none, e.g. for an address of SIP. */
  readonly phoneNumber: string | null;
  /** The provider's text. It is an empty string where there is none. */
  readonly label: string;
  /** The agents that the provider has bound to the number. */
  readonly providerAgentIds: readonly string[];
}

/** Reads an agent of a list by the names of two properties. It is null for one without an id. */
export function readAgent(
  entry: unknown,
  id: string,
  name: string,
  providerAgentKind: ProviderAgentKind = 'AGENT',
): ListedAgent | null {
  const providerAgentId = readId(entry, id);
  return providerAgentId === null
    ? null
    : { providerAgentId, providerAgentKind, name: textField(entry, name) };
}

/** Reads the entries of a list. It is null for what is no list, or has an entry that cannot be read. */
export function readEntries<T>(list: unknown, read: (entry: unknown) => T | null): readonly T[] | null {
  if (!Array.isArray(list)) return null;
  const entries = list.map(read).filter((entry) => entry !== null);
  return entries.length === list.length ? entries : null;
}
