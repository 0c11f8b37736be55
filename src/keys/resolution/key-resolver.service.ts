import { requireAdmin } from '../../access/context';
import type { Viewer } from '../../access/viewer';
import type { AgentRow } from '../../agents/agent.entity';
import type { TenantDatabase } from '../../access/tenant-database';
import { archivedClients } from '../../clients/active-client';
import type { Provider } from '../../providers';
import type { ProviderAgentKind } from '../../providers/provider-agent';
import type { ProviderAccount } from '../../providers/provider-api';
import type { Vault } from '../../vault/vault';
import {
  keyThatCounts,
  resolveChain,
  type ChainKey,
  type ChainResult,
  type KeySource,
  type KeyStatus,
} from '../chain';
import { readKeySummaries } from '../key-states';
import { openKey, readSealedKeys, type SealedKey } from '../key-store';
import { hasChangedSince, readUpdates } from './changes-since';
import { agentsAt } from './past-agents';
import { chainAt, type PastEvent, type Trail } from './past-chain';
import { subjectOf } from './subject';
import { readTrail } from './trail';
import {
  readAgentWithKeys,
  readProviderAgentsWithKeys,
  type AgentToCall,
  type AgentWithKeys,
} from './agent-with-keys';

/** A call is started with this key. It stays decrypted only for as long as the one request needs it. */
export interface ResolvedKey {
  readonly id: string;
  readonly source: KeySource;
  readonly version: number;
  /** What was known of it when it was resolved. */
  readonly status: KeyStatus;
  readonly account: ProviderAccount;
}

/** What was known of a key when a call was started. */
export type KeyAtCall = Pick<ChainKey, 'status' | 'version'>;

/** What the chain found for a call: each key that was set, and when that was read. */
export interface CallReceipt {
  readonly resolvedAt: Date;
  readonly keys: Readonly<Record<KeySource, KeyAtCall | null>>;
}

/** What a provider says of a call that began longer ago is not believed: no events are that late. */
export const LONGEST_AGO_MS = 400 * 24 * 60 * 60 * 1000;

/** What decided who pays for a call. */
export interface Resolution {
  readonly agent: AgentToCall;
  readonly clientArchived: boolean;
  /** The key that counts, which is not open yet; null when the chain ends without a key. */
  readonly key: SealedKey | null;
  readonly receipt: CallReceipt;
}

/** A call that took place, by its agent at the provider. */
export interface PastCall {
  readonly providerAgentId: string;
  /** When it began, as far as is known. Where it is null, it counts as now. */
  readonly at: Date | null;
}

/** What decided who pays for a call that has taken place: its agent, with the client of that time. */
export type PastResolution = Pick<Resolution, 'agent' | 'receipt'>;

/** What tells whose key a call was started with. */
export interface CallOfOwner extends AgentInChain {
  readonly keySource: KeySource | null;
  /** Whether another account carried the call than that of `keySource`. */
  readonly isOtherAccount: boolean;
  /** Whose account that was, if it is known. */
  readonly otherOwnerId: string | null;
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
   * Reads what decides who pays for a call of an agent, at one instant. The result is null for an agent that
   * the agency does not have. It passes on whatever the database throws, which may never be taken for "no
   * key", because the call would then fall back to another payer.
   */
  async resolve(agencyId: string, agentId: string): Promise<Resolution | null> {
    const resolvedAt = new Date();
    const found = await readAgentWithKeys(this.database.read, this.vault.placeMacs, agentId);
    return found?.agent.agencyId === agencyId ? resolutionOf(found, resolvedAt) : null;
  }

  /**
   * Does the same for the agent that has an id at a provider. Only agents of the client, and of the kind, are
   * found where one is given. The result is null for no agent, and undefined where several have the id.
   */
  async resolveAtProvider(
    { agencyId, clientId }: Pick<AgentRow, 'agencyId' | 'clientId'>,
    provider: Provider,
    providerAgentId: string,
    kind: ProviderAgentKind | null,
  ): Promise<Resolution | null | undefined> {
    const resolvedAt = new Date();
    const { read } = this.database;
    const { placeMacs } = this.vault;
    const all = await readProviderAgentsWithKeys(read, placeMacs, agencyId, provider, providerAgentId);
    const [found, ...more] = all.filter(
      ({ agent }) =>
        (kind === null || agent.providerAgentKind === kind) &&
        (clientId === null || agent.clientId === clientId),
    );
    if (more.length > 0) return undefined;
    return found ? resolutionOf(found, resolvedAt) : null;
  }

  /**
   * Does the same for calls that took place: another agent may have had the id then, an agent may have been
   * another client's, and keys may have been set and cleared since. Where the trail does not tell which agent
   * it was, or whose, it was no client's, so that no client is shown what may have been another's.
   */
  async resolveCalls(
    agencyId: string,
    provider: Provider,
    calls: readonly PastCall[],
  ): Promise<(PastResolution | null | undefined)[]> {
    const scope = { agencyId, clientId: null };
    const agents = new Map<string, Resolution | null | undefined>();
    for (const { providerAgentId: id } of calls)
      if (!agents.has(id)) agents.set(id, await this.resolveAtProvider(scope, provider, id, null));
    const updates = await this.#updatesSince(agencyId, calls);
    const then = calls.map(({ providerAgentId: id, at }) =>
      updates && at ? agentsAt(updates, id, at, agents.get(id)?.agent.id ?? null) : [],
    );
    const known = await this.#withAgents(agencyId, provider, [...agents.values()], then.flat());
    if (!updates || known.size === 0) return calls.map(({ providerAgentId }) => agents.get(providerAgentId));
    const all = [...known.values()].map(({ agent }) => agent);
    const trail = await readTrail(this.database.read, this.vault.placeMacs, agencyId, all);
    return calls.map(({ providerAgentId, at }, index) => {
      const now = agents.get(providerAgentId);
      if (!at || now === undefined) return now;
      const [agent, ...more] = (then[index] ?? []).flatMap((id) => known.get(id) ?? []);
      if (more.length > 0) return undefined;
      return agent ? resolutionAt(trail, agent, at) : now && withoutClient(resolutionAt(trail, now, at));
    });
  }

