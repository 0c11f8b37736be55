import type { AgentRow } from '../../agents/agent.entity';
import { requireAdmin } from '../../access/context';
import type { Viewer } from '../../access/viewer';
import type { AuditTrail } from '../../audit/audit-trail';
import type { TenantDatabase } from '../../access/tenant-database';
import type { Transaction } from '../../database/transaction';
import { userError, type UserError } from '../../graphql/user-error';
import { adapterOf, PROVIDERS, type Provider } from '../../providers';
import type { KeyVerdict } from '../../providers/key-requests';
import type { ProviderAccount, ProviderApi } from '../../providers/provider-api';
import { toProviderError, type ProviderErrorType } from '../../providers/provider-error.types';
import { UnreadableKey } from '../../vault/cipher';
import { useOf } from '../../vault/envelope';
import type { Vault } from '../../vault/vault';
import { agentsOfKey, agentsToLookUp, listAgents, MAX_AGENTS_LISTED } from '../affected-agents';
import { agentsPaidBy } from '../agents-paid-by';
import { resolveChain, type KeySource, type KeyStatus } from '../chain';
import { recordPresence } from '../absent-agent';
import { findDuplicates, type KeyWarning } from '../duplicates';
import { examineKey, MAX_AGENTS_CHECKED } from './key-examination';
import { countCallsInProgress } from '../calls-in-progress';
import { checkProviders, keyReader, readCandidate, type Candidate, type ReadKey } from '../key-input';
import { noteRefusal } from '../key-health';
import { forgetRefusal, recordFingerprint, recordUnreadable, recordVerdict } from '../key-writer';
import {
  nameOfKey,
  openKey,
  readSealedKeys,
  type KeyOwner,
  type OpenKey,
  type SealedKey,
} from '../key-store';
import { readKeyStates, type KeyState } from '../key-states';

export interface Verification {
  readonly apiKey: KeyState;
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
  readonly callsInProgressCount: number;
  /** Whose key for which provider would change. */
  readonly owner: KeyOwner;
  readonly provider: Provider;
  readonly sourceBefore: KeySource | null;
  readonly sourceAfter: KeySource | null;
  readonly status: KeyStatus | null;
}

export interface PreviewResult {
  readonly preview: Preview | null;
  readonly warnings: readonly KeyWarning[];
  readonly userErrors: readonly UserError[];
}

const AGENTS_TRIED = 4;

/**
 * This service asks providers about keys and tells what a change of a key would do. It writes nothing but the
 * audit trail and what became known of a key.
 */
