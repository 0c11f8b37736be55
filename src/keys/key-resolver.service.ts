import { requireAdmin } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { AgentRow } from '../agents/agent.entity';
import type { Database } from '../platform/database';
import type { Manager } from '../platform/manager';
import { adapterOf, type Provider } from '../providers';
import type { ProviderAccount } from '../providers/provider-api';
import type { Cipher } from '../vault/cipher';
import { resolveChain, type ChainKey, type ChainResult, type KeySource } from './chain';
import { openKey, readKeyRows, readSealedKeys } from './sealed-keys';

/** The key with which a call is started, opened for as long as the one request needs it. */
export interface ResolvedKey {
  readonly id: string;
  readonly source: KeySource;
  readonly version: number;
  readonly account: ProviderAccount;
}

type AgentInChain = Pick<AgentRow, 'agencyId' | 'clientId' | 'provider'>;

/** Walks the fallback chain for an agent: to place a call, or to explain what a call would use. */
export class KeyResolverService {
  constructor(
    private readonly database: Database,
    private readonly cipher: Cipher,
  ) {}

  /**
   * Null when the chain ends without a key. Throws `UnreadableKey` when the key that counts does not open, and whatever the database
   * throws: neither may be taken for "no key", which would fall back to another payer.
   */
  async resolve(agent: AgentInChain, manager: Manager = this.database.read): Promise<ResolvedKey | null> {
    const keys = await readSealedKeys(manager, agent.agencyId, agent.clientId, agent.provider);
    const { source } = resolveChain(subjectOf(agent), keys.CLIENT, keys.AGENCY);
    const sealed = source && keys[source];
    if (!sealed) return null;
    const account = { provider: agent.provider, region: sealed.region, key: openKey(this.cipher, sealed) };
    return { id: sealed.id, source: sealed.owner.type, version: sealed.version, account };
  }

  /** Why a call would use which key, for many agents in one statement. Opens nothing. */
  async explain(viewer: Viewer, agents: readonly AgentInChain[]): Promise<ChainResult[]> {
    requireAdmin(viewer);
    const owners = new Set([viewer.agencyId, ...agents.flatMap(({ clientId }) => clientId ?? [])]);
    const rows = await readKeyRows(this.database.read, viewer.agencyId, [...owners]);
    const find = (ownerId: string | null, provider: Provider): ChainKey | null =>
      rows.find((row) => row.ownerId === ownerId && row.provider === provider) ?? null;
    return agents.map((agent) => resolveChain(subjectOf(agent), find(agent.clientId, agent.provider), find(viewer.agencyId, agent.provider)));
  }
}

export function subjectOf(agent: AgentInChain) {
  return { providerName: adapterOf(agent.provider).name, hasClient: agent.clientId !== null };
}
