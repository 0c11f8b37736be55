import { requireAdmin } from '../../access/context';
import type { Viewer } from '../../access/viewer';
import type { AgentRow } from '../../agents/agent.entity';
import type { TenantDatabase } from '../../access/tenant-database';
import type { Reader } from '../../database/transaction';
import { placeholders } from '../../database/raw';
import { adapterOf, type Provider } from '../../providers';
import type { ProviderAccount } from '../../providers/provider-api';
import type { Vault } from '../../vault/vault';
import {
  keyThatCounts,
  resolveChain,
  type ChainKey,
  type ChainResult,
  type ChainSubject,
  type KeySource,
} from '../chain';
import { readKeySummaries } from '../key-states';
import { openKey, readSealedKeys } from '../key-store';

/** A call is started with this key. It stays decrypted only for as long as the one request needs it. */
export interface ResolvedKey {
  readonly id: string;
  readonly source: KeySource;
  readonly version: number;
  readonly account: ProviderAccount;
}

type AgentInChain = Pick<AgentRow, 'agencyId' | 'clientId' | 'provider'>;

/**
 * This service walks the fallback chain for an agent, either to place a call or to explain which key a call
 * would use.
 */
export class KeyResolverService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly vault: Vault,
  ) {}

  /**
   * The result is null when the chain ends without a key. If the key that counts does not open, this throws
   * `UnreadableKey`, and it passes on whatever the database throws. Neither may be taken for "no key",
   * because the call would then fall back to another payer. Whether the client is archived is not asked here.
   */
  async resolve(agent: AgentInChain, reader: Reader = this.database.read): Promise<ResolvedKey | null> {
    const { agencyId, clientId, provider } = agent;
    const keys = await readSealedKeys(reader, this.vault.placeMacs, agencyId, clientId, provider);
    const sealed = keyThatCounts(keys);
    if (!sealed) return null;
    const { id, region, key } = openKey(this.vault.cipher, sealed);
    return { id, source: sealed.owner.type, version: sealed.version, account: { provider, region, key } };
  }

  /**
   * This explains for many agents at once, with two SQL statements, which key a call would use and why. No
   * key is decrypted.
   */
  async explain(viewer: Viewer, agents: readonly AgentInChain[]): Promise<ChainResult[]> {
    requireAdmin(viewer);
    const clientIds = [...new Set(agents.flatMap(({ clientId }) => clientId ?? []))];
    const [rows, archived] = await Promise.all([
      readKeySummaries(this.database.read, this.vault.placeMacs, viewer.agencyId, [
        viewer.agencyId,
        ...clientIds,
      ]),
      this.#archived(clientIds),
    ]);
    const find = (type: KeySource, ownerId: string | null, provider: Provider): ChainKey | null =>
      rows.find((row) => row.ownerType === type && row.ownerId === ownerId && row.provider === provider) ??
      null;
    return agents.map(({ clientId, provider }) => {
      const subject = subjectOf({ clientId, provider }, clientId !== null && archived.has(clientId));
      return resolveChain(
        subject,
        find('CLIENT', clientId, provider),
        find('AGENCY', viewer.agencyId, provider),
      );
    });
  }

  async #archived(clientIds: readonly string[]): Promise<Set<string>> {
    if (clientIds.length === 0) return new Set();
    const rows = await this.database.read.rows<{ id: string }>(
      `SELECT id FROM clients WHERE id IN (${placeholders(clientIds)}) AND archivedAt IS NOT NULL`,
      clientIds,
    );
    return new Set(rows.map(({ id }) => id));
  }
}

export function subjectOf(
  { provider, clientId }: Pick<AgentRow, 'provider' | 'clientId'>,
  clientArchived: boolean,
): ChainSubject {
  return { providerName: adapterOf(provider).name, hasClient: clientId !== null, clientArchived };
}
