import type { PortalPermission } from '../access/portal-permissions';
import type { AgencyRole, ViewerRole } from '../access/viewer';
import { newId } from '../platform/ids';
import type { Provider } from '../providers';

/** Names the client whose key it is; null stands for the agency's own key. */
interface Key {
  readonly clientId: string | null;
  readonly provider: Provider;
}

interface Account {
  readonly clientId: string | null;
  readonly provider: Provider;
}

interface Agent {
  readonly agentId: string;
  readonly clientId: string | null;
}

interface Person {
  readonly personId: string;
  readonly name: string;
  readonly clientId: string | null;
  readonly role: ViewerRole;
  readonly permissions: readonly PortalPermission[];
}

interface HandIn {
  readonly clientId: string;
  readonly provider: Provider;
  readonly keyHandInId: string;
}

interface KeyLink {
  readonly clientId: string;
  readonly provider: Provider;
  readonly keyLinkId: string;
}

interface GatewayToken {
  readonly gatewayTokenId: string;
  readonly clientId: string | null;
  readonly name: string;
  readonly providers: readonly Provider[];
  readonly scopes: readonly string[];
}

/** `name` is the host of its address, the rest of which can hold secrets. */
interface OutgoingWebhook {
  readonly outgoingWebhookId: string;
  readonly name: string;
}

interface AlertName {
  readonly alertId: string;
  readonly kind: string;
  readonly clientId: string | null;
  readonly provider: Provider | null;
  readonly outgoingWebhookId: string | null;
}

interface Token {
  readonly serviceTokenId: string;
  readonly name: string;
  readonly role: AgencyRole;
}

/**
 * An event, with its description in the schema; `Details` is what it tells beyond who did it, when and from
 * where.
 */
interface Declared<Details> {
  readonly description: string;
  /** This property is for the compiler alone: no value has it. */
  readonly details?: Details;
}

function event<Details>(description: string): Declared<Details> {
  return { description };
}

/**
 * Every event there is. An event that is not listed here cannot be recorded. No event tells a key, at most
 * its mask; `status` is a `KeyStatus`.
 */
