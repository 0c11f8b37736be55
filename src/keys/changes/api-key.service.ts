import { requireAdmin } from '../../access/context';
import type { Viewer } from '../../access/viewer';
import type { AgentRow } from '../../agents/agent.entity';
import type { Actor } from '../../audit/audit-event';
import type { AuditTrail } from '../../audit/audit-trail';
import type { ClientService } from '../../clients/client.service';
import type { TenantDatabase } from '../../access/tenant-database';
import type { Transaction } from '../../database/transaction';
import { USER_ERRORS, userError, type UserError } from '../../graphql/user-error';
import type { Provider } from '../../providers';
import type { KeyVerdict } from '../../providers/requests';
import type { ProviderApi } from '../../providers/provider-api';
import { toProviderError } from '../../providers/provider.types';
import { recordUse, useOf } from '../../vault/envelope';
import type { PlaceMacs } from '../../vault/place-macs';
import type { UsedSealedKeyRow } from '../../vault/used-sealed-key.entity';
import type { Vault } from '../../vault/vault';
import { agentsPaidBy, listAgents, MAX_AGENTS_LISTED } from '../checks/affected-agents';
import type { StoredKey } from '../api-key.entity';
import type { KeySource } from '../chain';
import { findDuplicates, type KeyWarning } from './duplicates';
import type { KeyCheckService } from '../checks/key-check.service';
import { checkProviders, keyReader, readEntries, type KeyEntry } from './key-input';
import { clearKey, storeKey, type KeyToStore } from './key-writer';
import { lockKeys, nameOfKey, readSealedKeys, type KeyOwner, type LockedKey } from '../key-store';
import { readKeyState, readKeyStates, readKeySummaries, type KeyState, type KeySummary } from '../key-states';

interface Changed {
  readonly apiKeys: readonly KeyState[];
  readonly userErrors: readonly UserError[];
}

export interface Stored {
  readonly apiKeys: readonly KeyState[];
  readonly warnings: readonly KeyWarning[];
}

export type SetResult = Stored & Changed;

/** What the agents that used a cleared key use from now on. */
export interface ClearEffect {
  readonly provider: Provider;
  readonly source: KeySource | null;
  readonly agentCount: number;
  readonly agentsWithoutKeyCount: number;
}

export interface ClearResult extends Changed {
  readonly agentsWithoutKey: readonly AgentRow[];
  readonly effects: readonly ClearEffect[];
}

