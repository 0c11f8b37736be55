import type { UserError } from '../graphql/user-error';
import { adapterOf, type Provider } from '../providers';
import type { ProviderAgentKind } from '../providers/provider-agent';
import { checkProviderId } from '../providers/provider-id';
import { checkFromNumber, checkKind, type AgentIds } from './agent-input';

/** What an agent is to become. What is not given stays; null takes the number away. */
export interface AgentChange {
  readonly providerAgentId?: string | null;
  readonly providerAgentKind?: ProviderAgentKind | null;
  readonly fromNumber?: string | null;
}

/**
 * Brings a change of an agent into the form in which it is stored, or reports everything that is wrong with
 * it.
 */
export function checkAgentChange(
  provider: Provider,
  input: AgentChange,
): { readonly change: Partial<AgentIds>; readonly userErrors: readonly UserError[] } {
  const change: { -readonly [K in keyof AgentIds]?: AgentIds[K] } = {};
  const userErrors: UserError[] = [];
  if (input.providerAgentId != null) {
    const id = checkProviderId(adapterOf(provider), input.providerAgentId, ['input', 'providerAgentId']);
    if (typeof id === 'string') change.providerAgentId = id;
    else userErrors.push(id);
  }
  if (input.providerAgentKind != null) {
    const kind = checkKind(provider, input.providerAgentKind);
    if (typeof kind === 'string') change.providerAgentKind = kind;
    else userErrors.push(kind);
  }
  if (input.fromNumber !== undefined) {
    const fromNumber = checkFromNumber(provider, input.fromNumber);
    if (fromNumber === null || typeof fromNumber === 'string') change.fromNumber = fromNumber;
    else userErrors.push(fromNumber);
  }
  return { change, userErrors };
}
