import { requireAdmin } from '../../access/context';
import type { TenantDatabase } from '../../access/tenant-database';
import type { Viewer } from '../../access/viewer';
import type { AgentRow } from '../../agents/agent.entity';
import type { Actor } from '../../audit/audit-event';
import type { AuditTrail } from '../../audit/audit-trail';
import type { ClientService } from '../../clients/client.service';
import type { Ids } from '../../database/rows-of-ids';
import type { Beginning, Transaction } from '../../database/transaction';
import { once, type OnDemand } from '../../graphql/on-demand';
import { userError, type UserError } from '../../graphql/user-error';
import { groupedBy } from '../../platform/rows-by-id';
import type { Provider } from '../../providers';
import type { ProviderApi } from '../../providers/provider-api';
import { recordUse } from '../../vault/envelope';
import type { Vault } from '../../vault/vault';
import type { StoredKey } from '../api-key.entity';
import type { KeyCheckService } from '../checks/key-check.service';
import { lockKeys, nameOfKey, type KeyOwner, type LockedKeys } from '../key-store';
import {
  readKeyStates,
  readKeySummaries,
  type KeyState,
  type KeySummary,
  type StatesOf,
} from '../key-states';
import { effectOfClear, type ClearEffect } from './clear-effect';
import { findDuplicates, type KeyWarning } from '../duplicates';
import { checkProviders, keyReader, readEntries, type KeyEntry } from '../key-input';
import { clearKey, storeKey, type KeyToStore } from '../key-writer';
import { faultOf, findPlaces, readRepeated, type PlaceOfKey } from './place-of-key';
import { rejection } from './rejection';

interface Changed {
  readonly apiKeys: readonly KeyState[];
  readonly userErrors: readonly UserError[];
}

type ExpectedVersions = readonly (number | null | undefined)[];

export interface SetResult extends Changed {
  readonly warnings: OnDemand<KeyWarning>;
}

export interface ClearResult extends Changed {
  readonly agentsWithoutKey: OnDemand<AgentRow>;
  readonly effects: OnDemand<ClearEffect>;
}

