import { AgencyRow } from '../agencies/agency.entity';
import type { Transaction } from '../database/transaction';
import { userError, type UserError } from '../graphql/user-error';
import type { AgentRow } from './agent.entity';

type Entry = Pick<AgentRow, 'id' | 'clientId' | 'provider' | 'providerAgentId'>;

/**
 * Reads the other entries of an agency for the same agent of a provider. Whoever else does so in this agency
 * waits until the transaction ends. A unique index would not do: databases of earlier releases may hold such
 * entries, and MariaDB compares without regard to case.
 */
export async function lockSameAgents(
  tx: Transaction,
  agent: Entry & Pick<AgentRow, 'agencyId'>,
): Promise<Entry[]> {
  const { id, agencyId, provider, providerAgentId } = agent;
  await tx.lock(AgencyRow, agencyId);
  const rows = await tx.rows<Entry>(
    'SELECT id, clientId, provider, providerAgentId FROM agents WHERE agencyId = ? AND providerAgentId = ?',
    [agencyId, providerAgentId],
  );
  return rows.filter(
    (row) => row.id !== id && row.provider === provider && row.providerAgentId === providerAgentId,
  );
}

export function duplicateAgent(): UserError {
  const message = 'The agency has this agent of the provider already.';
  return userError('DUPLICATE', ['input', 'providerAgentId'], message);
}

export function assignedToAnother(): UserError {
  const message =
    'The agency has the same agent of the provider a second time, for another client: whose key pays would depend on which of them is used.';
  return userError('DUPLICATE', ['input', 'clientId'], message);
}
