import type { AgentRow } from '../../agents/agent.entity';
import type { Reader } from '../../database/transaction';
import type { Provider } from '../../providers';
import type { PlaceMacs } from '../../vault/place-macs';
import { agentsPaidBy } from '../agents-paid-by';
import type { KeySource } from '../chain';
import { listAgents, MAX_AGENTS_LISTED } from '../affected-agents';
import { readSealedKeys, type KeyOwner } from '../key-store';

/** This is what the agents that used a cleared key use from now on. */
export interface ClearEffect {
  readonly owner: KeyOwner;
  readonly provider: Provider;
  readonly source: KeySource | null;
  readonly agentCount: number;
  readonly agentsWithoutKeyCount: number;
}

/** `agents` are those that are left with no key. At most `MAX_AGENTS_LISTED` are listed. */
export async function effectOfClear(
  read: Reader,
  macs: PlaceMacs,
  owner: KeyOwner,
  provider: Provider,
): Promise<{ effect: ClearEffect; agents: AgentRow[] }> {
  const keys = await readSealedKeys(read, macs, owner.agencyId, null, provider);
  const source = owner.type === 'CLIENT' && keys.AGENCY ? 'AGENCY' : null;
  const query = await agentsPaidBy(read, macs, owner, provider);
  const { agents, count } = await listAgents(query, MAX_AGENTS_LISTED);
  return {
    effect: { owner, provider, source, agentCount: count, agentsWithoutKeyCount: source ? 0 : count },
    agents: source ? [] : agents,
  };
}
