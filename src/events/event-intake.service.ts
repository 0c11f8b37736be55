import type { TenantDatabase } from '../access/tenant-database';
import { digest } from '../platform/digest';
import { newId } from '../platform/ids';
import type { Metrics } from '../platform/metrics';
import { adapterOf, PROVIDERS, type Provider } from '../providers';
import type { ReadEvent } from '../providers/provider';
import { UnreadableKey } from '../vault/cipher';
import { signatureFault, type SignatureFault } from '../vault/signatures';
import type { Vault } from '../vault/vault';
import { WebhookTokens } from '../vault/webhook-tokens';
import { EventJournal } from './event-journal';
import type { ProviderEventRow } from './provider-event.entity';
import type { RefusedCounts } from './refused-counts';
import { webhookSecretPlace } from './webhook-secret.entity';
import {
  isReachedBy,
  readEndpointWithSecrets,
  type EndpointWithSecrets,
  type StoredSecret,
} from './webhook-endpoints';

/** An event as it was sent. */
export interface SentEvent {
  /** As it stands in the address. */
  readonly provider: string;
  readonly token: string;
  readonly body: Buffer;
  /** Returns an empty text for a header that was not sent. */
  header(name: string): string;
}

/** An event that may be put on record. */
export interface AcceptedEvent {
  readonly endpoint: EndpointWithSecrets;
  readonly body: Buffer;
  readonly read: ReadEvent;
  /** Whether its signature holds. Without a secret, nobody vouches for it. */
  readonly isSigned: boolean;
}

/**
 * Why an event is refused, as a code for the log. Its address leads nowhere, it has no signature, or one that
 * does not hold or was made at another time than about now: all of this is answered alike. Or else what was
 * signed is no event of the provider.
 */
export type EventRefusal = 'ADDRESS' | 'NO_SIGNATURE' | SignatureFault | 'NO_EVENT';

const MAX_TYPE_LENGTH = 64;
/**
 * An event that tells of a later time than this one from now is dated when it was received: otherwise nothing
 * that is known afterwards would count as newer.
 */
const AHEAD_MS = 5 * 60 * 1000;

/** Takes the events that providers send. An event is on record before it is answered, and is worked later. */
export class EventIntakeService {
  readonly #journal: EventJournal;

  constructor(
    private readonly database: TenantDatabase,
    private readonly vault: Vault,
    private readonly refused: RefusedCounts,
    private readonly metrics: Metrics | null,
  ) {
    this.#journal = new EventJournal(database);
  }

  /** Reads and verifies an event. Nothing is written for one that is refused but a count. */
  async verify(event: SentEvent): Promise<AcceptedEvent | EventRefusal> {
    const provider = PROVIDERS.find((each) => each.toLowerCase() === event.provider) ?? null;
    const outcome = provider === null ? 'ADDRESS' : await this.#verified(event, provider);
    if (typeof outcome === 'string')
      this.metrics?.event(provider ?? 'NONE', outcome === 'NO_EVENT' ? 'UNREADABLE' : 'REFUSED');
    return outcome;
  }

  /** Resolves when the event is on record. */
  async store(accepted: AcceptedEvent): Promise<void> {
    await this.#journal.record(rowOf(accepted));
    this.metrics?.event(accepted.endpoint.provider, 'ACCEPTED');
  }

  async #verified(event: SentEvent, provider: Provider): Promise<AcceptedEvent | EventRefusal> {
    const endpoint = await this.#endpointOf(event, provider);
    if (!endpoint) return 'ADDRESS';
    const { events } = adapterOf(provider);
    const secrets = validSecrets(endpoint);
    const fault = secrets.length > 0 ? this.#faultOf(event, endpoint, secrets) : null;
    if (fault) {
      if (endpoint.id !== null) this.refused.add(endpoint.id);
      return fault;
    }
    const read = events.read(parse(event.body));
    return read ? { endpoint, body: event.body, read, isSigned: secrets.length > 0 } : 'NO_EVENT';
  }

  async #endpointOf({ token }: SentEvent, provider: Provider): Promise<EndpointWithSecrets | null> {
    const ownerId = WebhookTokens.ownerOf(token);
    if (ownerId === null) return null;
    const endpoint = await readEndpointWithSecrets(this.database.read, ownerId, provider);
    return endpoint && isReachedBy(this.vault.webhookTokens, token, endpoint, new Date()) ? endpoint : null;
  }

  /** Throws `UnreadableKey` where the signature may be by a secret that does not open. */
  #faultOf(
    event: SentEvent,
    endpoint: EndpointWithSecrets,
    secrets: readonly StoredSecret[],
  ): EventRefusal | null {
    const { id, owner, provider } = endpoint;
    const claims = adapterOf(provider).events.claims(event.body, (name) => event.header(name));
    if (claims.length === 0) return 'NO_SIGNATURE';
    const now = new Date();
    let unreadable: UnreadableKey | null = null;
    let fault: SignatureFault = 'SIGNATURE';
    for (const { version, sealed } of secrets) {
      const place = { endpointId: id ?? '', agencyId: owner.agencyId, provider, version };
      try {
        const secret = this.vault.cipher.open(sealed, webhookSecretPlace(place), 'EVENT');
        const found = signatureFault(secret, claims, now);
        if (found === null) return null;
        if (found === 'SIGNED_AT') fault = found;
      } catch (error) {
        if (!(error instanceof UnreadableKey)) throw error;
        unreadable = error;
      }
    }
    if (unreadable) throw unreadable;
    return fault;
  }
}

function validSecrets({ secrets }: EndpointWithSecrets): readonly StoredSecret[] {
  const now = new Date();
  return secrets.filter(({ validUntil }) => validUntil === null || validUntil > now);
}

function rowOf({ endpoint, body, read, isSigned }: AcceptedEvent): ProviderEventRow {
  const { owner, provider } = endpoint;
  const { type, call, at } = read;
  const now = new Date();
  const adapter = adapterOf(provider);
  const facts = adapter.readCall(adapter.events.types.has(type) ? call : undefined);
  return {
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
    occurredAt: notAhead(at ?? facts.endedAt ?? facts.startedAt, now),
    claim: null,
    attempts: 0,
    state: 'WAITING',
    dueAt: now,
    receivedAt: now,
  };
}

function notAhead(time: Date | null, now: Date): Date | null {
  return time !== null && time.getTime() > now.getTime() + AHEAD_MS ? now : time;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
}
