import type { AgentRow } from '../agents/agent.entity';
import type { Reader, Select } from '../database/transaction';
import type { Provider } from '../providers';
import type { PlaceMacs } from '../vault/place-macs';
import { agentsOfKey } from './affected-agents';
import { placeColumnsOfMany, rowAt, Unreadable, type KeyOwner, type PlaceRow } from './place';

/**
 * These are the agents of `agentsOfKey`, without those whose client has an unreadable key. The rows of such a
 * client say that it has no key, but Latchkey did not write all of them, so the agency's key must not take
 * its place.
 */
export async function agentsPaidBy(
  read: Reader,
  macs: PlaceMacs,
  owner: KeyOwner,
  provider: Provider,
): Promise<Select<AgentRow>> {
  const agents = agentsOfKey(read, owner, provider);
  if (owner.type === 'CLIENT') return agents;
  const unreadable = await clientsWithUnreadableKey(read, macs, owner.agencyId, provider);
  return unreadable.length > 0
    ? agents.andWhere('(agent.clientId IS NULL OR agent.clientId NOT IN (:...unreadable))', { unreadable })
    : agents;
}

async function clientsWithUnreadableKey(
  read: Reader,
  macs: PlaceMacs,
  agencyId: string,
  provider: Provider,
): Promise<string[]> {
  const rows = await read.rows<PlaceRow & { readonly clientId: string }>(
    `SELECT ${placeColumnsOfMany(read).join(', ')}, c.id AS clientId FROM clients c JOIN api_keys k ON k.ownerId = c.id WHERE c.agencyId = ?`,
    [agencyId],
  );
  const isGenuine = macs.judge(rows);
  const isSound = (row: PlaceRow) => row.agencyId === agencyId && isGenuine(row);
  const doubtful = new Set(rows.filter((row) => !isSound(row)).map(({ clientId }) => clientId));
  return [...doubtful].filter((id) => {
    const owner = { type: 'CLIENT', id, agencyId } as const;
    const ofClient = rows.filter(({ clientId }) => clientId === id);
    return rowAt(macs, owner, provider, ofClient) instanceof Unreadable;
  });
}
