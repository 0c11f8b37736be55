import type { AgentRow } from '../../agents/agent.entity';
import type { RawDate } from '../../database/raw';
import type { Reader } from '../../database/transaction';
import type { Provider } from '../../providers';
import type { PlaceMacs } from '../../vault/place-macs';
import { keysOfChain, type KeysOfChain, type SealedRow } from '../key-store';
import { PLACE_COLUMNS } from '../place';

/** What a call needs to know of its agent. */
export interface AgentToCall extends Omit<AgentRow, 'name' | 'createdAt'> {
  /** Whether it did not exist in the account of some key when it was looked up last. */
  readonly wasAbsent: boolean;
}

export interface AgentWithKeys {
  readonly agent: AgentToCall;
  readonly clientArchived: boolean;
  readonly keys: KeysOfChain;
}

type AgentColumns = {
  readonly [Column in keyof Omit<AgentToCall, 'wasAbsent'> as `agent_${Column}`]: AgentToCall[Column];
} & { readonly wasAbsent: unknown; readonly archivedAt: RawDate | null };

type Row = AgentColumns & (SealedRow | { readonly ownerId: null });

const AGENT = (
  ['id', 'agencyId', 'clientId', 'provider', 'providerAgentId', 'providerAgentKind', 'fromNumber'] as const
).map((column) => `a.${column} AS agent_${column}`);
const WAS_ABSENT = 'EXISTS (SELECT 1 FROM absent_agents m WHERE m.agentId = a.id) AS wasAbsent';
const COLUMNS = [...AGENT, WAS_ABSENT, 'c.archivedAt', ...PLACE_COLUMNS, 'k.status'].join(', ');
const FROM = `SELECT ${COLUMNS}, CASE WHEN k.provider = a.provider THEN k.sealed END AS sealed
FROM agents a LEFT JOIN clients c ON c.id = a.clientId`;

// This is one statement outside of any transaction, and nothing is cached: the agent, whether its client is
// archived, and both candidate keys are as they were at one instant, and a set or a clear is in force for
// whoever reads after its commit. Each half finds all rows that name an owner, whatever else they say.
const readWhere = (condition: string) =>
  `${FROM} LEFT JOIN api_keys k ON k.ownerId = a.agencyId WHERE ${condition}
UNION ALL ${FROM} JOIN api_keys k ON k.ownerId = a.clientId WHERE ${condition}`;
const READ = readWhere('a.id = ?');
const READ_AT_PROVIDER = readWhere('a.agencyId = ? AND a.providerAgentId = ?');

/** The result is null for an id that no agent has. */
export async function readAgentWithKeys(
  read: Reader,
  macs: PlaceMacs,
  agentId: string,
): Promise<AgentWithKeys | null> {
  const rows = await read.rows<Row>(READ, [agentId, agentId]);
  // MariaDB ignores case and trailing spaces when it compares.
  return agentIn(
    macs,
    rows.filter((row) => row.agent_id === agentId),
  );
}

/**
 * Reads the agents of an agency that have an id at a provider. There is more than one in old databases only.
 */
export async function readProviderAgentsWithKeys(
  read: Reader,
  macs: PlaceMacs,
  agencyId: string,
  provider: Provider,
  providerAgentId: string,
): Promise<AgentWithKeys[]> {
  const values = [agencyId, providerAgentId];
  const rows = (await read.rows<Row>(READ_AT_PROVIDER, [...values, ...values])).filter(
    (row) => row.agent_provider === provider && row.agent_providerAgentId === providerAgentId,
  );
  return [...new Set(rows.map((row) => row.agent_id))].flatMap((id) => {
    const found = agentIn(
      macs,
      rows.filter((row) => row.agent_id === id),
    );
    return found ? [found] : [];
  });
}

/** Makes one agent of its rows. */
function agentIn(macs: PlaceMacs, rows: readonly Row[]): AgentWithKeys | null {
  const [first] = rows;
  if (!first) return null;
  const agent = {
    id: first.agent_id,
    agencyId: first.agent_agencyId,
    clientId: first.agent_clientId,
    provider: first.agent_provider,
    providerAgentId: first.agent_providerAgentId,
    providerAgentKind: first.agent_providerAgentKind,
    fromNumber: first.agent_fromNumber,
    wasAbsent: Boolean(first.wasAbsent),
  };
  const keys = keysOfChain(
    macs,
    agent,
    rows.filter((row): row is AgentColumns & SealedRow => row.ownerId !== null),
  );
  return { agent, clientArchived: first.archivedAt !== null, keys };
}
