import { noteChange } from '../agencies/changed-owner';
import type { AgentRow } from '../agents/agent.entity';
import { placeholders } from '../database/raw';
import type { Transaction } from '../database/transaction';
import type { Provider } from '../providers';
import { agentsOfKey } from './affected-agents';
import type { KeyOwner } from './place';

/** A version of a key. */
export interface KeyVersion {
  readonly owner: KeyOwner;
  readonly provider: Provider;
  readonly version: number;
}

type LookedUp = Pick<AgentRow, 'id' | 'providerAgentId'>;

/**
 * Keeps which agents are absent in the account of a key, and which are there. An answer can be late: it tells
 * nothing of the account in use where the key was replaced or cleared since, or where the agent has another
 * id at the provider, or uses the key of another owner, by now.
 */
export async function recordPresence(
  tx: Transaction,
  key: KeyVersion,
  absent: readonly LookedUp[],
  present: readonly LookedUp[],
): Promise<void> {
  const users = await usersOf(tx, key, [...absent, ...present]);
  if (users.size === 0) return;
  const { owner, provider, version } = key;
  const ids = [...users];
  const before = await tx.run(`DELETE FROM absent_agents WHERE agentId IN (${placeholders(ids)})`, ids);
  const lost = absent.filter(({ id }) => users.has(id));
  for (const { id: agentId, providerAgentId } of lost)
    await tx.insertRow('absent_agents', {
      ...{ agentId, ownerId: owner.id, provider, keyVersion: version, providerAgentId },
      foundAt: new Date(),
    });
  if (before > 0 || lost.length > 0)
    await noteChange(tx, owner.agencyId, owner.type === 'CLIENT' ? owner.id : null);
}

/** The ids of those of the agents that use this version of a key now, and have the id that was looked up. */
async function usersOf(
  tx: Transaction,
  { owner, provider, version }: KeyVersion,
  agents: readonly LookedUp[],
): Promise<ReadonlySet<string>> {
  if (agents.length === 0) return new Set();
  const current = await tx.shareRows(
    'SELECT id FROM api_keys WHERE ownerId = ? AND provider = ? AND version = ? AND isSet = ?',
    [owner.id, provider, version, 1],
  );
  if (current.length === 0) return new Set();
  const users = await agentsOfKey(tx, owner, provider)
    .andWhere('agent.id IN (:...ids)', { ids: agents.map(({ id }) => id) })
    .select('agent.id', 'id')
    .addSelect('agent.providerAgentId', 'providerAgentId')
    .getRawMany<LookedUp>();
  const lookedUp = new Map(agents.map(({ id, providerAgentId }) => [id, providerAgentId]));
  return new Set(
    users.filter((user) => lookedUp.get(user.id) === user.providerAgentId).map((user) => user.id),
  );
}
