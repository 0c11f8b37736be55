/** What an agent can be at a provider that builds them in several ways. */
export const AGENT_KINDS = ['AGENT', 'PATHWAY', 'PERSONA'] as const;
export type ProviderAgentKind = (typeof AGENT_KINDS)[number];

/** An agent as its provider knows it. */
export interface AgentAtProvider {
  readonly providerAgentId: string;
  readonly providerAgentKind: ProviderAgentKind;
}
