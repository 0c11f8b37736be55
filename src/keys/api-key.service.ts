import { requireAdmin } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { AgentRow } from '../agents/agent.entity';
import type { ClientService } from '../clients/client.service';
import type { Database } from '../platform/database';
import { userError, type UserError } from '../platform/user-error';
import { PROVIDERS, type Provider } from '../providers';
import type { ProviderApi } from '../providers/provider-api';
import type { ProviderRegion } from '../providers/provider';
import { toProviderError, type ProviderErrorType } from '../providers/provider.types';
import { UnreadableKey, type Cipher } from '../vault/cipher';
import type { ApiKeyText, Secret } from '../vault/secret';
import { agentsOfKey, listAgents, MAX_AGENTS_LISTED } from './affected-agents';
import type { ApiKeyRow } from './api-key.entity';
import type { KeySource, KeyStatus } from './chain';
import { readCandidate, readEntries, type KeyEntry } from './key-input';
import { examineKey, MAX_AGENTS_CHECKED } from './key-examination';
import { clearKey, recordUnreadable, recordVerdict, storeKey, type KeyToStore } from './key-writer';
import { openKey, readKeyRows, readSealedKeys, type KeyOwner, type SealedKey } from './sealed-keys';

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

export interface Verification {
  readonly apiKey: ApiKeyRow;
  readonly status: KeyStatus;
  readonly error: ProviderErrorType | null;
  readonly agentsMissingInAccount: readonly AgentRow[];
  readonly agentsNotChecked: number;
}

export interface Preview {
  readonly affectedAgents: readonly AgentRow[];
  readonly affectedAgentCount: number;
  readonly agentsWithoutKey: readonly AgentRow[];
  readonly agentsWithoutKeyCount: number;
  readonly agentsMissingInAccount: readonly AgentRow[];
  readonly agentsNotChecked: number;
  readonly sourceBefore: KeySource | null;
  readonly sourceAfter: KeySource | null;
  readonly status: KeyStatus | null;
}

