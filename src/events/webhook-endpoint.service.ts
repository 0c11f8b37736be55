import { requireAdmin } from '../access/context';
import type { TenantDatabase } from '../access/tenant-database';
import type { Viewer } from '../access/viewer';
import type { AuditTrail } from '../audit/audit-trail';
import type { ClientService } from '../clients/client.service';
import { dateOrNull, type RawDate } from '../database/raw';
import type { Transaction } from '../database/transaction';
import { derivedId, partsOfDerivedId } from '../graphql/node';
import { userError, type UserError } from '../graphql/user-error';
import { keyReader, readCandidate } from '../keys/key-input';
import { nameOfKey, type KeyOwner } from '../keys/key-store';
import { newId } from '../platform/ids';
import { PROVIDERS, type Provider } from '../providers';
import type { ProviderApi } from '../providers/provider-api';
import { recordUse, useOf } from '../vault/envelope';
import type { ApiKeyText, Secret } from '../vault/secret';
import type { Vault } from '../vault/vault';
import { WebhookEndpointRow } from './webhook-endpoint.entity';
import { webhookSecretPlace, WebhookSecretRow } from './webhook-secret.entity';
import { graceEnd, readEndpoint, type Endpoint } from './webhook-endpoints';

const TYPE = 'WebhookEndpoint';

/** An endpoint as it is shown. */
export interface ShownEndpoint {
  readonly id: string;
  readonly provider: Provider;
  readonly clientId: string | null;
  readonly url: string;
  readonly isSecretSet: boolean;
  readonly lastEventAt: Date | null;
  readonly refusedEventCount: number;
}

export interface EndpointResult {
  readonly endpoint: ShownEndpoint | null;
  readonly userErrors: readonly UserError[];
}

interface Named {
  readonly clientId?: string | null;
  readonly provider: Provider;
}

