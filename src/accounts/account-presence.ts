import type { TenantDatabase } from '../access/tenant-database';
import type { Viewer } from '../access/viewer';
import type { AgentRow } from '../agents/agent.entity';
import type { Reader } from '../database/transaction';
import { recordPresence } from '../keys/absent-agent';
import { AbsentAgentRow } from '../keys/absent-agent.entity';
import { agentsPaidBy } from '../keys/agents-paid-by';
import type { SealedKey } from '../keys/key-store';
import { MAX_LISTED } from '../providers/list-requests';
import type { ListedAgent } from '../providers/listing';
import { keyOfAgent } from '../providers/provider-agent';
import type { PlaceMacs } from '../vault/place-macs';

/** The agents whose calls use an account, as far as its list can tell of them. */
export interface AccountPresence {
  readonly missing: readonly AgentRow[];
  readonly present: readonly AgentRow[];
}

/** Compares the agents whose calls use a key, of one client alone where it is named, with a whole list. */
export async function comparePresence(
  read: Reader,
  macs: PlaceMacs,
  { owner, provider }: SealedKey,
  clientId: string | null,
  agents: readonly ListedAgent[],
): Promise<AccountPresence> {
  const there = new Set(agents.map(keyOfAgent));
  const query = await agentsPaidBy(read, macs, owner, provider);
  if (clientId !== null) query.andWhere('agent.clientId = :clientId', { clientId });
  const own = await query.limit(2 * MAX_LISTED).getMany();
  const isThere = (agent: AgentRow) => there.has(keyOfAgent(agent));
  return {
    missing: own.filter((agent) => !isThere(agent)).slice(0, MAX_LISTED),
    present: own.filter(isThere),
  };
}

/** Keeps what the list has shown and was not known. */
export async function keepPresence(
  database: TenantDatabase,
  viewer: Viewer,
  { owner, provider, version, row }: SealedKey,
  { missing, present }: AccountPresence,
): Promise<void> {
  const known = await database.read.findBy(AbsentAgentRow, { ownerId: owner.id, provider });
  const absent = new Map(known.map((each) => [each.agentId, each]));
  const found = present.filter(({ id }) => absent.has(id));
  const lost = missing.filter(({ id, providerAgentId }) => {
    const before = absent.get(id);
    return before?.keyVersion !== version || before.providerAgentId !== providerAgentId;
  });
  if (found.length + lost.length === 0 || !row) return;
  await database.write(viewer, (tx) => recordPresence(tx, { owner, provider, version }, lost, found));
}