/** Lists, sets and clears keys. Agency admins only, whatever the policy says. */
export class ApiKeyService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly vault: Vault,
    private readonly providers: ProviderApi,
    private readonly clients: ClientService,
    private readonly checks: KeyCheckService,
  ) {}

  agencyOwner(viewer: Viewer): KeyOwner {
    requireAdmin(viewer);
    return { type: 'AGENCY', id: viewer.agencyId, agencyId: viewer.agencyId };
  }

  /** Null when the viewer's agency has no such client. */
  async clientOwner(viewer: Viewer, clientId: string): Promise<KeyOwner | null> {
    requireAdmin(viewer);
    const client = await this.clients.find(viewer, clientId);
    return client && { type: 'CLIENT', id: client.id, agencyId: viewer.agencyId };
  }

  /** One list an owner, in the order of `ownerIds`: the rows of all keys that were ever set. */
  async keysOf(viewer: Viewer, ownerIds: readonly string[]): Promise<KeyState[][]> {
    requireAdmin(viewer);
    const { read } = this.database;
    return byOwner(ownerIds, await readKeyStates(read, this.vault.placeMacs, viewer.agencyId, ownerIds));
  }

  /** The same, less of each. */
  async summariesOf(viewer: Viewer, ownerIds: readonly string[]): Promise<KeySummary[][]> {
    requireAdmin(viewer);
    const { read } = this.database;
    return byOwner(ownerIds, await readKeySummaries(read, this.vault.placeMacs, viewer.agencyId, ownerIds));
  }

  /** All or none. With `verify`, a key is stored only if its provider accepts it. */
  async set(
    viewer: Viewer,
    owner: KeyOwner,
    entries: readonly KeyEntry[],
    verify: boolean,
  ): Promise<SetResult> {
    requireAdmin(viewer);
    const { keys, userErrors } = await readEntries(
      entries,
      keyReader(this.vault, this.providers, owner, viewer.origin),
    );
    if (userErrors.length > 0) return refused(userErrors);
    const verified = verify ? await this.#verifyAll(owner, keys) : keys;
    const rejected = verified.flatMap((key, index) => rejection(key, index) ?? []);
    if (rejected.length > 0) return this.#reject(viewer, owner, verified, rejected);
    return this.#store(viewer, owner, verified, entries);
  }

  /** All or none: a provider whose key is not set refuses the request. */
  async clear(viewer: Viewer, owner: KeyOwner, providers: readonly Provider[]): Promise<ClearResult> {
    requireAdmin(viewer);
    const malformed = checkProviders(providers);
    return malformed.length > 0 ? notCleared(malformed) : this.#clear(viewer, owner, providers);
  }

  #verifyAll(owner: KeyOwner, keys: readonly KeyToStore[]): Promise<KeyToStore[]> {
    return Promise.all(
      keys.map(async (entry) => ({ ...entry, verdict: await this.checks.ask(owner, entry) })),
    );
  }

  async #reject(
    viewer: Viewer,
    owner: KeyOwner,
    keys: readonly KeyToStore[],
    userErrors: readonly UserError[],
  ): Promise<SetResult> {
    await this.database.write(viewer, (tx) => this.#recordShown(tx, viewer, owner, keys));
    return refused(userErrors);
  }

  // What a provider was asked about and is not stored, whatever it said.
  async #recordShown(
    tx: Transaction,
    actor: Actor,
    owner: KeyOwner,
    keys: readonly KeyToStore[],
  ): Promise<void> {
    for (const { provider, key, verdict } of keys) {
      if (!verdict) continue;
      const event = { ...nameOfKey(owner, provider), maskedKey: key.mask, status: verdict.status };
      await this.audit.record(tx, actor, { type: 'API_KEY_REJECTED', ...event });
    }
  }

  #store(
    viewer: Viewer,
    owner: KeyOwner,
    keys: readonly KeyToStore[],
    entries: readonly KeyEntry[],
  ): Promise<SetResult> {
    return this.database.write(viewer, async (tx) => {
      const stored = await this.storeAll(
        tx,
        viewer,
        owner,
        keys,
        entries.map(({ expectedVersion }) => expectedVersion),
      );
      if (!('userErrors' in stored)) return { ...stored, userErrors: [] };
      await this.#recordShown(tx, viewer, owner, keys);
      return refused(stored.userErrors);
    });
  }

  /**
   * Inside a `write`: stores keys that were read and decided on, all or none. A version that is not the
   * expected one refuses the request, and so does a sealed key that was used before, unless it is the one in
   * force: then the request was sent again, and changes nothing.
   */
  async storeAll(
    tx: Transaction,
    actor: Actor,
    owner: KeyOwner,
    keys: readonly KeyToStore[],
    expectedVersions: readonly (number | null | undefined)[],
  ): Promise<Stored | { readonly userErrors: readonly UserError[] }> {
    const places = await findPlaces(tx, this.vault.placeMacs, owner, keys);
    const userErrors = places.flatMap((place, index) => faultOf(place, expectedVersions[index], index) ?? []);
    if (userErrors.length > 0) return { userErrors };
    const apiKeys: KeyState[] = [];
    for (const place of places)
      apiKeys.push((await readRepeated(tx, place)) ?? (await this.#storeOne(tx, actor, owner, place)));
    await this.#recordShown(
      tx,
      actor,
      owner,
      places.filter(({ use }) => use).map(({ key }) => key),
    );
    // Only now: the audit trail lets one change of the agency through at a time, so that of two that set the
    // same key the later one sees the other's.
    const { fingerprints } = this.vault;
    const fingerprinted = keys.map(({ provider, key }) => ({
      provider,
      fingerprint: fingerprints.of(key, owner.agencyId, provider),
    }));
    return { apiKeys, warnings: await findDuplicates(tx, owner, fingerprinted) };
  }

  async #storeOne(
    tx: Transaction,
    actor: Actor,
    owner: KeyOwner,
    { key: entry, current }: PlaceOfKey,
  ): Promise<StoredKey> {
    const stored = await storeKey(tx, this.vault, owner, current, entry);
    const { provider, version, maskedKey, status } = stored;
    await recordUse(tx, entry.key.envelope, { ownerId: owner.id, provider, version });
    const event = { ...nameOfKey(owner, provider), version, maskedKey, status };
    await this.audit.record(tx, actor, { type: 'API_KEY_SET', ...event });
    return stored;
  }

  #clear(viewer: Viewer, owner: KeyOwner, providers: readonly Provider[]): Promise<ClearResult> {
    return this.database.write(viewer, async (tx) => {
      const current = await lockKeys(tx, this.vault.placeMacs, owner, providers);
      const unset = current.flatMap((row, index) =>
        row?.isSet ? [] : [userError('KEY_NOT_SET', ['input', 'providers', index])],
      );
      if (unset.length > 0) return notCleared(unset);
      const apiKeys: StoredKey[] = [];
      for (const row of current) if (row) apiKeys.push(await clearKey(tx, this.vault, owner, row));
      for (const { provider, version } of apiKeys) {
        await this.audit.record(tx, viewer, {
          type: 'API_KEY_CLEARED',
          ...nameOfKey(owner, provider),
          version,
        });
      }
      // Only now, as with duplicates: of a client's and its agency's key that are cleared at once, the later
      // one leaves the agents without.
      const effects = [];
      for (const { provider } of apiKeys)
        effects.push(await effectOfClear(tx, this.vault.placeMacs, owner, provider));
      return {
        apiKeys,
        effects: effects.map(({ effect }) => effect),
        agentsWithoutKey: effects.flatMap(({ agents }) => agents),
        userErrors: [],
      };
    });
  }
}

