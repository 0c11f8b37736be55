import type { Transaction } from '../database/transaction';
import { recordPresence } from '../keys/absent-agent';
import type { Placement } from '../providers/requests';
import type { AgentWithKey } from './call-request';

/** Keeps that an agent does not exist in the account of the key, where a placement was refused for that. */
export async function noteMissingAgent(
  tx: Transaction,
  { agent, key }: Pick<AgentWithKey, 'agent' | 'key'>,
  placement: Placement,
): Promise<void> {
  if (placement.outcome !== 'REFUSED' || placement.error.code !== 'AGENT_NOT_FOUND') return;
  const { agencyId, clientId, provider } = agent;
  const id = (key.source === 'CLIENT' && clientId) || agencyId;
  const owner = { type: key.source, id, agencyId };
  await recordPresence(tx, { owner, provider, version: key.version }, [agent], []);
}