/** Sets, clears, verifies and previews keys. Agency admins only, whatever the policy says. */
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

  /** Without `providers`, every key that is set. */
  async verify(owner: KeyOwner, providers: readonly Provider[] | null): Promise<{ results: Verification[]; userErrors: UserError[] }> {
    const malformed = providers ? checkProviders(providers) : [];
    if (malformed.length > 0) return { results: [], userErrors: malformed };
    const keys = await Promise.all((providers ?? PROVIDERS).map((provider) => this.#sealedKey(owner, provider)));
    const unset = keys.flatMap((key, index) => (providers && !key ? [userError('KEY_NOT_SET', ['input', 'providers', index])] : []));
    if (unset.length > 0) return { results: [], userErrors: unset };
    const results = await Promise.all(keys.map(async (key) => key && this.#verifyStored(key)));
    return { results: results.filter((result) => result !== null), userErrors: [] };
  }

  /** With a candidate: what setting it would do. Without: what clearing would do. Changes nothing. */
  async preview(
    owner: KeyOwner,
    provider: Provider,
    candidate: { secret: Secret; region: ProviderRegion | null } | null,
  ): Promise<{ preview: Preview | null; userErrors: UserError[] }> {
    const entry = candidate && readCandidate(provider, candidate, (...place) => this.providers.hasRegion(...place));
    if (entry && 'userErrors' in entry) return { preview: null, userErrors: entry.userErrors };
    const current = await readSealedKeys(this.database.read, owner.agencyId, owner.id, provider);
    const query = agentsOfKey(this.database.read, owner, provider);
    const { agents, count } = await listAgents(query, MAX_AGENTS_CHECKED);
    const examined = entry && (await examineKey(this.providers, { provider, ...entry }, agents));
    const fallback = current.AGENCY ? 'AGENCY' : null;
    const sourceBefore = current.CLIENT ? 'CLIENT' : fallback;
    const sourceAfter = entry ? 'CLIENT' : fallback;
    const changes = entry !== null || current.CLIENT !== null;
    const listed = agents.slice(0, MAX_AGENTS_LISTED);
    const preview = {
      affectedAgents: changes ? listed : [],
      affectedAgentCount: changes ? count : 0,
      agentsWithoutKey: sourceAfter ? [] : listed,
      agentsWithoutKeyCount: sourceAfter ? 0 : count,
      agentsMissingInAccount: examined?.missing ?? [],
      agentsNotChecked: examined ? examined.notChecked + (count - agents.length) : 0,
      sourceBefore,
      sourceAfter,
      status: examined?.verdict.status ?? null,
    } as const;
    return { preview, userErrors: [] };
  }

  #verifyAll(keys: readonly KeyToStore[]): Promise<KeyToStore[]> {
    return Promise.all(keys.map(async (entry) => ({ ...entry, verdict: await this.providers.verifyKey(entry) })));
  }

  #store(owner: KeyOwner, keys: readonly KeyToStore[], entries: readonly KeyEntry[]): Promise<SetResult> {
    return this.database.write(async (tx) => {
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
      const rows = (await readKeyRows(tx, owner.agencyId, [owner.id])).filter((row) => row.isSet);
      const current = providers.map((provider) => rows.find((row) => row.provider === provider) ?? null);
      const unset = current.flatMap((row, index) => (row ? [] : [userError('KEY_NOT_SET', ['input', 'providers', index])]));
      if (unset.length > 0) return { apiKeys: [], userErrors: unset };
      const apiKeys: ApiKeyRow[] = [];
      for (const row of current) if (row) apiKeys.push(await clearKey(tx, owner, row));
      return { apiKeys, userErrors: [] };
    });
  }

  async #effectOfClear(owner: KeyOwner, provider: Provider): Promise<{ effect: ClearEffect; agents: AgentRow[] }> {
    const keys = await readSealedKeys(this.database.read, owner.agencyId, null, provider);
    const source = owner.type === 'CLIENT' && keys.AGENCY ? 'AGENCY' : null;
    const { agents, count } = await listAgents(agentsOfKey(this.database.read, owner, provider), MAX_AGENTS_LISTED);
    return { effect: { provider, source, agentCount: count, agentsWithoutKeyCount: source ? 0 : count }, agents: source ? [] : agents };
  }

  async #sealedKey(owner: KeyOwner, provider: Provider): Promise<SealedKey | null> {
    const clientId = owner.type === 'CLIENT' ? owner.id : null;
    return (await readSealedKeys(this.database.read, owner.agencyId, clientId, provider))[owner.type];
  }

  async #verifyStored(sealed: SealedKey): Promise<Verification | null> {
    const opened = this.#open(sealed);
    if (!opened) return this.#unreadable(sealed);
    const { owner, provider, region, id, version } = sealed;
    const { agents, count } = await listAgents(agentsOfKey(this.database.read, owner, provider), MAX_AGENTS_CHECKED);
    const { verdict, missing, notChecked } = await examineKey(this.providers, { provider, region, key: opened }, agents);
    const recorded = await this.database.write((tx) => recordVerdict(tx, id, version, verdict));
    const apiKey = recorded ?? (await this.#row(sealed));
    const error = verdict.error && toProviderError(provider, verdict.error);
    return apiKey && { apiKey, status: verdict.status, error, agentsMissingInAccount: missing, agentsNotChecked: notChecked + count - agents.length };
  }

  async #unreadable(sealed: SealedKey): Promise<Verification | null> {
    await this.database.write((tx) => recordUnreadable(tx, sealed.id, sealed.version));
    const apiKey = await this.#row(sealed);
    return apiKey && { apiKey, status: 'UNREADABLE', error: null, agentsMissingInAccount: [], agentsNotChecked: 0 };
  }

  async #row({ id, owner }: SealedKey): Promise<ApiKeyRow | null> {
    return (await readKeyRows(this.database.read, owner.agencyId, [owner.id])).find((row) => row.id === id) ?? null;
  }

  #open(sealed: SealedKey): ApiKeyText | null {
    try {
      return openKey(this.cipher, sealed);
    } catch (error) {
      if (error instanceof UnreadableKey) return null;
      throw error;
    }
  }
}

function rejection({ verdict }: KeyToStore, index: number): UserError | null {
  const field = ['input', 'keys', index, 'apiKey'];
  if (!verdict || verdict.status === 'VALID' || verdict.status === 'OUT_OF_FUNDS') return null;
  const definitive = verdict.status === 'INVALID' || verdict.status === 'INSUFFICIENT_PERMISSIONS';
  return userError(definitive ? 'KEY_REJECTED' : 'KEY_UNVERIFIABLE', field);
}

function checkProviders(providers: readonly Provider[]): UserError[] {
  if (providers.length === 0) return [userError('REQUIRED', ['input', 'providers'])];
  return providers.flatMap((provider, index) =>
    providers.indexOf(provider) < index ? [userError('DUPLICATE', ['input', 'providers', index])] : [],
  );
}