export const AUDIT_EVENTS = {
  AGENCY_CREATED: event<{ readonly name: string }>('The operator of the server added the agency.'),
  TIME_ZONE_CHANGED: event<{ readonly timeZone: string }>(
    'The agency counts its days by another time zone from now on.',
  ),
  CLIENT_CREATED: event<{ readonly clientId: string; readonly name: string }>('A client was created.'),
  CLIENT_RENAMED: event<{ readonly clientId: string; readonly name: string }>('A client got another name.'),
  CLIENT_ARCHIVED: event<{ readonly clientId: string }>('A client was archived: its agents place no calls.'),
  CLIENT_RESTORED: event<{ readonly clientId: string }>('An archived client was made active again.'),
  AGENT_CREATED: event<Agent & { readonly name: string }>('An agent was created.'),
  AGENT_RENAMED: event<Agent & { readonly name: string }>('An agent got another name.'),
  /** The id at the provider is the one that the agent had until then, whether or not that was changed. */
  AGENT_UPDATED: event<Agent & { readonly formerProviderAgentId: string }>(
    'An agent got another id at its provider, or another number from which it calls.',
  ),
  AGENT_ASSIGNED: event<Agent>('An agent was assigned to a client, or to none.'),

  API_KEY_SET: event<
    Key & { readonly version: number; readonly maskedKey: string | null; readonly status: string }
  >('A key was set, or replaced by another.'),
  API_KEY_REJECTED: event<Key & { readonly maskedKey: string; readonly status: string }>(
    'A key was to be set, its provider was asked, and nothing was stored: the provider did not accept the key; or it did, but another key of the request was refused, the version was not the expected one, the caller lost its rights meanwhile, or the one-time link was no longer open.',
  ),
  API_KEY_CLEARED: event<Key & { readonly version: number }>('A key was cleared, and with that destroyed.'),
  API_KEY_VERIFIED: event<Key & { readonly version: number; readonly status: string }>(
    'The provider was asked about a key that is set; `status` says what is known of the key since.',
  ),
  API_KEY_PREVIEWED: event<Key & { readonly maskedKey: string | null; readonly status: string | null }>(
    'An admin looked at what setting or clearing a key would change. A key that was given for it was shown to its provider.',
  ),

  HAND_IN_RECEIVED: event<HandIn & { readonly maskedKey: string }>('A key was handed in for a client.'),
  HAND_IN_VERIFIED: event<HandIn & { readonly status: string }>(
    'The provider was asked about a key that was handed in.',
  ),
  HAND_IN_ACCEPTED: event<HandIn>(
    'A key that was handed in was accepted by an admin, or at once where the agency chose so for the client; `API_KEY_SET` tells the version.',
  ),
  HAND_IN_REFUSED: event<HandIn & { readonly reason: string }>('An admin refused a key that was handed in.'),
  HAND_IN_REPLACED: event<HandIn>('A newer key was handed in for the same client and provider.'),
  HAND_IN_EXPIRED: event<HandIn>(
    'Nobody decided on a key that was handed in before it expired: it is destroyed.',
  ),
  HAND_IN_POLICY_CHANGED: event<{ readonly clientId: string; readonly acceptsValidHandIns: boolean }>(
    'The agency chose for a client whether valid keys that are handed in are accepted at once.',
  ),
  KEY_LINK_CREATED: event<KeyLink>('A one-time link was created.'),
  KEY_LINK_REVOKED: event<KeyLink>('A one-time link was revoked.'),
  KEY_LINK_CODE_REFUSED: event<KeyLink>('Someone opened a one-time link and gave a wrong code.'),
  KEY_LINK_LOCKED: event<KeyLink>(
    'A one-time link was locked by too many wrong codes, or too many keys that the provider refused.',
  ),

  WEBHOOK_SECRET_SET: event<Account & { readonly version: number }>(
    'The secret with which a provider signs the events of an account was set.',
  ),
  WEBHOOK_URL_ROTATED: event<Account>(
    'The address to which a provider sends the events of an account was changed.',
  ),

  OUTGOING_WEBHOOK_CREATED: event<OutgoingWebhook>(
    'A webhook was created: an address that Latchkey tells of what happens.',
  ),
  OUTGOING_WEBHOOK_CHANGED: event<OutgoingWebhook>(
    'The address of a webhook, or what it is told of, was changed, or it was switched on or off.',
  ),
  OUTGOING_WEBHOOK_DELETED: event<OutgoingWebhook>('A webhook was deleted.'),
  OUTGOING_WEBHOOK_SECRET_ROTATED: event<OutgoingWebhook>('A webhook got another secret.'),
  OUTGOING_WEBHOOK_SWITCHED_OFF: event<OutgoingWebhook>(
    'Latchkey switched a webhook off, because its receiver wants no more messages, or nothing got through for five days.',
  ),
  WEBHOOK_REDELIVERY_REQUESTED: event<OutgoingWebhook>(
    'Somebody asked for messages to be sent to a webhook again.',
  ),

  RATE_SET: event<{
    readonly rateId: string;
    readonly clientId: string | null;
    readonly keySource: 'CLIENT' | 'AGENCY';
    readonly pricePerMinute: string;
    readonly currency: string;
    readonly firstIncrementSeconds: number;
    readonly incrementSeconds: number;
    readonly validFrom: string;
  }>('A rate was added: what a client, or by default every client, pays per minute from a given time on.'),

  STATEMENT_FINALIZED: event<{
    readonly statementNumber: number;
    readonly clientId: string;
    readonly from: string;
    readonly to: string;
    readonly total: string;
    readonly sha256: string;
  }>('The statement of a period was made final: it never changes.'),

  ALERT_OPENED: event<AlertName>(
    'Something came up that keeps calls from being placed, or from being known: see `Alert`.',
  ),
  ALERT_CLOSED: event<AlertName>('The cause of an alert is gone.'),
  ALERT_ACKNOWLEDGED: event<AlertName>('An admin acknowledged an alert.'),

  /** `clientId` is the client of the agent; `keySource` says whose key it was. */
  CALL_PLACED: event<
    Agent & {
      readonly callId: string;
      readonly provider: Provider;
      readonly keySource: 'CLIENT' | 'AGENCY';
      readonly version: number;
    }
  >('A call was handed to its provider, whatever the provider then said.'),
  /** `version` is that of the key with which the provider was asked. */
  CALL_END_REQUESTED: event<
    Agent & {
      readonly callId: string;
      readonly provider: Provider;
      readonly keySource: 'CLIENT' | 'AGENCY';
      readonly version: number;
    }
  >('Somebody asked for the end of a call, whatever the provider then said.'),

  PERSON_ADDED: event<Person>('The operator of the server added a person.'),
  PERSON_INVITED: event<Person>('A person was invited to the agency, or to the portal of a client.'),
  PERSON_JOINED: event<Person>(
    'A person accepted an invitation, with the verified e-mail address to which it was made.',
  ),
  INVITATION_DECLINED: event<Person>('A person declined an invitation, which is gone.'),
  PERSON_CHANGED: event<Person>('The role or the permissions of a person were changed.'),
  PERSON_REMOVED: event<Person>('A person was removed, and can no longer sign in.'),
  PORTAL_DEFAULTS_CHANGED: event<{
    readonly clientId: string | null;
    readonly permissions: readonly PortalPermission[];
  }>('The permissions that new clients or new portal users start with were changed.'),

  SERVICE_TOKEN_CREATED: event<Token>('A service token was created.'),
  SERVICE_TOKEN_REVOKED: event<Token>('A service token was revoked.'),
  GATEWAY_TOKEN_CREATED: event<GatewayToken>('A gateway token was created.'),
  GATEWAY_TOKEN_REVOKED: event<GatewayToken>('A gateway token was revoked.'),
  SIGN_IN_REFUSED: event<
    | (Token & { readonly reason: 'EXPIRED' | 'REVOKED' | 'OTHER_AGENCY' })
    | (Person & { readonly reason: 'OTHER_AGENCY' })
  >(
    'A service token that is expired or revoked was used, or a service token or a person of this agency named another agency with the header `latchkey-agency`; at most one event a minute for each. Tokens that prove nobody who is known are not recorded: there is no agency to which such an event would belong.',
  ),
} as const;

