/** What an agent can be at a provider that builds them in several ways. */
export const AGENT_KINDS = ['AGENT', 'PATHWAY', 'PERSONA'] as const;
export type ProviderAgentKind = (typeof AGENT_KINDS)[number];

/** An agent as its provider knows it. */
export interface AgentAtProvider {
  readonly providerAgentId: string;
  readonly providerAgentKind: ProviderAgentKind;
}

/** Tells an agent from all others of its provider: two of different kinds can have the same id. */
export function keyOfAgent({ providerAgentKind, providerAgentId }: AgentAtProvider): string {
  return `${providerAgentKind} ${providerAgentId}`;
}
