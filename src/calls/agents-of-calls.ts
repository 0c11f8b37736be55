import type { AgentRow, ShownAgent } from '../agents/agent.entity';
import type { AgentService } from '../agents/agent.service';
import type { Viewer } from '../access/viewer';
import type { CallHistoryService } from './call-history.service';
import type { CallRow } from './call.entity';

/** An agent as the people of its former client see it: not what it has become for another client. */
export type FormerAgent = Omit<ShownAgent, 'providerAgentId' | 'providerAgentKind'> &
  Readonly<Record<'providerAgentId' | 'providerAgentKind', null>>;

export function formerAgent({
  agentId: id,
  clientId,
  provider,
}: Pick<CallRow, 'agentId' | 'clientId' | 'provider'>): FormerAgent {
  const atProvider = { provider, providerAgentId: null, providerAgentKind: null, fromNumber: null };
  return { id, clientId, name: 'Former agent', ...atProvider };
}

/**
 * Finds agents by their ids as the viewer sees them anywhere: a portal user those of its client, or, without
 * the permission for that, those that have had calls with it, and in calls also agents that it has no more.
 */
export async function findSeenAgents(
  agents: AgentService,
  calls: CallHistoryService,
  viewer: Viewer,
  ids: readonly string[],
): Promise<(AgentRow | FormerAgent | null)[]> {
  const own = await agents.findMany(viewer, ids);
  const { clientId, permissions } = viewer;
  if (clientId === null) return own;
  return Promise.all(
    ids.map(async (id, index) => {
      const agent = own[index] ?? null;
      if (agent && permissions.includes('VIEW_AGENTS')) return agent;
      const call = await calls.anyOf(viewer, clientId, id);
      return call && (agent ?? (permissions.includes('VIEW_CALLS') ? formerAgent(call) : null));
    }),
  );
}
