import { checkText, NAME_MAX_LENGTH } from '../graphql/checks';
import type { ListedAgent } from '../providers/listing';
import type { ProviderAdapter } from '../providers/provider';
import { checkProviderId } from '../providers/provider-id';

/** A text of the provider's as a name, or null where it is none. What is too long is cut. */
export function readName(text: string): string | null {
  const name = checkText([...text.trim()].slice(0, NAME_MAX_LENGTH).join(''), [], NAME_MAX_LENGTH);
  return typeof name === 'string' ? name : null;
}

/** An agent without a usable name is called by its id. */
export function nameOfAgent({ name, providerAgentId }: ListedAgent): string {
  return readName(name) ?? providerAgentId;
}

/** The id in the form in which the agency's agents keep it. */
export function ownId(adapter: ProviderAdapter, id: string): string {
  const own = checkProviderId(adapter, id, []);
  return typeof own === 'string' ? own : id;
}
