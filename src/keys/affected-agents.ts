import { AgentRow } from '../agents/agent.entity';
import type { Reader, Select } from '../database/transaction';
import type { Provider } from '../providers';
import type { KeyOwner } from './place';

/** An answer lists at most this many agents. Its counts are exact all the same. */
export const MAX_AGENTS_LISTED = 100;

const CLIENT_KEY = `SELECT 1 FROM api_keys k WHERE k.ownerId = agent.clientId AND k.ownerType = 'CLIENT'
AND k.provider = agent.provider AND k.isSet = :isSet`;

/**
 * These are the agents whose calls use an owner's key for a provider, or would use it if it were set. For an
 * agency's key they are the agents with no client and those whose client has no key of its own. What the rows
 * say is believed here, without a check of their MACs.
 */
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

const ABSENT_SINCE = `(SELECT m.foundAt FROM absent_agents m WHERE m.agentId = agent.id AND m.ownerId = :ownerId
AND m.provider = agent.provider)`;

/**
 * Lists agents of a key that are to be looked up in its account, with the count of all. Half of them at most
 * are those that were absent when they were looked up last, the one that waits longest first. Of the others,
 * each turn lists the next ones. So, however many agents there are, each has its turn.
 */
export async function agentsToLookUp(
  read: Reader,
  owner: KeyOwner,
  provider: Provider,
  limit: number,
  turn = 0,
): Promise<{ agents: AgentRow[]; count: number }> {
  const all = agentsOfKey(read, owner, provider);
  const absent = all
    .clone()
    .andWhere(`${ABSENT_SINCE} IS NOT NULL`, { ownerId: owner.id })
    .orderBy(ABSENT_SINCE)
    .addOrderBy('agent.id')
    .limit(Math.ceil(limit / 2));
  const [known, count] = await Promise.all([absent.getMany(), all.clone().getCount()]);
  const start = count > limit ? (turn * Math.floor(limit / 2)) % count : 0;
  const agents = await all.offset(start).limit(limit).getMany();
  const ids = new Set(known.map(({ id }) => id));
  return { agents: [...known, ...agents.filter(({ id }) => !ids.has(id))].slice(0, limit), count };
}

export async function listAgents(
  query: Select<AgentRow>,
  limit: number,
): Promise<{ agents: AgentRow[]; count: number }> {
  const [agents, count] = await query.limit(limit).getManyAndCount();
  return { agents, count };
}