  /** Reads the updates of agents since the first of the calls. Null where nothing at all has changed. */
  async #updatesSince(agencyId: string, calls: readonly PastCall[]): Promise<PastEvent[] | null> {
    const times = calls.flatMap(({ at }) => at?.getTime() ?? []);
    if (times.length === 0) return null;
    const { read } = this.database;
    const first = new Date(Math.max(Math.min(...times), Date.now() - LONGEST_AGO_MS));
    return (await hasChangedSince(read, agencyId, first)) ? readUpdates(read, agencyId, first) : null;
  }

  /** Adds agents by their ids, as far as they are of the provider. */
  async #withAgents(
    agencyId: string,
    provider: Provider,
    resolved: readonly (Resolution | null | undefined)[],
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Resolution>> {
    const known = new Map(
      resolved.flatMap((each): [string, Resolution][] => (each ? [[each.agent.id, each]] : [])),
    );
    for (const id of new Set(ids)) {
      const other = known.has(id) ? null : await this.resolve(agencyId, id);
      if (other?.agent.provider === provider) known.set(id, other);
    }
    return known;
  }

  /**
   * Reads the key that the owner of a call has now. The key with which the call was started may have been
   * replaced or cleared since, and then is destroyed. The key of another owner is never used in its place.
   */
  async keyOfOwner(call: CallOfOwner): Promise<SealedKey | null> {
    const { agencyId, clientId, provider } = call;
    const source = sourceOf(call);
    if (source === null) return null;
    const ofClient = source === 'CLIENT' ? clientId : null;
    if (source === 'CLIENT' && ofClient === null) return null;
    const { read } = this.database;
    const keys = await readSealedKeys(read, this.vault.placeMacs, agencyId, ofClient, provider);
    return keys[source];
  }

  /**
   * Does the same for the owner of the account that carried the call, also where that is another client. The
   * key is good for what becomes of the call, and for nothing that is told to the client of the call.
   */
  async keyOfBearer(call: CallOfOwner): Promise<SealedKey | null> {
    const { agencyId, isOtherAccount, otherOwnerId, provider } = call;
    if (!isOtherAccount || otherOwnerId === null || sourceOf(call) !== null) return this.keyOfOwner(call);
    const { read } = this.database;
    return (await readSealedKeys(read, this.vault.placeMacs, agencyId, otherOwnerId, provider)).CLIENT;
  }

  /** Opens a key that was resolved. Throws `UnreadableKey`. */
  open(sealed: SealedKey, purpose: 'CALL' | 'CALL_STATE' | 'GATEWAY' | 'RECONCILE' = 'CALL'): ResolvedKey {
    const { id, region, key } = openKey(this.vault.cipher, sealed, purpose);
    const { owner, version, status, provider } = sealed;
    return { id, source: owner.type, version, status, account: { provider, region, key } };
  }

  /**
   * This explains for many agents at once, with two SQL statements, which key a call would use and why. No
   * key is decrypted.
   */
  async explain(viewer: Viewer, agents: readonly AgentInChain[]): Promise<ChainResult[]> {
    requireAdmin(viewer);
    const clientIds = [...new Set(agents.flatMap(({ clientId }) => clientId ?? []))];
    const [{ states: rows }, archived] = await Promise.all([
      readKeySummaries(this.database.read, this.vault.placeMacs, viewer.agencyId, [
        viewer.agencyId,
        ...clientIds,
      ]),
      archivedClients(this.database.read, clientIds),
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
}

function resolutionOf({ agent, clientArchived, keys }: AgentWithKeys, resolvedAt: Date): Resolution {
  return { agent, clientArchived, key: keyThatCounts(keys), receipt: { resolvedAt, keys: statesOf(keys) } };
}

// What the trail does not tell counts as no client, and as no key.
function resolutionAt(trail: Trail, { agent }: Resolution, at: Date): PastResolution {
  const { clientId = null, CLIENT = null, AGENCY = null } = chainAt(trail, agent, at);
  return { agent: { ...agent, clientId }, receipt: { resolvedAt: at, keys: statesOf({ CLIENT, AGENCY }) } };
}

/** Whose account carried a call: null where it was neither the agency's nor that of the call's client. */
function sourceOf(call: CallOfOwner): KeySource | null {
  const { agencyId, clientId, keySource, isOtherAccount, otherOwnerId } = call;
  if (!isOtherAccount) return keySource;
  if (otherOwnerId === null) return null;
  if (otherOwnerId === agencyId) return 'AGENCY';
  return otherOwnerId === clientId ? 'CLIENT' : null;
}

function withoutClient({ agent, receipt }: PastResolution): PastResolution {
  const keys = { ...receipt.keys, CLIENT: null };
  return { agent: { ...agent, clientId: null }, receipt: { ...receipt, keys } };
}

function statesOf({ CLIENT, AGENCY }: Readonly<Record<KeySource, ChainKey | null>>): CallReceipt['keys'] {
  return { CLIENT: stateOf(CLIENT), AGENCY: stateOf(AGENCY) };
}

function stateOf(key: ChainKey | null): KeyAtCall | null {
  return key?.isSet ? { status: key.status, version: key.version } : null;
}
