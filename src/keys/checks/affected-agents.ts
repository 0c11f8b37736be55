import { AgentRow } from '../../agents/agent.entity';
import type { Reader, Select } from '../../database/transaction';
import type { Provider } from '../../providers';
import type { KeyOwner } from '../key-store';

/** Agents listed at most in one answer; counts are exact. */
export const MAX_AGENTS_LISTED = 100;

// A row that is not set and has a secret counts as set, as it does for the chain.
const CLIENT_KEY = `SELECT 1 FROM api_keys k WHERE k.ownerId = agent.clientId AND k.ownerType = 'CLIENT'
AND k.provider = agent.provider AND (k.isSet = :isSet OR k.sealed IS NOT NULL)`;

/** The agents whose calls use an owner's key for a provider, or would if it were set: in an agency, those whose client has none. */
export function agentsOfKey(read: Reader, owner: KeyOwner, provider: Provider): Select<AgentRow> {
  const agents = read
    .createQueryBuilder(AgentRow, 'agent')
    .where('agent.agencyId = :agencyId AND agent.provider = :provider', {
      agencyId: owner.agencyId,
      provider,
    })
    .orderBy('agent.id');
  if (owner.type === 'CLIENT') return agents.andWhere('agent.clientId = :clientId', { clientId: owner.id });
  return agents.andWhere(`NOT EXISTS (${CLIENT_KEY})`, { isSet: true });
}

export async function listAgents(
  query: Select<AgentRow>,
  limit: number,
): Promise<{ agents: AgentRow[]; count: number }> {
  const [agents, count] = await query.limit(limit).getManyAndCount();
  return { agents, count };
}