/** Shows and changes where providers send their events, and the secrets by which they sign them. */
export class WebhookEndpointService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly vault: Vault,
    private readonly providers: ProviderApi,
    private readonly clients: ClientService,
    /** The address of an endpoint. */
    private readonly addressOf: (provider: Provider, token: string) => string,
  ) {}

  /** Lists the endpoints of a client, or the agency's own. There are none for a client that is not there. */
  async list(viewer: Viewer, clientId: string | null): Promise<ShownEndpoint[]> {
    requireAdmin(viewer);
    const owner = await this.#ownerOf(viewer, clientId);
    if (!owner) return [];
    const shown = await Promise.all(PROVIDERS.map((provider) => this.#show(owner, provider)));
    return shown.filter((endpoint) => endpoint !== null);
  }

  /** Finds endpoints by their ids; null for one of an owner that the viewer does not see. */
  findMany(viewer: Viewer, ids: readonly string[]): Promise<(ShownEndpoint | null)[]> {
    requireAdmin(viewer);
    return Promise.all(
      ids.map(async (id) => {
        const [ownerId = '', name] = partsOfDerivedId(TYPE, 2, id) ?? [];
        const provider = PROVIDERS.find((each) => each === name);
        if (!provider) return null;
        const owner = await this.#ownerOf(viewer, ownerId === viewer.agencyId ? null : ownerId);
        return owner && this.#show(owner, provider);
      }),
    );
  }

  /**
   * Sets the secret by which the provider signs. The one before it is good for a day more, so that no event
   * is refused while the provider is told the new one.
   */
  async setSecret(viewer: Viewer, input: Named & { readonly secret: Secret }): Promise<EndpointResult> {
    requireAdmin(viewer);
    const { provider } = input;
    const owner = await this.#ownerOf(viewer, input.clientId ?? null);
    if (!owner) return NO_CLIENT;
    const candidate = { secret: input.secret, region: null };
    const reader = keyReader(this.vault, this.providers, owner, viewer.origin, 'WEBHOOKS');
    const read = await readCandidate(provider, candidate, reader);
    if ('userErrors' in read) return { endpoint: null, userErrors: read.userErrors.map(ofSecret) };
    const refusal = await this.database.write(viewer, async (tx) => {
      if (await useOf(tx, read.key.envelope)) return userError('SEALED_KEY_USED', SECRET_FIELD);
      const version = await this.#storeSecret(tx, owner, provider, read.key);
      await recordUse(tx, read.key.envelope, { ownerId: owner.id, provider, version: null });
      await this.audit.record(tx, viewer, {
        type: 'WEBHOOK_SECRET_SET',
        ...nameOfKey(owner, provider),
        version,
      });
      return null;
    });
    return refusal
      ? { endpoint: null, userErrors: [refusal] }
      : { endpoint: await this.#show(owner, provider), userErrors: [] };
  }

  /**
   * Gives the endpoint another address. The one before it is answered for a day more, so that a third one
   * within a day is refused: no more than two earlier ones are kept.
   */
  async rotateUrl(viewer: Viewer, { clientId, provider }: Named): Promise<EndpointResult> {
    requireAdmin(viewer);
    const owner = await this.#ownerOf(viewer, clientId ?? null);
    if (!owner) return NO_CLIENT;
    const refusal = await this.database.write(viewer, async (tx) => {
      const row = await obtainEndpoint(tx, owner, provider);
      const now = new Date();
      if (row.earlierUrlUntil !== null && row.earlierUrlUntil > now)
        return userError('TOO_MANY', ['input', 'provider'], stillAnswered(row.earlierUrlUntil));
      const change = {
        urlVersion: row.urlVersion + 1,
        previousUrlUntil: graceEnd(now),
        earlierUrlUntil: row.previousUrlUntil,
        updatedAt: now,
      };
      await tx.updateRow('webhook_endpoints', change, { id: row.id });
      await this.audit.record(tx, viewer, { type: 'WEBHOOK_URL_ROTATED', ...nameOfKey(owner, provider) });
      return null;
    });
    return refusal
      ? { endpoint: null, userErrors: [refusal] }
      : { endpoint: await this.#show(owner, provider), userErrors: [] };
  }

  async #ownerOf(viewer: Viewer, clientId: string | null): Promise<KeyOwner | null> {
    const { agencyId } = viewer;
    if (clientId === null) return { type: 'AGENCY', id: agencyId, agencyId };
    const client = await this.clients.find(viewer, clientId);
    return client && { type: 'CLIENT', id: client.id, agencyId };
  }

  // The endpoint is locked, so that versions are given out once.
  async #storeSecret(
    tx: Transaction,
    owner: KeyOwner,
    provider: Provider,
    secret: ApiKeyText,
  ): Promise<number> {
    const { id: endpointId, agencyId } = await obtainEndpoint(tx, owner, provider);
    const now = new Date();
    const earlier = await tx.find(WebhookSecretRow, { where: { endpointId }, order: { version: 'DESC' } });
    const [newest, previous, ...older] = earlier;
    const isOver = previous?.validUntil && previous.validUntil <= now;
    const over = isOver ? [previous, ...older] : older;
    if (over.length > 0)
      await tx.delete(
        WebhookSecretRow,
        over.map(({ id }) => id),
      );
    if (newest) await tx.update(WebhookSecretRow, { id: newest.id }, { validUntil: graceEnd(now) });
    const version = (newest?.version ?? 0) + 1;
    const place = { endpointId, agencyId, provider, version };
    const sealed = this.vault.cipher.seal(secret, webhookSecretPlace(place));
    const { masterKeyName: masterKey } = this.vault.cipher;
    await tx.insert(WebhookSecretRow, { id: newId(), ...place, validUntil: null, masterKey, sealed });
    return version;
  }

  async #show(owner: KeyOwner, provider: Provider): Promise<ShownEndpoint | null> {
    const { read } = this.database;
    const endpoint = await readEndpoint(read, owner.id, provider);
    if (!endpoint) return null;
    const [secret, [last]] = await Promise.all([
      endpoint.id !== null && read.existsBy(WebhookSecretRow, { endpointId: endpoint.id }),
      read.rows<{ receivedAt: RawDate | null }>(
        'SELECT MAX(receivedAt) AS receivedAt FROM provider_events WHERE ownerId = ? AND provider = ?',
        [owner.id, provider],
      ),
    ]);
    return {
      id: derivedId(TYPE, owner.id, provider),
      provider,
      clientId: owner.type === 'CLIENT' ? owner.id : null,
      url: this.addressOf(provider, this.#tokenOf(endpoint)),
      isSecretSet: secret,
      lastEventAt: dateOrNull(last?.receivedAt ?? null),
      refusedEventCount: endpoint.refusedEvents,
    };
  }

  #tokenOf({ owner, provider, urlVersion }: Endpoint): string {
    return this.vault.webhookTokens.of({ ownerId: owner.id, provider, urlVersion });
  }
}

const SECRET_FIELD = ['input', 'secret'];
const NO_CLIENT: EndpointResult = {
  endpoint: null,
  userErrors: [userError('NOT_FOUND', ['input', 'clientId'])],
};

// The secret is read as keys are, whose field has another name.
function ofSecret(error: UserError): UserError {
  return { ...error, field: SECRET_FIELD };
}

/** Locks the row of an endpoint, and makes it where there is none. */
async function obtainEndpoint(
  tx: Transaction,
  { type: ownerType, id: ownerId, agencyId }: KeyOwner,
  provider: Provider,
): Promise<WebhookEndpointRow> {
  const place = { ownerId, ownerType, provider };
  const values = Object.values(place);
  const [found] = await tx.lockRows<{ id: string }>(
    'SELECT id FROM webhook_endpoints WHERE ownerId = ? AND ownerType = ? AND provider = ?',
    values,
  );
  if (found) return tx.findOneByOrFail(WebhookEndpointRow, { id: found.id });
  const row = {
    id: newId(),
    agencyId,
    ...place,
    urlVersion: 1,
    previousUrlUntil: null,
    earlierUrlUntil: null,
    refusedEvents: 0,
    updatedAt: new Date(),
  };
  await tx.insert(WebhookEndpointRow, row);
  return row;
}

function stillAnswered(until: Date): string {
  return `Two earlier addresses are still answered, and the older of them until ${until.toISOString()}.`;
}
