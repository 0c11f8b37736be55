import type { EntityManager } from 'typeorm';
import { requireAdmin } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { AgentRow } from '../agents/agent.entity';
import { AgencyRow } from '../agencies/agency.entity';
import { ClientRow } from '../clients/client.entity';
import type { ClientService } from '../clients/client.service';
import type { Database } from '../platform/database';
import { userError, type UserError } from '../platform/user-error';
import type { Provider } from '../providers';
import type { ProviderApi } from '../providers/provider-api';
import type { Cipher } from '../vault/cipher';
import { agentsOfKey, listAgents, MAX_AGENTS_LISTED } from './affected-agents';
import type { ApiKeyRow } from './api-key.entity';
import type { KeySource } from './chain';
import { checkProviders, readEntries, type KeyEntry } from './key-input';
import { clearKey, storeKey, type KeyToStore } from './key-writer';
import { readKeyRows, readSealedKeys, type KeyOwner } from './sealed-keys';

export interface SetResult {
  readonly apiKeys: readonly ApiKeyRow[];
  readonly userErrors: readonly UserError[];
}

/** What the agents that used a cleared key use from now on. */
export interface ClearEffect {
  readonly provider: Provider;
  readonly source: KeySource | null;
  readonly agentCount: number;
  readonly agentsWithoutKeyCount: number;
}

export interface ClearResult extends SetResult {
  readonly agentsWithoutKey: readonly AgentRow[];
  readonly effects: readonly ClearEffect[];
}

/** Lists, sets and clears keys. Agency admins only, whatever the policy says. */
export class ApiKeyService {
  constructor(
    private readonly database: Database,
    private readonly cipher: Cipher,
    private readonly providers: ProviderApi,
    private readonly clients: ClientService,
  ) {}

  agencyOwner(viewer: Viewer): KeyOwner {
    requireAdmin(viewer);
    return { type: 'AGENCY', id: viewer.agencyId, agencyId: viewer.agencyId };
  }

  /** Null when the viewer's agency has no such client. */
  async clientOwner(viewer: Viewer, clientId: string): Promise<KeyOwner | null> {
    requireAdmin(viewer);
    const client = await this.clients.find(viewer, clientId);
    return client && { type: 'CLIENT', id: client.id, agencyId: client.agencyId };
  }

  /** One list an owner, in the order of `ownerIds`: the rows of all keys that were ever set. */
  async keysOf(viewer: Viewer, ownerIds: readonly string[]): Promise<ApiKeyRow[][]> {
    requireAdmin(viewer);
    const rows = await readKeyRows(this.database.read, viewer.agencyId, ownerIds);
    return ownerIds.map((id) => rows.filter((row) => row.ownerId === id));
  }

  /** All or none. With `verify`, a key is stored only if its provider accepts it. */
  async set(owner: KeyOwner, entries: readonly KeyEntry[], verify: boolean): Promise<SetResult> {
    const { keys, userErrors } = readEntries(entries, (provider, region) => this.providers.hasRegion(provider, region));
    if (userErrors.length > 0) return { apiKeys: [], userErrors };
    const verified = verify ? await this.#verifyAll(keys) : keys;
    const rejected = verified.flatMap((key, index) => rejection(key, index) ?? []);
    if (rejected.length > 0) return { apiKeys: [], userErrors: rejected };
    return this.#store(owner, verified, entries);
  }

  /** All or none: a provider whose key is not set refuses the request. */
  async clear(owner: KeyOwner, providers: readonly Provider[]): Promise<ClearResult> {
    const malformed = checkProviders(providers);
    const cleared = malformed.length > 0 ? { apiKeys: [], userErrors: malformed } : await this.#clear(owner, providers);
    const effects = await Promise.all(cleared.apiKeys.map((row) => this.#effectOfClear(owner, row.provider)));
    return { ...cleared, effects: effects.map(({ effect }) => effect), agentsWithoutKey: effects.flatMap(({ agents }) => agents) };
  }

  #verifyAll(keys: readonly KeyToStore[]): Promise<KeyToStore[]> {
    return Promise.all(keys.map(async (entry) => ({ ...entry, verdict: await this.providers.verifyKey(entry) })));
  }

  #store(owner: KeyOwner, keys: readonly KeyToStore[], entries: readonly KeyEntry[]): Promise<SetResult> {
    return this.database.write(async (tx) => {
      await this.#lock(tx, owner);
      const rows = await readKeyRows(tx, owner.agencyId, [owner.id]);
      const current = (provider: Provider) => rows.find((row) => row.provider === provider) ?? null;
      const conflicts = entries.flatMap(({ provider, expectedVersion }, index) => {
        const stale = expectedVersion != null && expectedVersion !== (current(provider)?.version ?? 0);
        return stale ? [userError('VERSION_CONFLICT', ['input', 'keys', index, 'expectedVersion'])] : [];
      });
      if (conflicts.length > 0) return { apiKeys: [], userErrors: conflicts };
      const apiKeys: ApiKeyRow[] = [];
      for (const key of keys) apiKeys.push(await storeKey(tx, this.cipher, owner, current(key.provider), key));
      return { apiKeys, userErrors: [] };
    });
  }

  #clear(owner: KeyOwner, providers: readonly Provider[]): Promise<SetResult> {
    return this.database.write(async (tx) => {
      await this.#lock(tx, owner);
      const rows = (await readKeyRows(tx, owner.agencyId, [owner.id])).filter((row) => row.isSet);
      const current = providers.map((provider) => rows.find((row) => row.provider === provider) ?? null);
      const unset = current.flatMap((row, index) => (row ? [] : [userError('KEY_NOT_SET', ['input', 'providers', index])]));
      if (unset.length > 0) return { apiKeys: [], userErrors: unset };
      const apiKeys: ApiKeyRow[] = [];
      for (const row of current) if (row) apiKeys.push(await clearKey(tx, owner, row));
      return { apiKeys, userErrors: [] };
    });
  }

  // The owner's row is there before its first key is.
  #lock(tx: EntityManager, owner: KeyOwner): Promise<void> {
    return this.database.lock(tx, owner.type === 'CLIENT' ? ClientRow : AgencyRow, owner.id);
  }

  async #effectOfClear(owner: KeyOwner, provider: Provider): Promise<{ effect: ClearEffect; agents: AgentRow[] }> {
    const keys = await readSealedKeys(this.database.read, owner.agencyId, null, provider);
    const source = owner.type === 'CLIENT' && keys.AGENCY ? 'AGENCY' : null;
    const { agents, count } = await listAgents(agentsOfKey(this.database.read, owner, provider), MAX_AGENTS_LISTED);
    return { effect: { provider, source, agentCount: count, agentsWithoutKeyCount: source ? 0 : count }, agents: source ? [] : agents };
  }
}

function rejection({ verdict }: KeyToStore, index: number): UserError | null {
  const field = ['input', 'keys', index, 'apiKey'];
  if (!verdict || verdict.status === 'VALID' || verdict.status === 'OUT_OF_FUNDS') return null;
  const definitive = verdict.status === 'INVALID' || verdict.status === 'INSUFFICIENT_PERMISSIONS';
  return userError(definitive ? 'KEY_REJECTED' : 'KEY_UNVERIFIABLE', field);
}
