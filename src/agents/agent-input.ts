import { checkName, checkPhoneNumber } from '../graphql/checks';
import { userError, type UserError } from '../graphql/user-error';
import { adapterOf, type Provider } from '../providers';
import type { ProviderAgentKind } from '../providers/provider-agent';
import { checkProviderId } from '../providers/provider-id';
import type { AgentRow } from './agent.entity';

export interface NewAgent {
  readonly name: string;
  readonly provider: Provider;
  readonly providerAgentId: string;
  readonly providerAgentKind?: ProviderAgentKind | null;
  readonly fromNumber?: string | null;
  readonly clientId?: string | null;
}

export type CheckedAgent = AgentIds & Pick<AgentRow, 'name' | 'provider'>;

/** As what an agent is known at its provider, and from which number it calls. */
export type AgentIds = Pick<AgentRow, 'providerAgentId' | 'providerAgentKind' | 'fromNumber'>;

/** Brings the input into the form in which it is stored, or reports everything that is wrong with it. */
export function checkNewAgent(input: NewAgent): {
  readonly agent: CheckedAgent | null;
  readonly userErrors: readonly UserError[];
} {
  const { provider } = input;
  const name = checkName(input.name, ['input', 'name']);
  const providerAgentId = checkProviderId(adapterOf(provider), input.providerAgentId, [
    'input',
    'providerAgentId',
  ]);
  const fromNumber = checkFromNumber(provider, input.fromNumber ?? null);
  const providerAgentKind = checkKind(provider, input.providerAgentKind ?? null);
  const userErrors = [name, providerAgentId, providerAgentKind, fromNumber].filter(
    (part) => part !== null && typeof part === 'object',
  );
  const agent = { name, provider, providerAgentId, providerAgentKind, fromNumber };
  return { agent: userErrors.length > 0 ? null : (agent as CheckedAgent), userErrors };
}

export function checkKind(
  provider: Provider,
  given: ProviderAgentKind | null,
): ProviderAgentKind | UserError {
  const { name, agentKinds } = adapterOf(provider);
  const kind = given ?? agentKinds[0];
  return agentKinds.includes(kind)
    ? kind
    : userError('INVALID_FORMAT', ['input', 'providerAgentKind'], `${name} has no agents of this kind.`);
}

export function checkFromNumber(provider: Provider, fromNumber: string | null): string | null | UserError {
  if (fromNumber === null) return null;
  const field = ['input', 'fromNumber'];
  const adapter = adapterOf(provider);
  return adapter.fromNumberForm === 'E164'
    ? checkPhoneNumber(fromNumber, field)
    : checkProviderId(adapter, fromNumber, field);
}