export class KeyCheckService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly vault: Vault,
    private readonly providers: ProviderApi,
  ) {}

  /** Without `providers`, every key that is set is verified. */
  async verify(
    viewer: Viewer,
    owner: KeyOwner,
    providers: readonly Provider[] | null,
  ): Promise<{ results: Verification[]; userErrors: UserError[] }> {
    requireAdmin(viewer);
    const malformed = providers ? checkProviders(providers) : [];
    if (malformed.length > 0) return { results: [], userErrors: malformed };
    const keys = await Promise.all(
      (providers ?? PROVIDERS).map((provider) => this.#sealedKey(owner, provider)),
    );
    const unset = keys.flatMap((key, index) =>
      providers && !key ? [userError('KEY_NOT_SET', ['input', 'providers', index])] : [],
    );
    if (unset.length > 0) return { results: [], userErrors: unset };
    await this.database.requireRights(viewer);
    const verifications = keys.map(async (key) => key && this.#verifyStored(viewer, key));
    // If one fails, the others are waited for as well, because they record what their providers answer.
    await Promise.allSettled(verifications);
    const results = await Promise.all(verifications);
    return { results: results.filter((result) => result !== null), userErrors: [] };
  }

  /**
   * With a candidate key, the preview tells what setting it would do; without one, what clearing would do.
   * Nothing is changed.
   */
  async preview(
    viewer: Viewer,
    owner: KeyOwner,
    provider: Provider,
    candidate: Candidate | null,
  ): Promise<PreviewResult> {
    const entry =
      candidate &&
      (await readCandidate(provider, candidate, keyReader(this.vault, this.providers, owner, viewer.origin)));
    if (entry && 'userErrors' in entry) return { preview: null, warnings: [], userErrors: entry.userErrors };
    return this.previewKey(viewer, owner, provider, entry);
  }

  /** This is the same preview for a key that has been read and checked before. */
  async previewKey(
    viewer: Viewer,
    owner: KeyOwner,
    provider: Provider,
    entry: ReadKey | null,
  ): Promise<PreviewResult> {
    requireAdmin(viewer);
    const ofClient = owner.type === 'CLIENT';
    const current = await readSealedKeys(
      this.database.read,
      this.vault.placeMacs,
      owner.agencyId,
      ofClient ? owner.id : null,
      provider,
    );
    const query = await agentsPaidBy(this.database.read, this.vault.placeMacs, owner, provider);
    const { agents, count } = await listAgents(query, MAX_AGENTS_CHECKED);
    if (entry) {
      const use = await useOf(this.database.read, entry.key.envelope);
      if (use && use.version !== current[owner.type]?.version)
        return {
          preview: null,
          warnings: [],
          userErrors: [userError('SEALED_KEY_USED', ['input', 'apiKey'])],
        };
      await this.database.requireRights(viewer);
    }
    const examined = entry && (await examineKey(this.providers, { provider, ...entry }, agents));
    const chain = resolveChain(
      { providerName: adapterOf(provider).name, hasClient: ofClient, clientArchived: false },
      current.CLIENT,
      current.AGENCY,
    );
    const sourceIfCleared = ofClient ? chain.sourceIfClientKeyCleared : null;
    const sourceAfter = entry ? owner.type : sourceIfCleared;
    const affected = entry !== null || chain.source === owner.type;
    const listed = agents.slice(0, MAX_AGENTS_LISTED);
    const status = examined?.verdict.status ?? null;
    const preview = {
      owner,
      provider,
      affectedAgents: affected ? listed : [],
      affectedAgentCount: affected ? count : 0,
      agentsWithoutKey: sourceAfter ? [] : listed,
      agentsWithoutKeyCount: sourceAfter ? 0 : count,
      agentsMissingInAccount: examined?.missing ?? [],
      agentsNotChecked: examined ? examined.notChecked + (count - agents.length) : 0,
      callsInProgressCount: await countCallsInProgress(this.database.read, owner, provider),
      sourceBefore: chain.source,
      sourceAfter,
      status,
    };
    const event = { ...nameOfKey(owner, provider), maskedKey: entry?.key.mask ?? null, status };
    const record = (tx: Transaction) =>
      this.audit.record(tx, viewer, { type: 'API_KEY_PREVIEWED', ...event });
    await (entry ? this.database.writeOutcome(viewer, record) : this.database.write(viewer, record));
    return { preview, warnings: await this.#duplicatesOf(owner, provider, entry), userErrors: [] };
  }

  async #duplicatesOf(
    owner: KeyOwner,
    provider: Provider,
    entry: ReadKey | null,
  ): Promise<readonly KeyWarning[]> {
    if (entry === null) return [];
    const fingerprint = this.vault.fingerprints.of(entry.key, owner.agencyId, provider);
    return findDuplicates(this.database.read, owner, [{ provider, fingerprint }]);
  }

  /**
   * Before a key becomes an owner's key, its provider is asked about it. A few of the owner's agents are
   * looked up as well, because some providers accept a restricted key and refuse only the requests that it
   * does not allow.
   */
  async ask(owner: KeyOwner, account: ProviderAccount): Promise<KeyVerdict> {
    const { agents } = await listAgents(
      agentsOfKey(this.database.read, owner, account.provider),
      AGENTS_TRIED,
    );
    return (await examineKey(this.providers, account, agents)).verdict;
  }

  async #sealedKey(owner: KeyOwner, provider: Provider): Promise<SealedKey | null> {
    const clientId = owner.type === 'CLIENT' ? owner.id : null;
    const { read } = this.database;
    return (await readSealedKeys(read, this.vault.placeMacs, owner.agencyId, clientId, provider))[owner.type];
  }

  async #verifyStored(viewer: Viewer, sealed: SealedKey): Promise<Verification | null> {
    const opened = this.#open(sealed);
    if (!opened) return this.#unreadable(viewer, sealed);
    const { owner, provider, version } = sealed;
    const { id, region, key } = opened;
    const { read } = this.database;
    const { agents, count } = await agentsToLookUp(read, owner, provider, MAX_AGENTS_CHECKED);
    const { verdict, missing, present, notChecked } = await examineKey(
      this.providers,
      { provider, region, key },
      agents,
    );
    const fingerprint = this.vault.fingerprints.of(key, owner.agencyId, provider);
    const recorded = await this.database.writeOutcome(viewer, async (tx) => {
      await recordFingerprint(tx, id, version, fingerprint);
      // What works in the background leaves the account alone, and looks later whether the limit is over.
      if (verdict.status === 'RATE_LIMITED' && verdict.error)
        await noteRefusal(tx, { id, version }, verdict.error);
      const row = await recordVerdict(tx, id, version, verdict);
      if (row) await recordPresence(tx, sealed, missing, present);
      if (row && verdict.status === 'VALID') await forgetRefusal(tx, id, version);
      await this.audit.record(tx, viewer, {
        type: 'API_KEY_VERIFIED',
        ...nameOfKey(owner, provider),
        version,
        status: verdict.status,
      });
      return row;
    });
    if (!recorded) return this.#changedMeanwhile(sealed, count);
    const error = verdict.error && toProviderError(provider, verdict.error);
    return {
      apiKey: recorded,
      status: verdict.status,
      error,
      agentsMissingInAccount: missing,
      agentsNotChecked: notChecked + count - agents.length,
    };
  }

  // The provider's answer is about a version of the key that was replaced meanwhile, and nothing is known of
  // the new version. The answer is dropped, and the current state is shown.
  async #changedMeanwhile(sealed: SealedKey, agentsNotChecked: number): Promise<Verification | null> {
    const apiKey = await this.#row(sealed);
    return (
      apiKey && { apiKey, status: apiKey.status, error: null, agentsMissingInAccount: [], agentsNotChecked }
    );
  }

  async #unreadable(viewer: Viewer, sealed: SealedKey): Promise<Verification | null> {
    const { row, version, owner, provider } = sealed;
    await this.database.write(viewer, async (tx) => {
      if (row) await recordUnreadable(tx, row.id, version);
      await this.audit.record(tx, viewer, {
        type: 'API_KEY_VERIFIED',
        ...nameOfKey(owner, provider),
        version,
        status: 'UNREADABLE',
      });
    });
    const apiKey = await this.#row(sealed);
    return (
      apiKey && { apiKey, status: 'UNREADABLE', error: null, agentsMissingInAccount: [], agentsNotChecked: 0 }
    );
  }

  async #row({ owner, provider }: SealedKey): Promise<KeyState | null> {
    const { placeMacs } = this.vault;
    const { read } = this.database;
    const { states } = await readKeyStates(read, placeMacs, owner.agencyId, [owner.id]);
    return states.find((key) => key.provider === provider) ?? null;
  }

  #open(sealed: SealedKey): OpenKey | null {
    try {
      return openKey(this.vault.cipher, sealed, 'VERIFY');
    } catch (error) {
      if (error instanceof UnreadableKey) return null;
      throw error;
    }
  }
}
