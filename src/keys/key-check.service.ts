import type { AgentRow } from '../agents/agent.entity';
import type { Database } from '../platform/database';
import { userError, type UserError } from '../platform/user-error';
import { adapterOf, PROVIDERS, type Provider } from '../providers';
import type { ProviderApi } from '../providers/provider-api';
import { toProviderError, type ProviderErrorType } from '../providers/provider.types';
import { UnreadableKey, type Cipher } from '../vault/cipher';
import type { ApiKeyText } from '../vault/secret';
import { agentsOfKey, listAgents, MAX_AGENTS_LISTED } from './affected-agents';
import type { ApiKeyRow } from './api-key.entity';
import { resolveChain, type KeySource, type KeyStatus } from './chain';
import { examineKey, MAX_AGENTS_CHECKED } from './key-examination';
import { checkProviders, readCandidate, type Candidate } from './key-input';
import { recordUnreadable, recordVerdict } from './key-writer';
import { openKey, readKeyRows, readSealedKeys, type KeyOwner, type SealedKey } from './sealed-keys';

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

/** Shows keys to their providers and tells what would change: reads only, but for what is known of a key. */
export class KeyCheckService {
  constructor(
    private readonly database: Database,
    private readonly cipher: Cipher,
    private readonly providers: ProviderApi,
  ) {}

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
    candidate: Candidate | null,
  ): Promise<{ preview: Preview | null; userErrors: UserError[] }> {
    const entry = candidate && readCandidate(provider, candidate, (...place) => this.providers.hasRegion(...place));
    if (entry && 'userErrors' in entry) return { preview: null, userErrors: entry.userErrors };
    const current = await readSealedKeys(this.database.read, owner.agencyId, owner.id, provider);
    const query = agentsOfKey(this.database.read, owner, provider);
    const { agents, count } = await listAgents(query, MAX_AGENTS_CHECKED);
    const examined = entry && (await examineKey(this.providers, { provider, ...entry }, agents));
    const subject = { providerName: adapterOf(provider).name, hasClient: true };
    const chain = resolveChain(subject, current.CLIENT, current.AGENCY);
    const sourceAfter = entry ? 'CLIENT' : chain.sourceIfClientKeyCleared;
    const affected = entry !== null || chain.source === 'CLIENT';
    const listed = agents.slice(0, MAX_AGENTS_LISTED);
    const preview = {
      affectedAgents: affected ? listed : [],
      affectedAgentCount: affected ? count : 0,
      agentsWithoutKey: sourceAfter ? [] : listed,
      agentsWithoutKeyCount: sourceAfter ? 0 : count,
      agentsMissingInAccount: examined?.missing ?? [],
      agentsNotChecked: examined ? examined.notChecked + (count - agents.length) : 0,
      sourceBefore: chain.source,
      sourceAfter,
      status: examined?.verdict.status ?? null,
    };
    return { preview, userErrors: [] };
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
