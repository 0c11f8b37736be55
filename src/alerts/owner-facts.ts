import { ratedSources } from '../billing/rated-sources';
import { EVENT_GRACE_MS, type UnheardEndRow } from '../calls/unheard-end';
import { dateOrNull, filledUp, placeholders, type RawDate } from '../database/raw';
import type { Reader } from '../database/transaction';
import { hostOf, isFault, type OutgoingWebhookRow } from '../deliveries/outgoing-webhook.entity';
import { readKeyStatesOf, type KeyState } from '../keys/key-states';
import type { KeyOwner } from '../keys/place';
import { PROVIDERS, type Provider } from '../providers';
import type { PlaceMacs } from '../vault/place-macs';
import type { NamedWebhook, OwnerFacts } from './conditions';

/** Reads what the alerts of some owners depend on, by a fixed number of statements. */
export async function readOwnerFacts(
  read: Reader,
  macs: PlaceMacs,
  owners: readonly KeyOwner[],
  now: Date,
): Promise<OwnerFacts[]> {
  const ownerIds = filledUp(owners.map(({ id }) => id));
  const clients = new Map(
    owners.filter(({ type }) => type === 'CLIENT').map(({ id, agencyId }) => [id, agencyId]),
  );
  const agencyIds = [...new Set(owners.map(({ agencyId }) => agencyId))];
  const agencies = new Map(agencyIds.map((id) => [id, id]));
  const { states: keys } = await readKeyStatesOf(read, macs, new Map([...agencies, ...clients]));
  const active = await activeClients(read, clients);
  const agents = await countAgents(read, agencyIds, [...clients.keys()]);
  const absent = await findAbsentAgents(read, ownerIds);
  const ends = await readEnds(read, ownerIds);
  const offWebhooks = await findOffWebhooks(read, agencyIds);
  const rated = await ratedSources(read, clients, now);
  return owners.map((owner) => {
    const { type, id, agencyId } = owner;
    const own = keys.filter((key) => key.ownerId === id);
    const ofAgency = keys.filter((key) => key.ownerId === agencyId && key.isSet);
    return {
      owner,
      isActive: type === 'AGENCY' || active.has(id),
      keys: own,
      agencyKeys: new Set(ofAgency.map(({ provider }) => provider)),
      agentCounts: countsOf(agents.filter((row) => (row.clientId ?? row.agencyId) === id)),
      absentCounts: countAbsent(own, absent),
      silent: silentAccounts(own, ends, now),
      ratedSources: rated.get(id) ?? null,
      offWebhooks: offWebhooks.get(id) ?? [],
    };
  });
}

async function activeClients(
  read: Reader,
  agencyOf: ReadonlyMap<string, string>,
): Promise<ReadonlySet<string>> {
  if (agencyOf.size === 0) return new Set();
  const ids = filledUp([...agencyOf.keys()]);
  const rows = await read.rows<{ id: string; agencyId: string }>(
    `SELECT id, agencyId FROM clients WHERE id IN (${placeholders(ids)}) AND archivedAt IS NULL`,
    ids,
  );
  return new Set(rows.filter(({ id, agencyId }) => agencyOf.get(id) === agencyId).map(({ id }) => id));
}

interface AgentCount {
  /** Null where the agents have a client. */
  readonly agencyId: string | null;
  readonly clientId: string | null;
  readonly provider: Provider;
  readonly count: number | string;
}

/** The agents of these clients, and those of these agencies that have no client. */
async function countAgents(
  read: Reader,
  agencyIds: readonly string[],
  clientIds: readonly string[],
): Promise<AgentCount[]> {
  const [ofAgencies, ofClients] = [filledUp(agencyIds), filledUp(clientIds)];
  const noClient = await read.rows<AgentCount>(
    `SELECT agencyId, NULL AS clientId, provider, COUNT(*) AS count FROM agents
WHERE agencyId IN (${placeholders(ofAgencies)}) AND provider IN (${placeholders(PROVIDERS)}) AND clientId IS NULL
GROUP BY agencyId, provider`,
    [...ofAgencies, ...PROVIDERS],
  );
  if (ofClients.length === 0) return noClient;
  const withClient = await read.rows<AgentCount>(
    `SELECT NULL AS agencyId, clientId, provider, COUNT(*) AS count FROM agents
WHERE clientId IN (${placeholders(ofClients)}) GROUP BY clientId, provider`,
    ofClients,
  );
  return [...noClient, ...withClient];
}

function countsOf(rows: readonly AgentCount[]): Map<Provider, number> {
  return new Map(rows.map(({ provider, count }) => [provider, Number(count)]));
}

interface AbsentAgent {
  readonly ownerId: string;
  readonly provider: Provider;
  readonly keyVersion: number;
  readonly providerAgentId: string;
  readonly currentId: string;
}