export type AuditEventType = keyof typeof AUDIT_EVENTS;

/** What each event tells. */
export type AuditDetails = {
  [T in AuditEventType]: (typeof AUDIT_EVENTS)[T] extends Declared<infer Details> ? Details : never;
};

export type AuditEvent = { [T in AuditEventType]: { readonly type: T } & AuditDetails[T] }[AuditEventType];

export const AUDIT_EVENT_TYPES = Object.keys(AUDIT_EVENTS) as AuditEventType[];

export const ACTOR_KINDS = [
  'PERSON',
  'SERVICE_TOKEN',
  'GATEWAY_TOKEN',
  'KEY_LINK',
  'OPERATOR',
  'SYSTEM',
] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

/** Who did something, and from where. Every viewer is an actor. */
export interface Actor {
  readonly kind: ActorKind;
  /**
   * The id of the person, the service token or the link; null for the operator of the server and for the
   * server itself.
   */
  readonly id: string | null;
  readonly name: string;
  readonly agencyId: string;
  readonly origin: { readonly requestId: string; readonly sourceAddress: string | null };
}

/** The actor for whoever works at the command line of the server. */
export function operator(agencyId: string): Actor {
  return {
    kind: 'OPERATOR',
    id: null,
    name: 'operator',
    agencyId,
    origin: { requestId: newId(), sourceAddress: null },
  };
}

/** The actor for what the server does by itself. */
export function system(agencyId: string): Actor {
  return { ...operator(agencyId), kind: 'SYSTEM', name: 'Latchkey' };
}
