import { requireAdmin } from '../../access/context';
import type { TenantDatabase } from '../../access/tenant-database';
import type { Viewer } from '../../access/viewer';
import type { AgentRow } from '../../agents/agent.entity';
import type { AuditEventRow } from '../../audit/audit.entity';
import { archivedClients } from '../../clients/active-client';
import { dateOf, placeholders, type RawDate } from '../../database/raw';
import { badArgument } from '../../graphql/errors';
import { leastIdOf } from '../../platform/ids';
import type { PlaceMacs } from '../../vault/place-macs';
import { resolveChainAt, type ChainKey, type ChainResult } from '../chain';
import { readKeySummaries, type KeySummary } from '../key-states';
import { AGENT_EVENTS, CHAIN_EVENTS, clientAt, keyAt, wasArchivedAt, type PastEvent } from './past-chain';
import { subjectOf } from './subject';

export type PastAgent = Pick<AgentRow, 'id' | 'clientId' | 'provider'>;

interface PastChain {
  readonly clientId: string | null;
  readonly keys: { readonly CLIENT: ChainKey | null; readonly AGENCY: ChainKey | null };
}

interface RawEvent extends Pick<AuditEventRow, 'clientId' | 'details'> {
  readonly type: PastEvent['type'];
  readonly at: RawDate;
}

/** All that is on record of an agency and some of its clients, to tell how it was at a time. */
interface OnRecord {
  readonly agencyId: string;
  readonly events: readonly PastEvent[];
  readonly keys: readonly KeySummary[];
  readonly archived: ReadonlySet<string>;
}

/** What changes whose key an agent uses. */
const CHANGES = ['API_KEY_SET', 'API_KEY_CLEARED', ...AGENT_EVENTS];
/** The clocks of two instances may differ by this much. */
const CLOCKS_MS = 60_000;

/**
 * Tells which key calls used at a time that has passed. The audit trail holds every change that matters,
 * written in the transaction of the change, so that nothing else has to be kept.
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
    const { clients, record } = await this.#read(viewer.agencyId, agents, at);
    return agents.map(({ provider }, index) => {
      const clientId = clients[index];
      return clientId === undefined ? null : explainAt(record, { clientId, provider }, at);
    });
  }

  /** Whether a key of the agency, or an agent of it, may have come or gone at this time or later. */
  async hasChangedSince(agencyId: string, at: Date): Promise<boolean> {
    const { read } = this.database;
    const rows = await read.rows(
      `SELECT 1 FROM audit_events${read.indexHint('audit_events_by_type')}
WHERE agencyId = ? AND type IN (${placeholders(CHANGES)}) AND id >= ? LIMIT 1`,
      [agencyId, ...CHANGES, leastIdOf(new Date(at.getTime() - CLOCKS_MS))],
    );
    return rows.length > 0;
  }

  /**
   * Returns whose an agent was at a time, and the keys of its chain. A key of which the trail does not tell
   * counts as not set, and a client as none. Before the first event of the agency, its keys are taken to be
   * those that it has.
   */
  async chainOf(agencyId: string, agent: PastAgent, at: Date): Promise<PastChain> {
    const isOnRecord = await this.#isOnRecord(agencyId, at);
    const { clients, record } = await this.#read(agencyId, [agent], at);
    const clientId = clients[0] ?? null;
    const known = isOnRecord ? record : { ...record, events: [] };
    const { CLIENT, AGENCY } = keysAt(known, { clientId, provider: agent.provider }, at);
    return { clientId, keys: { CLIENT: CLIENT ?? null, AGENCY: AGENCY ?? null } };
  }

  async #isOnRecord(agencyId: string, at: Date): Promise<boolean> {
    const { read } = this.database;
    const [first] = await read.rows<{ readonly at: RawDate }>(
      `SELECT at FROM audit_events${read.indexHint('audit_events_by_agency')} WHERE agencyId = ? ORDER BY id LIMIT 1`,
      [agencyId],
    );
    return first !== undefined && dateOf(first.at) <= at;
  }

  /** Reads whose each agent was, undefined where the trail does not tell, and what is on record of those. */
  async #read(agencyId: string, agents: readonly PastAgent[], at: Date) {
    const { read } = this.database;
    const ofAgents = await this.#events(
      AGENT_EVENTS,
      `(${agents.map(() => 'details LIKE ?').join(' OR ')})`,
      [agencyId, ...agents.map(({ id }) => `%${JSON.stringify({ agentId: id }).slice(1, -1)}%`)],
    );
    const clients = agents.map(({ id, clientId }) =>
      clientAt(
        ofAgents.filter(({ details }) => details.agentId === id),
        at,
        clientId,
      ),
    );
    const clientIds = [...new Set(clients.flatMap((clientId) => clientId ?? []))];
    const ofClients = clientIds.length > 0 ? ` OR clientId IN (${placeholders(clientIds)})` : '';
    const [events, keys, archived] = await Promise.all([
      this.#events(CHAIN_EVENTS, `(clientId IS NULL${ofClients})`, [agencyId, ...clientIds]),
      readKeySummaries(read, this.macs, agencyId, [agencyId, ...clientIds]),
      archivedClients(read, clientIds),
    ]);
    return { clients, record: { agencyId, events, keys, archived } satisfies OnRecord };
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

type Place = Pick<AgentRow, 'clientId' | 'provider'>;

/** The keys of a chain at a time; undefined where the trail does not tell. */
function keysAt({ agencyId, events, keys }: OnRecord, { clientId, provider }: Place, at: Date) {
  const keyOf = (owner: string | null) => {
    const ofPlace = events.filter((event) => event.clientId === owner && event.details.provider === provider);
    const isInPlace = (key: KeySummary) => key.ownerId === (owner ?? agencyId) && key.provider === provider;
    return keyAt(ofPlace, at, keys.find(isInPlace) ?? null);
  };
  return { CLIENT: clientId === null ? null : keyOf(clientId), AGENCY: keyOf(null) };
}

/** The result is null where the trail does not tell of one of the keys. */
function explainAt(record: OnRecord, place: Place, at: Date): ChainResult | null {
  const { clientId } = place;
  const { CLIENT, AGENCY } = keysAt(record, place, at);
  if (CLIENT === undefined || AGENCY === undefined) return null;
  const ofClient = record.events.filter((event) => clientId !== null && event.clientId === clientId);
  const wasArchived = clientId !== null && wasArchivedAt(ofClient, at, record.archived.has(clientId));
  return resolveChainAt(subjectOf(place, wasArchived), CLIENT, AGENCY);
}
