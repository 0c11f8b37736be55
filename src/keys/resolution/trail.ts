import type { AgentRow } from '../../agents/agent.entity';
import type { AuditEventRow } from '../../audit/audit.entity';
import { archivedClients } from '../../clients/active-client';
import { dateOf, placeholders, type RawDate } from '../../database/raw';
import type { Reader } from '../../database/transaction';
import { leastIdOf } from '../../platform/ids';
import type { PlaceMacs } from '../../vault/place-macs';
import { readKeySummaries } from '../key-states';
import { AGENT_EVENTS, CHAIN_EVENTS, type PastEvent, type Trail } from './past-chain';

export type PastAgent = Pick<AgentRow, 'id' | 'clientId' | 'provider'>;

interface RawEvent extends Pick<AuditEventRow, 'clientId' | 'details'> {
  readonly type: PastEvent['type'];
  readonly at: RawDate;
}

/** What changes whose key an agent uses, what is known of that key, or the id of an agent at its provider. */
const CHANGES = ['API_KEY_SET', 'API_KEY_CLEARED', 'API_KEY_VERIFIED', 'AGENT_UPDATED', ...AGENT_EVENTS];
/** The clocks of two instances may differ by this much. */
const CLOCKS_MS = 60_000;

/** Whether a key of the agency, or an agent of it, may have changed in such a way at this time or later. */
export async function hasChangedSince(read: Reader, agencyId: string, at: Date): Promise<boolean> {
  const rows = await read.rows(
    `SELECT 1 FROM audit_events${read.indexHint('audit_events_by_type')}
WHERE agencyId = ? AND type IN (${placeholders(CHANGES)}) AND id >= ? LIMIT 1`,
    [agencyId, ...CHANGES, leastIdSince(at)],
  );
  return rows.length > 0;
}

function leastIdSince(at: Date): string {
  return leastIdOf(new Date(at.getTime() - CLOCKS_MS));
}

/** Reads the updates of agents at this time or later. Each may have changed an id at a provider. */
export function readUpdates(read: Reader, agencyId: string, at: Date): Promise<PastEvent[]> {
  return readEvents(read, ['AGENT_UPDATED'], 'id >= ?', [agencyId, leastIdSince(at)]);
}

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
  const [ofChains, keys, archived] = await Promise.all([
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

// The events are read by their type: those of a client may be a million calls.
async function readEvents(
  read: Reader,
  types: readonly PastEvent['type'][],
  condition: string,
  [agencyId, ...values]: readonly [string, ...string[]],
): Promise<PastEvent[]> {
  const rows = await read.rows<RawEvent>(
    `SELECT type, at, clientId, details FROM audit_events${read.indexHint('audit_events_by_type')}
WHERE agencyId = ? AND type IN (${placeholders(types)}) AND ${condition} ORDER BY id`,
    [agencyId, ...types, ...values],
  );
  return rows.map((row) => ({
    ...row,
    at: dateOf(row.at),
    details: JSON.parse(row.details) as PastEvent['details'],
  }));
}