// An agent may have got another id at the provider since, or another client; and its client a key of its own.
const ABSENT = `SELECT m.ownerId, m.provider, m.keyVersion, m.providerAgentId, a.providerAgentId AS currentId
FROM absent_agents m JOIN agents a ON a.id = m.agentId AND a.provider = m.provider`;
const USES_CLIENT_KEY = 'a.clientId = m.ownerId';
/** For a join of agents `a` with their clients `c` and the keys `k` of these. */
const OWN_KEYS = `LEFT JOIN clients c ON c.id = a.clientId
LEFT JOIN api_keys k ON k.ownerId = a.clientId AND k.ownerType = 'CLIENT' AND k.provider = a.provider AND k.isSet = 1`;
const USES_AGENCY_KEY = 'k.id IS NULL AND c.archivedAt IS NULL';

function findAbsentAgents(read: Reader, ownerIds: readonly string[]): Promise<AbsentAgent[]> {
  const owners = `m.ownerId IN (${placeholders(ownerIds)})`;
  return read.rows<AbsentAgent>(
    `${ABSENT} WHERE ${owners} AND ${USES_CLIENT_KEY} UNION ALL
${ABSENT} ${OWN_KEYS} WHERE ${owners} AND m.ownerId = a.agencyId AND ${USES_AGENCY_KEY}`,
    [...ownerIds, ...ownerIds],
  );
}

function countAbsent(keys: readonly KeyState[], absent: readonly AbsentAgent[]): Map<Provider, number> {
  const counts = keys.map(({ ownerId, provider, version, isSet }): [Provider, number] => [
    provider,
    absent.filter(
      (agent) =>
        isSet &&
        agent.ownerId === ownerId &&
        agent.provider === provider &&
        agent.keyVersion === version &&
        agent.providerAgentId === agent.currentId,
    ).length,
  ]);
  return new Map(counts.filter(([, count]) => count > 0));
}

/** Counts the agents that use the key of an owner, of which the rows are believed. */
export async function countUsers(
  read: Reader,
  { type, id, agencyId }: KeyOwner,
  provider: Provider,
): Promise<number> {
  const [row] =
    type === 'CLIENT'
      ? await read.rows<{ count: number | string }>(
          'SELECT COUNT(*) AS count FROM agents WHERE agencyId = ? AND provider = ? AND clientId = ?',
          [agencyId, provider, id],
        )
      : await read.rows<{ count: number | string }>(
          `SELECT COUNT(*) AS count FROM agents a ${OWN_KEYS}
WHERE a.agencyId = ? AND a.provider = ? AND ${USES_AGENCY_KEY}`,
          [agencyId, provider],
        );
  return Number(row?.count ?? 0);
}

/** The webhooks of each agency that are off although no admin wants that. */
async function findOffWebhooks(
  read: Reader,
  agencyIds: readonly string[],
): Promise<ReadonlyMap<string, readonly NamedWebhook[]>> {
  const ids = filledUp(agencyIds);
  const rows = await read.rows<Pick<OutgoingWebhookRow, 'id' | 'agencyId' | 'url' | 'offReason'>>(
    `SELECT id, agencyId, url, offReason FROM outgoing_webhooks WHERE agencyId IN (${placeholders(ids)})`,
    ids,
  );
  const off = rows.filter(({ offReason }) => isFault(offReason));
  const of = (agencyId: string) => off.filter((row) => row.agencyId === agencyId);
  return new Map(
    agencyIds.map((agencyId) => [agencyId, of(agencyId).map(({ id, url }) => ({ id, host: hostOf(url) }))]),
  );
}

type End = Pick<UnheardEndRow, 'ownerId' | 'provider' | 'keyVersion'> & {
  readonly callAt: RawDate;
  readonly learntAt: RawDate;
  readonly lastEventAt: RawDate | null;
};

function readEnds(read: Reader, ownerIds: readonly string[]): Promise<End[]> {
  return read.rows<End>(
    `SELECT u.ownerId, u.provider, u.keyVersion, u.callAt, u.learntAt,
(SELECT MAX(e.receivedAt) FROM provider_events e WHERE e.ownerId = u.ownerId AND e.provider = u.provider) AS lastEventAt
FROM unheard_ends u WHERE u.ownerId IN (${placeholders(ownerIds)})`,
    ownerIds,
  );
}

function silentAccounts(keys: readonly KeyState[], ends: readonly End[], now: Date): Set<Provider> {
  const isSilent = ({ ownerId, provider, version, isSet }: KeyState) =>
    ends.some((end) => {
      const [callAt, learntAt, lastEventAt] = [end.callAt, end.learntAt, end.lastEventAt].map(dateOrNull);
      return (
        isSet &&
        end.ownerId === ownerId &&
        end.provider === provider &&
        end.keyVersion === version &&
        now.getTime() - (learntAt?.getTime() ?? 0) >= EVENT_GRACE_MS &&
        (!lastEventAt || !callAt || lastEventAt < callAt)
      );
    });
  return new Set(keys.filter(isSilent).map(({ provider }) => provider));
}
