import { requireAdmin } from '../../access/context';
import type { TenantDatabase } from '../../access/tenant-database';
import type { Viewer } from '../../access/viewer';
import type { AgentRow } from '../../agents/agent.entity';
import type { AuditEventRow } from '../../audit/audit.entity';
import { archivedClients } from '../../clients/active-client';
import { dateOf, placeholders, type RawDate } from '../../database/raw';
import { badArgument } from '../../graphql/errors';
import type { PlaceMacs } from '../../vault/place-macs';
import { resolveChainAt, type ChainResult } from '../chain';
import { readKeySummaries, type KeySummary } from '../key-states';
import { subjectOf } from './key-resolver.service';
import { AGENT_EVENTS, CHAIN_EVENTS, clientAt, keyAt, wasArchivedAt, type PastEvent } from './past-chain';

export type PastAgent = Pick<AgentRow, 'id' | 'clientId' | 'provider'>;

interface RawEvent extends Pick<AuditEventRow, 'clientId' | 'details'> {
  readonly type: PastEvent['type'];
  readonly at: RawDate;
}

/** All that is on record of some owners, to tell how it was at a time. */
interface OnRecord {
  readonly ofChains: readonly PastEvent[];
  readonly keys: readonly KeySummary[];
  readonly archived: ReadonlySet<string>;
}

/**
 * Tells which key calls would have used at a time that has passed. The audit trail holds every change that
 * matters, written in the transaction of the change, so that nothing else has to be kept.
 */
export class PastChainService {
  constructor(
    private readonly database: Pick<TenantDatabase, 'read'>,
    private readonly macs: PlaceMacs,
  ) {}

  /**
   * The answers are in the order of the agents, with null where the trail does not tell. Throws
   * `BAD_USER_INPUT` for a time to come.
   */
  async explain(viewer: Viewer, agents: readonly PastAgent[], at: Date): Promise<(ChainResult | null)[]> {
    requireAdmin(viewer);
    if (at > new Date()) throw badArgument('at', 'A time that has come.');
    if (!(await this.#isOnRecord(viewer.agencyId, at))) return agents.map(() => null);
    const ofAgents = await this.#eventsOfAgents(viewer.agencyId, agents);
    const clients = agents.map((agent) => {
      const events = ofAgents.filter(({ details }) => details.agentId === agent.id);
      return { agent, clientId: clientAt(events, at, agent.clientId) };
    });
    const clientIds = [...new Set(clients.flatMap(({ clientId }) => clientId ?? []))];
    const record = await this.#recordOf(viewer.agencyId, clientIds);
    return clients.map(({ agent, clientId }) =>
      clientId === undefined ? null : chainAt(record, { ...agent, clientId }, viewer.agencyId, at),
    );
  }

  async #isOnRecord(agencyId: string, at: Date): Promise<boolean> {
    const [first] = await this.database.read.rows<{ readonly at: RawDate }>(
      `SELECT at FROM audit_events${this.database.read.indexHint('audit_events_by_agency')}
WHERE agencyId = ? ORDER BY id LIMIT 1`,
      [agencyId],
    );
    return first !== undefined && dateOf(first.at) <= at;
  }

  async #eventsOfAgents(agencyId: string, agents: readonly PastAgent[]): Promise<PastEvent[]> {
    const ofOne = agents.map(() => 'details LIKE ?').join(' OR ');
    return this.#events(AGENT_EVENTS, `(${ofOne})`, [
      agencyId,
      ...agents.map(({ id }) => `%${JSON.stringify({ agentId: id }).slice(1, -1)}%`),
    ]);
  }

  async #recordOf(agencyId: string, clientIds: readonly string[]): Promise<OnRecord> {
    const { read } = this.database;
    const ofClients = clientIds.length > 0 ? ` OR clientId IN (${placeholders(clientIds)})` : '';
    const [ofChains, keys, archived] = await Promise.all([
      this.#events(CHAIN_EVENTS, `(clientId IS NULL${ofClients})`, [agencyId, ...clientIds]),
      readKeySummaries(read, this.macs, agencyId, [agencyId, ...clientIds]),
      archivedClients(read, clientIds),
    ]);
    return { ofChains, keys, archived };
  }

  async #events(
    types: readonly PastEvent['type'][],
    condition: string,
    [agencyId, ...values]: readonly [string, ...string[]],
  ): Promise<PastEvent[]> {
    const { read } = this.database;
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
}

/** The result is null where the trail does not tell of one of the keys. */
function chainAt(
  { ofChains, keys, archived }: OnRecord,
  { clientId, provider }: Pick<AgentRow, 'clientId' | 'provider'>,
  agencyId: string,
  at: Date,
): ChainResult | null {
  const keyOf = (owner: string | null) => {
    const events = ofChains.filter(
      (event) => event.clientId === owner && event.details.provider === provider,
    );
    const isAt = (key: KeySummary) => key.ownerId === (owner ?? agencyId) && key.provider === provider;
    return keyAt(events, at, keys.find(isAt) ?? null);
  };
  const client = clientId === null ? null : keyOf(clientId);
  const agency = keyOf(null);
  if (client === undefined || agency === undefined) return null;
  const ofClient = ofChains.filter((event) => clientId !== null && event.clientId === clientId);
  const wasArchived = clientId !== null && wasArchivedAt(ofClient, at, archived.has(clientId));
  return resolveChainAt(subjectOf({ clientId, provider }, wasArchived), client, agency);
}
