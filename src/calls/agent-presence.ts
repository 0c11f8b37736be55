import type { Transaction } from '../database/transaction';
import { recordPresence } from '../keys/absent-agent';
import type { Placement } from '../providers/placement';
import type { AgentWithKey } from './call-request';

/**
 * Keeps what the answer to a placement tells of its agent: it does not exist in the account of the key, or,
 * where it was absent before, it does by now.
 */
export async function notePresence(
  tx: Transaction,
  { agent, key }: Pick<AgentWithKey, 'agent' | 'key'>,
  placement: Placement,
): Promise<void> {
  const isAbsent = placement.outcome === 'REFUSED' && placement.error.code === 'AGENT_NOT_FOUND';
  const isFound = placement.outcome === 'PLACED' && agent.wasAbsent;
  if (!isAbsent && !isFound) return;
  const { agencyId, clientId, provider } = agent;
  const id = (key.source === 'CLIENT' && clientId) || agencyId;
  const owner = { type: key.source, id, agencyId };
  const keyVersion = { owner, provider, version: key.version };
  await recordPresence(tx, keyVersion, isAbsent ? [agent] : [], isAbsent ? [] : [agent]);
}
