import type { BatchedField } from '../access/batched-field';
import type { Viewer } from '../access/viewer';
import type { ClientService } from '../clients/client.service';
import { dateOrNull } from '../database/raw';
import type { Ids } from '../database/rows-of-ids';
import { derivedId, partsOfDerivedId } from '../graphql/node';
import { inOrderOf } from '../platform/rows-by-id';
import { PROVIDERS, type Provider } from '../providers';
import { errorOf } from '../providers/provider-error.types';
import type { ApiKey } from './api-key.types';
import type { ApiKeyService } from './changes/api-key.service';
import type { KeyState, KeySummary } from './key-states';

const TYPE = 'ApiKey';

/** The place of a key that was never set. */
class NeverSetKey implements ApiKey {
  readonly isSet = false;
  readonly status = 'NOT_SET';
  readonly version = 0;
  readonly maskedKey = null;
  readonly region = null;
  readonly updatedAt = null;
  readonly lastVerifiedAt = null;
  readonly lastError = null;

  constructor(
    private readonly ownerId: string,
    readonly provider: Provider,
  ) {}

  get id() {
    return apiKeyId(this.ownerId, this.provider);
  }
}

/** Of the place, which is there before the first key is. */
function apiKeyId(ownerId: string, provider: Provider): string {
  return derivedId(TYPE, ownerId, provider);
}

/** One list an owner, each with one entry a provider. */
export async function shownKeys(
  keys: ApiKeyService,
  viewer: Viewer,
  owners: Ids,
): Promise<Map<string, ApiKey[]>> {
  return oneForEachProvider(await keys.keysOf(viewer, owners), toApiKey);
}

export type ShownSummary = Pick<ApiKey, (typeof SUMMARY_FIELDS)[number]>;

const SUMMARY_FIELDS = ['id', 'provider', 'isSet', 'maskedKey', 'status', 'version'] as const;

/** By the ids of their places; null for a place of an owner that the viewer does not see. */
export async function findKeys(
  keys: ApiKeyService,
  clients: ClientService,
  viewer: Viewer,
  ids: readonly string[],
): Promise<(ApiKey | null)[]> {
  const ownerIds = [...new Set(ids.map(ownerIdOf))];
  const ofClients = (await clients.findMany(viewer, ownerIds)).flatMap((client) => client?.id ?? []);
  const ofAgency = ownerIds.filter((id) => id === viewer.agencyId);
  const shown = await shownKeys(keys, viewer, [...ofAgency, ...ofClients]);
  return inOrderOf(ids, [...shown.values()].flat());
}

function ownerIdOf(id: string): string {
  return placeOfApiKey(id).ownerId;
}

/** Tells whose key for which provider an id of an `ApiKey` stands for. */
export function placeOfApiKey(id: string): { readonly ownerId: string; readonly provider: string } {
  const [ownerId = '', provider = ''] = partsOfDerivedId(TYPE, 2, id) ?? [];
  return { ownerId, provider };
}

/** The keys of an owner, read for many owners at once. */
export function apiKeysField(keys: ApiKeyService): BatchedField<ShownSummary[]> {
  return {
    name: 'apiKeys',
    read: (viewer, owners, _args, fields) =>
      fields ? shownKeysFor(keys, viewer, owners, fields) : shownKeys(keys, viewer, owners),
  };
}

/** As `shownKeys`, for a document that names these fields of keys and no others. */
async function shownKeysFor(
  keys: ApiKeyService,
  viewer: Viewer,
  owners: Ids,
  fields: ReadonlySet<string>,
): Promise<Map<string, ShownSummary[]>> {
  const isSummary = [...fields].every((field) => (SUMMARY_FIELDS as readonly string[]).includes(field));
  if (!isSummary) return shownKeys(keys, viewer, owners);
  const summaries = await keys.summariesOf(viewer, owners);
  // The rows themselves, since others would take their time; with their ids only where these are asked for.
  const withId = (row: KeySummary) => Object.assign(row, { id: apiKeyId(row.ownerId, row.provider) });
  const asItIs = (row: KeySummary) => row as KeySummary & ShownSummary;
  return oneForEachProvider(summaries, fields.has('id') ? withId : asItIs);
}

/** For each owner, one place a provider. */
function oneForEachProvider<R extends KeySummary, K extends ShownSummary>(
  ofOwners: ReadonlyMap<string, readonly R[]>,
  show: (row: R) => K,
): Map<string, (K | ApiKey)[]> {
  const shown = new Map<string, (K | ApiKey)[]>();
  for (const [ownerId, rows] of ofOwners)
    shown.set(
      ownerId,
      PROVIDERS.map((provider) => {
        const row = rows.find((each) => each.provider === provider);
        return row ? show(row) : new NeverSetKey(ownerId, provider);
      }),
    );
  return shown;
}

/**
 * As the schema shows it. A list has many, of which few fields are asked for: what nobody asks for is not
 * made.
 */
class ShownApiKey implements ApiKey {
  readonly provider;
  readonly isSet;
  readonly maskedKey;
  readonly status;
  readonly version;

  constructor(private readonly row: KeyState) {
    ({
      provider: this.provider,
      isSet: this.isSet,
      maskedKey: this.maskedKey,
      status: this.status,
      version: this.version,
    } = row);
  }

  get id() {
    return apiKeyId(this.row.ownerId, this.row.provider);
  }

  get region() {
    return this.isSet ? this.row.region : null;
  }

  get updatedAt() {
    return dateOrNull(this.row.updatedAt);
  }

  get lastVerifiedAt() {
    return dateOrNull(this.row.lastVerifiedAt);
  }

  get lastError() {
    return errorOf(this.row);
  }
}

export function toApiKey(row: KeyState): ApiKey {
  return new ShownApiKey(row);
}
