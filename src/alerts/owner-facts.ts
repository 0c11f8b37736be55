import { ratedSources } from '../billing/rate-in-force';
import { EVENT_GRACE_MS, UnheardEndRow } from '../calls/unheard-end';
import { dateOrNull, placeholders, type RawDate } from '../database/raw';
import type { Reader } from '../database/transaction';
import { hostOf, isFault, type OutgoingWebhookRow } from '../deliveries/outgoing-webhook.entity';
import { readKeyStates, type KeyState } from '../keys/key-states';
import type { KeyOwner } from '../keys/place';
import { PROVIDERS, type Provider } from '../providers';
import type { PlaceMacs } from '../vault/place-macs';
import type { NamedWebhook, OwnerFacts } from './conditions';

/** Reads what the alerts of some owners of an agency depend on, by a fixed number of statements. */
export async function readOwnerFacts(
  read: Reader,
  macs: PlaceMacs,
  agencyId: string,
  ownerIds: readonly string[],
  now: Date,
): Promise<OwnerFacts[]> {
  const clientIds = ownerIds.filter((id) => id !== agencyId);
  const keys = await readKeyStates(read, macs, agencyId, [agencyId, ...clientIds]);
  const active = await activeClients(read, agencyId, clientIds);
  const agents = await countAgents(read, agencyId, clientIds);
  const absent = await findAbsentAgents(read, ownerIds);
  const ends = await readEnds(read, ownerIds);
  const offWebhooks = ownerIds.includes(agencyId) ? await findOffWebhooks(read, agencyId) : [];
  const rated = await ratedSources(read, agencyId, clientIds, now);
  const ofAgency = keys.filter((key) => key.ownerType === 'AGENCY' && key.isSet);
  const agencyKeys = new Set(ofAgency.map(({ provider }) => provider));
  return ownerIds.map((id) => {
    const owner: KeyOwner = { type: id === agencyId ? 'AGENCY' : 'CLIENT', id, agencyId };
    const own = keys.filter((key) => key.ownerId === id);
    return {
      owner,
      isActive: id === agencyId || active.has(id),
      keys: own,
      agencyKeys,
      agentCounts: countsOf(agents.filter((row) => (row.clientId ?? agencyId) === id)),
      absentCounts: countAbsent(own, absent),
      silent: silentAccounts(own, ends, now),
      ratedSources: rated?.get(id) ?? null,
      offWebhooks: id === agencyId ? offWebhooks : [],
    };
  });
}

async function activeClients(
  read: Reader,
  agencyId: string,
  clientIds: readonly string[],
): Promise<Set<string>> {
  if (clientIds.length === 0) return new Set();
  const rows = await read.rows<{ id: string }>(
    `SELECT id FROM clients WHERE id IN (${placeholders(clientIds)}) AND +agencyId = ? AND archivedAt IS NULL`,
    [...clientIds, agencyId],
  );
  return new Set(rows.map(({ id }) => id));
}

interface AgentCount {
  readonly clientId: string | null;
  readonly provider: Provider;
  readonly count: number | string;
}

/** The agents of these clients, and those with no client. */
async function countAgents(
  read: Reader,
  agencyId: string,
  clientIds: readonly string[],
): Promise<AgentCount[]> {
  const noClient = await read.rows<AgentCount>(
    `SELECT NULL AS clientId, provider, COUNT(*) AS count FROM agents
WHERE agencyId = ? AND provider IN (${placeholders(PROVIDERS)}) AND clientId IS NULL GROUP BY provider`,
    [agencyId, ...PROVIDERS],
  );
  if (clientIds.length === 0) return noClient;
  const ofClients = await read.rows<AgentCount>(
    `SELECT clientId, provider, COUNT(*) AS count FROM agents WHERE clientId IN (${placeholders(clientIds)})
GROUP BY clientId, provider`,
    clientIds,
  );
  return [...noClient, ...ofClients];
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

async function findOffWebhooks(read: Reader, agencyId: string): Promise<NamedWebhook[]> {
  const rows = await read.rows<Pick<OutgoingWebhookRow, 'id' | 'url' | 'offReason'>>(
    'SELECT id, url, offReason FROM outgoing_webhooks WHERE agencyId = ?',
    [agencyId],
  );
  return rows.filter(({ offReason }) => isFault(offReason)).map(({ id, url }) => ({ id, host: hostOf(url) }));
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