function byOwner<K extends KeySummary>(ownerIds: readonly string[], keys: readonly K[]): K[][] {
  const found = new Map(ownerIds.map((id): [string, K[]] => [id, []]));
  for (const key of keys) found.get(key.ownerId)?.push(key);
  return [...found.values()];
}

async function effectOfClear(
  tx: Transaction,
  macs: PlaceMacs,
  owner: KeyOwner,
  provider: Provider,
): Promise<{ effect: ClearEffect; agents: AgentRow[] }> {
  const keys = await readSealedKeys(tx, macs, owner.agencyId, null, provider);
  const source = owner.type === 'CLIENT' && keys.AGENCY ? 'AGENCY' : null;
  const query = await agentsPaidBy(tx, macs, owner, provider);
  const { agents, count } = await listAgents(query, MAX_AGENTS_LISTED);
  return {
    effect: { provider, source, agentCount: count, agentsWithoutKeyCount: source ? 0 : count },
    agents: source ? [] : agents,
  };
}

/** A key whose account is out of funds is a good key. */
export function isAccepted({ status }: KeyVerdict): boolean {
  return status === 'VALID' || status === 'OUT_OF_FUNDS';
}

/** A key to store, with what is in its place, and how its sealed form was used before. */
interface PlaceOfKey {
  readonly key: KeyToStore;
  readonly current: LockedKey | null;
  readonly use: UsedSealedKeyRow | null;
}

async function findPlaces(
  tx: Transaction,
  macs: PlaceMacs,
  owner: KeyOwner,
  keys: readonly KeyToStore[],
): Promise<PlaceOfKey[]> {
  const locked = await lockKeys(
    tx,
    macs,
    owner,
    keys.map(({ provider }) => provider),
  );
  const places: PlaceOfKey[] = [];
  for (const [index, key] of keys.entries())
    places.push({ key, current: locked[index] ?? null, use: await useOf(tx, key.key.envelope) });
  return places;
}

function faultOf(
  { current, use }: PlaceOfKey,
  expectedVersion: number | null | undefined,
  index: number,
): UserError | null {
  const field = ['input', 'keys', index];
  if (use) {
    const isInForce = current?.row && current.isSet && current.version === use.version;
    return isInForce ? null : userError('SEALED_KEY_USED', [...field, 'apiKey']);
  }
  return expectedVersion == null || expectedVersion === (current?.version ?? 0)
    ? null
    : userError('VERSION_CONFLICT', [...field, 'expectedVersion']);
}

function readRepeated(tx: Transaction, { current, use }: PlaceOfKey): Promise<KeyState | null> | null {
  return use && current?.row ? readKeyState(tx, current.row.id, current.version) : null;
}

function notCleared(userErrors: readonly UserError[]): ClearResult {
  return { apiKeys: [], effects: [], agentsWithoutKey: [], userErrors };
}

function refused(userErrors: readonly UserError[]): SetResult {
  return { apiKeys: [], warnings: [], userErrors };
}

function rejection({ provider, verdict }: KeyToStore, index: number): UserError | null {
  if (!verdict || isAccepted(verdict)) return null;
  const code =
    verdict.status === 'INVALID' || verdict.status === 'INSUFFICIENT_PERMISSIONS'
      ? 'KEY_REJECTED'
      : 'KEY_UNVERIFIABLE';
  const why = verdict.error ? ` ${toProviderError(provider, verdict.error).message}` : '';
  return userError(code, ['input', 'keys', index, 'apiKey'], USER_ERRORS[code] + why);
}
