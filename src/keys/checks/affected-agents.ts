import type { SelectQueryBuilder } from 'typeorm';
import { AgentRow } from '../../agents/agent.entity';
import type { Manager } from '../../database/manager';
import type { Provider } from '../../providers';
import { ApiKeyRow } from '../api-key.entity';
import type { KeyOwner } from '../key-store';

/** Agents listed at most in one answer; counts are exact. */
export const MAX_AGENTS_LISTED = 100;

/** The agents whose calls use an owner's key for a provider, or would if it were set: in an agency, those whose client has none. */
export function agentsOfKey(
  read: Manager,
  owner: KeyOwner,
  provider: Provider,
): SelectQueryBuilder<AgentRow> {
  const agents = read
    .createQueryBuilder(AgentRow, 'agent')
    .where('agent.agencyId = :agencyId AND agent.provider = :provider', {
      agencyId: owner.agencyId,
      provider,
    })
    .orderBy('agent.id');
  if (owner.type === 'CLIENT') return agents.andWhere('agent.clientId = :clientId', { clientId: owner.id });
  const clientKey = agents
    .subQuery()
    .select('1')
    .from(ApiKeyRow, 'k')
    .where("k.ownerId = agent.clientId AND k.ownerType = 'CLIENT' AND k.provider = agent.provider")
    // A row that is not set and has a secret counts as set, as it does for the chain.
    .andWhere('(k.isSet = :isSet OR k.sealed IS NOT NULL)')
    .getQuery();
  return agents.andWhere(`NOT EXISTS ${clientKey}`, { isSet: true });
}

export async function listAgents(
  query: SelectQueryBuilder<AgentRow>,
  limit: number,
): Promise<{ agents: AgentRow[]; count: number }> {
  const [agents, count] = await query.limit(limit).getManyAndCount();
  return { agents, count };
}
