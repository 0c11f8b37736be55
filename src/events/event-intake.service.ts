import type { TenantDatabase } from '../access/tenant-database';
import type { Reader } from '../database/transaction';
import { digest, newId } from '../platform/ids';
import { adapterOf, PROVIDERS } from '../providers';
import type { ReadEvent } from '../providers/provider';
import { isSigned } from '../vault/signatures';
import type { Vault } from '../vault/vault';
import { WebhookTokens } from '../vault/webhook-tokens';
import type { ProviderEventRow } from './provider-event.entity';
import { webhookSecretPlace, WebhookSecretRow } from './webhook-endpoint.entity';
import { isReachedBy, readEndpoint, type Endpoint } from './webhook-endpoints';

/** An event as it was sent. */
export interface SentEvent {
  /** As it stands in the address. */
  readonly provider: string;
  readonly token: string;
  readonly body: Buffer;
  /** Returns an empty text for a header that was not sent. */
  header(name: string): string;
}

/**
 * `REFUSED` is for an address that leads nowhere and for a signature that does not hold, alike. `UNREADABLE`
 * is for what was signed and is no event of the provider.
 */
export type Intake = 'STORED' | 'REFUSED' | 'UNREADABLE';

const MAX_TYPE_LENGTH = 64;

/** Takes the events that providers send. An event is on record before it is answered, and is worked later. */
export class EventIntakeService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly vault: Vault,
  ) {}

  async accept(event: SentEvent): Promise<Intake> {
    const endpoint = await this.#endpointOf(event);
    if (!endpoint) return 'REFUSED';
    const { events } = adapterOf(endpoint.provider);
    const secrets = await this.#secretsOf(endpoint);
    const claims = events.claims(event.body, (name) => event.header(name));
    if (secrets.length > 0 && !isSigned(secrets, claims, new Date())) {
      await this.#countRefused(endpoint);
      return 'REFUSED';
    }
    const read = events.read(parse(event.body));
    if (!read) return 'UNREADABLE';
    await this.#store(endpoint, event, read, secrets.length > 0);
    return 'STORED';
  }

  async #endpointOf({ provider: name, token }: SentEvent): Promise<Endpoint | null> {
    const provider = PROVIDERS.find((each) => each.toLowerCase() === name);
    const ownerId = WebhookTokens.ownerOf(token);
    if (!provider || ownerId === null) return null;
    const endpoint = await readEndpoint(this.database.read, ownerId, provider);
    return endpoint && isReachedBy(this.vault.webhookTokens, token, endpoint, new Date()) ? endpoint : null;
  }

  async #secretsOf({ id: endpointId }: Endpoint) {
    if (endpointId === null) return [];
    const rows = await this.database.read.find(WebhookSecretRow, { where: { endpointId } });
    const now = new Date();
    return rows
      .filter(({ validUntil }) => validUntil === null || validUntil > now)
      .map((row) => this.vault.cipher.open(row.sealed ?? '', webhookSecretPlace(row), 'EVENT'));
  }

  #countRefused({ id }: Endpoint): Promise<unknown> {
    return this.database.writeWithoutViewer((tx) =>
      tx.run('UPDATE webhook_endpoints SET refusedEvents = refusedEvents + 1 WHERE id = ?', [id]),
    );
  }

  // The unique index finds an event that was sent before. Only then is it looked for.
  async #store(
    { owner, provider }: Endpoint,
    { body }: SentEvent,
    { type, call, at }: ReadEvent,
    isSigned: boolean,
  ): Promise<void> {
    const now = new Date();
    const facts = adapterOf(provider).readCall(call);
    const event: ProviderEventRow = {
      id: newId(),
      agencyId: owner.agencyId,
      ownerType: owner.type,
      ownerId: owner.id,
      provider,
      digest: digest(body.toString('latin1')),
      type: type.slice(0, MAX_TYPE_LENGTH),
      providerCallId: facts.providerCallId,
      facts: JSON.stringify(facts),
      isSigned,
      occurredAt: at ?? facts.endedAt ?? facts.startedAt,
      claim: null,
      attempts: 0,
      state: 'WAITING',
      dueAt: now,
      receivedAt: now,
    };
    let attempts = 0;
    await this.database.writeWithoutViewer(async (tx) => {
      const isThere = attempts > 0 && (await isStored(tx, event));
      attempts += 1;
      if (!isThere) await tx.insertRow('provider_events', event);
    });
  }
}

async function isStored(
  read: Reader,
  { ownerId, provider, digest }: Pick<ProviderEventRow, 'ownerId' | 'provider' | 'digest'>,
): Promise<boolean> {
  const found = await read.rows(
    'SELECT id FROM provider_events WHERE ownerId = ? AND provider = ? AND digest = ?',
    [ownerId, provider, digest],
  );
  return found.length > 0;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
}