/**
 * This service lists, sets and clears keys. It serves agency admins only, whatever the policy of the schema
 * says.
 */
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

  /** The result is null when the viewer's agency has no such client. */
  async clientOwner(viewer: Viewer, clientId: string): Promise<KeyOwner | null> {
    requireAdmin(viewer);
    const client = await this.clients.find(viewer, clientId);
    return client && { type: 'CLIENT', id: client.id, agencyId: viewer.agencyId };
  }

  /** The result has one list for each owner, with the rows of all keys that were ever set. */
  async keysOf(viewer: Viewer, owners: Ids): Promise<Map<string, KeyState[]>> {
    requireAdmin(viewer);
    const { read } = this.database;
    return byOwner(await readKeyStates(read, this.vault.placeMacs, viewer.agencyId, owners));
  }

  /** These are the same lists with fewer fields of each key. */
  async summariesOf(viewer: Viewer, owners: Ids): Promise<Map<string, KeySummary[]>> {
    requireAdmin(viewer);
    const { read } = this.database;
    return byOwner(await readKeySummaries(read, this.vault.placeMacs, viewer.agencyId, owners));
  }

  /**
   * Either all keys are stored or none. With `verify`, they are stored only if their providers accept them.
   */
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
    const expectedVersions = entries.map(({ expectedVersion }) => expectedVersion);
    if (!verify) return this.#store(viewer, owner, keys, expectedVersions);
    // What cannot be stored is found out before its provider is asked. It is looked for again where it is
    // stored.
    const { places, faults } = await this.database.writeLocked(
      viewer,
      (tx) => this.#lock(tx, owner, keys),
      (tx, locked) => this.#findPlaces(tx, keys, expectedVersions, locked),
    );
    if (faults.length > 0) return refused(faults);
    const verified = await this.#verifyAll(owner, places);
    const rejected = verified.flatMap((key, index) => rejection(key, index) ?? []);
    if (rejected.length > 0) return this.#reject(viewer, owner, verified, rejected);
    return this.#store(viewer, owner, verified, expectedVersions);
  }

  /** Either all keys are cleared or none. If one of them is not set, the request is refused. */
  async clear(viewer: Viewer, owner: KeyOwner, providers: readonly Provider[]): Promise<ClearResult> {
    requireAdmin(viewer);
    const malformed = checkProviders(providers);
    return malformed.length > 0 ? notCleared(malformed) : this.#clear(viewer, owner, providers);
  }

  #lock(
    tx: Beginning,
    owner: KeyOwner,
    keys: readonly { readonly provider: Provider }[],
  ): Promise<LockedKeys> {
    const providers = keys.map(({ provider }) => provider);
    return lockKeys(tx, this.vault.placeMacs, owner, providers);
  }

  async #findPlaces(
    tx: Transaction,
    keys: readonly KeyToStore[],
    expectedVersions: ExpectedVersions,
    locked: LockedKeys,
  ): Promise<{ places: PlaceOfKey[]; faults: UserError[] }> {
    const places = await findPlaces(tx, keys, locked);
    const faults = places.flatMap((place, index) => faultOf(place, expectedVersions[index], index) ?? []);
    return { places, faults };
  }

  // A key that was set by the same sealed key before is not asked about: it is not stored again.
  #verifyAll(owner: KeyOwner, places: readonly PlaceOfKey[]): Promise<KeyToStore[]> {
    return Promise.all(
      places.map(async ({ key, use }) =>
        use ? key : { ...key, verdict: await this.checks.ask(owner, key) },
      ),
    );
  }

  async #reject(
    viewer: Viewer,
    owner: KeyOwner,
    keys: readonly KeyToStore[],
    userErrors: readonly UserError[],
  ): Promise<SetResult> {
    await this.database.writeOutcome(viewer, (tx) => this.#recordShown(tx, viewer, owner, keys));
    return refused(userErrors);
  }

  // A key that a provider was asked about and that is not stored is recorded, whatever the provider answered.
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

  async #store(
    viewer: Viewer,
    owner: KeyOwner,
    keys: readonly KeyToStore[],
    expectedVersions: ExpectedVersions,
  ): Promise<SetResult> {
    const lock = (tx: Beginning) => this.#lock(tx, owner, keys);
    const stored = await this.database.writeLockedOutcome(viewer, lock, async (tx, hasRights, locked) => {
      const stored = hasRights
        ? await this.storeAll(tx, viewer, owner, keys, expectedVersions, locked)
        : { userErrors: [] };
      if ('userErrors' in stored) await this.#recordShown(tx, viewer, owner, keys);
      return stored;
    });
    if ('userErrors' in stored) return refused(stored.userErrors);
    return { apiKeys: stored, warnings: () => this.warningsOf(owner, keys), userErrors: [] };
  }

  /**
   * Warns of keys that other owners have as well. It is asked when the keys are stored and committed: of two
   * changes that set the same key at once, the one that commits later sees the other's.
   */
  warningsOf(owner: KeyOwner, keys: readonly KeyToStore[]): Promise<KeyWarning[]> {
    const fingerprinted = keys.map(({ provider, key }) => ({
      provider,
      fingerprint: this.vault.fingerprints.of(key, owner.agencyId, provider),
    }));
    return findDuplicates(this.database.read, owner, fingerprinted);
  }

  /**
   * This runs inside a `write`. It stores keys that were read and decided on, either all of them or none. The
   * request is refused if a version is not the expected one. It is also refused if a sealed key was used
   * before, unless the key that it set is still in force: then the same request was sent again and changes
   * nothing.
   */
  async storeAll(
    tx: Transaction,
    actor: Actor,
    owner: KeyOwner,
    keys: readonly KeyToStore[],
    expectedVersions: ExpectedVersions,
    locked: LockedKeys | null = null,
  ): Promise<readonly KeyState[] | { readonly userErrors: readonly UserError[] }> {
    const current = locked ?? (await this.#lock(tx, owner, keys));
    const { places, faults } = await this.#findPlaces(tx, keys, expectedVersions, current);
    if (faults.length > 0) return { userErrors: faults };
    const apiKeys: KeyState[] = [];
    for (const place of places)
      apiKeys.push((await readRepeated(tx, place)) ?? (await this.#storeOne(tx, actor, owner, place)));
    await this.#recordShown(
      tx,
      actor,
      owner,
      places.filter(({ use }) => use).map(({ key }) => key),
    );
    return apiKeys;
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

  async #clear(viewer: Viewer, owner: KeyOwner, providers: readonly Provider[]): Promise<ClearResult> {
    const lock = (tx: Beginning) => lockKeys(tx, this.vault.placeMacs, owner, providers);
    const cleared = await this.database.writeLocked(viewer, lock, async (tx, current) => {
      const unset = current.flatMap((row, index) =>
        row?.isSet ? [] : [userError('KEY_NOT_SET', ['input', 'providers', index])],
      );
      if (unset.length > 0) return { userErrors: unset };
      const apiKeys: StoredKey[] = [];
      for (const row of current) if (row) apiKeys.push(await clearKey(tx, this.vault, owner, row));
      for (const { provider, version } of apiKeys) {
        await this.audit.record(tx, viewer, {
          type: 'API_KEY_CLEARED',
          ...nameOfKey(owner, provider),
          version,
        });
      }
      return apiKeys;
    });
    if ('userErrors' in cleared) return notCleared(cleared.userErrors);
    // The effects are read after the change is committed: if a client's key and its agency's key are cleared
    // at once, the one that commits later leaves the agents with no key, and says so.
    const { read } = this.database;
    const effects = once(() =>
      Promise.all(cleared.map(({ provider }) => effectOfClear(read, this.vault.placeMacs, owner, provider))),
    );
    return {
      apiKeys: cleared,
      effects: async () => (await effects()).map(({ effect }) => effect),
      agentsWithoutKey: async () => (await effects()).flatMap(({ agents }) => agents),
      userErrors: [],
    };
  }
}

function byOwner<K extends KeySummary>({ ids, states }: StatesOf<K>): Map<string, (K | KeyState)[]> {
  return groupedBy(ids, states, ({ ownerId }) => ownerId);
}

function notCleared(userErrors: readonly UserError[]): ClearResult {
  return { apiKeys: [], effects: [], agentsWithoutKey: [], userErrors };
}

function refused(userErrors: readonly UserError[]): SetResult {
  return { apiKeys: [], warnings: [], userErrors };
}
