import type { AgentRow } from '../../agents/agent.entity';
import { archivedClients } from '../../clients/active-client';
import { dateOf, placeholders, type RawDate } from '../../database/raw';
import type { Reader } from '../../database/transaction';
import type { PlaceMacs } from '../../vault/place-macs';
import { readKeySummaries } from '../key-states';
import { AGENT_EVENTS, CHAIN_EVENTS, type Trail } from './past-chain';
import { readEvents } from './past-events';

export type PastAgent = Pick<AgentRow, 'id' | 'clientId' | 'provider'>;

// Each event is looked at once, however many agents are asked about. What somebody has typed cannot be taken
// for this name, because in JSON its quotation marks are escaped.
const AGENT_ID = `SUBSTR(details, INSTR(details, '"agentId":"') + 11, 36)`;

/**
 * Reads all that tells how the chains of some agents were at any time: the events of the audit trail, and for
 * what it has no event of, the rows as they are.
 */
export async function readTrail(
  read: Reader,
  macs: PlaceMacs,
  agencyId: string,
  agents: readonly PastAgent[],
): Promise<Trail> {
  const since = await readBeginning(read, agencyId);
  const ofAgents = await readEvents(read, AGENT_EVENTS, `${AGENT_ID} IN (${placeholders(agents)})`, [
    agencyId,
    ...agents.map(({ id }) => id),
  ]);
  const clientIds = [...new Set([...agents, ...ofAgents].flatMap(({ clientId }) => clientId ?? []))];
  const ofClients = clientIds.length > 0 ? ` OR clientId IN (${placeholders(clientIds)})` : '';
  const [ofChains, { states: keys }, archived] = await Promise.all([
    readEvents(read, CHAIN_EVENTS, `(clientId IS NULL${ofClients})`, [agencyId, ...clientIds]),
    readKeySummaries(read, macs, agencyId, [agencyId, ...clientIds]),
    archivedClients(read, clientIds),
  ]);
  return { agencyId, since, ofAgents, ofChains, keys, archived };
}

async function readBeginning(read: Reader, agencyId: string): Promise<Date | null> {
  const [first] = await read.rows<{ readonly at: RawDate }>(
    `SELECT at FROM audit_events${read.indexHint('audit_events_by_agency')} WHERE agencyId = ? ORDER BY id LIMIT 1`,
    [agencyId],
  );
  return first ? dateOf(first.at) : null;
}
