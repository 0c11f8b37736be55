import type { AgencyRole, PortalPermission, ViewerRole } from '../access/viewer';
import { newId } from '../platform/ids';
import type { Provider } from '../providers';

/** Whose key it is: a client's, or with null the agency's own. */
interface Key {
  readonly clientId: string | null;
  readonly provider: Provider;
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

interface Token {
  readonly serviceTokenId: string;
  readonly name: string;
  readonly role: AgencyRole;
}

/**
 * Every event there is, with what it tells beyond who, when and from where. Closed: what is not here cannot be recorded. Never a key, a
 * mask at most; `status` is a `KeyStatus`.
 */
export interface AuditDetails {
  AGENCY_CREATED: { readonly name: string };
  CLIENT_CREATED: { readonly clientId: string; readonly name: string };
  CLIENT_RENAMED: { readonly clientId: string; readonly name: string };
  CLIENT_ARCHIVED: { readonly clientId: string };
  CLIENT_RESTORED: { readonly clientId: string };
  AGENT_CREATED: { readonly agentId: string; readonly clientId: string | null; readonly name: string };
  AGENT_RENAMED: { readonly agentId: string; readonly clientId: string | null; readonly name: string };
  AGENT_ASSIGNED: { readonly agentId: string; readonly clientId: string | null };

  API_KEY_SET: Key & { readonly version: number; readonly maskedKey: string | null; readonly status: string };
  /** It was to be set, and its provider did not accept it; or it did, and the one-time link that it came by opened no more. */
  API_KEY_REJECTED: Key & { readonly maskedKey: string; readonly status: string };
  API_KEY_CLEARED: Key & { readonly version: number };
  API_KEY_VERIFIED: Key & { readonly version: number; readonly status: string };
  API_KEY_PREVIEWED: Key & { readonly maskedKey: string | null; readonly status: string | null };

  HAND_IN_RECEIVED: HandIn & { readonly maskedKey: string };
  HAND_IN_VERIFIED: HandIn & { readonly status: string };
  HAND_IN_ACCEPTED: HandIn;
  HAND_IN_REFUSED: HandIn & { readonly reason: string };
  HAND_IN_REPLACED: HandIn;
  HAND_IN_EXPIRED: HandIn;
  HAND_IN_POLICY_CHANGED: { readonly clientId: string; readonly acceptsValidHandIns: boolean };
  KEY_LINK_CREATED: KeyLink;
  KEY_LINK_REVOKED: KeyLink;
  KEY_LINK_CODE_REFUSED: KeyLink;
  KEY_LINK_LOCKED: KeyLink;

  /** `clientId` is the agent's; whose key it was is `keySource`. */
  CALL_PLACED: {
    readonly callId: string;
    readonly agentId: string;
    readonly clientId: string | null;
    readonly provider: Provider;
    readonly keySource: 'CLIENT' | 'AGENCY';
    readonly version: number;
  };

  PERSON_ADDED: Person;
  PERSON_INVITED: Person;
  /** First signed in, and was found by the verified e-mail of an invitation. */
  PERSON_JOINED: Person;
  PERSON_CHANGED: Person;
  PERSON_REMOVED: Person;
  PORTAL_DEFAULTS_CHANGED: {
    readonly clientId: string | null;
    readonly permissions: readonly PortalPermission[];
  };

  SERVICE_TOKEN_CREATED: Token;
  SERVICE_TOKEN_REVOKED: Token;
  /**
   * Of a service token or a person that the agency knows, at most once a minute each. Not of a token that proves nobody who is known: there
   * is no agency to which such an event would belong.
   */
  SIGN_IN_REFUSED:
    | (Token & { readonly reason: 'EXPIRED' | 'REVOKED' | 'OTHER_AGENCY' })
    | (Person & { readonly reason: 'OTHER_AGENCY' });
}

export type AuditEventType = keyof AuditDetails;

export type AuditEvent = { [T in AuditEventType]: { readonly type: T } & AuditDetails[T] }[AuditEventType];

const LISTED: Record<AuditEventType, true> = {
  AGENCY_CREATED: true,
  CLIENT_CREATED: true,
  CLIENT_RENAMED: true,
  CLIENT_ARCHIVED: true,
  CLIENT_RESTORED: true,
  AGENT_CREATED: true,
  AGENT_RENAMED: true,
  AGENT_ASSIGNED: true,
  API_KEY_SET: true,
  API_KEY_REJECTED: true,
  API_KEY_CLEARED: true,
  API_KEY_VERIFIED: true,
  API_KEY_PREVIEWED: true,
  HAND_IN_RECEIVED: true,
  HAND_IN_VERIFIED: true,
  HAND_IN_ACCEPTED: true,
  HAND_IN_REFUSED: true,
  HAND_IN_REPLACED: true,
  HAND_IN_EXPIRED: true,
  HAND_IN_POLICY_CHANGED: true,
  KEY_LINK_CREATED: true,
  KEY_LINK_REVOKED: true,
  KEY_LINK_CODE_REFUSED: true,
  KEY_LINK_LOCKED: true,
  CALL_PLACED: true,
  PERSON_ADDED: true,
  PERSON_INVITED: true,
  PERSON_JOINED: true,
  PERSON_CHANGED: true,
  PERSON_REMOVED: true,
  PORTAL_DEFAULTS_CHANGED: true,
  SERVICE_TOKEN_CREATED: true,
  SERVICE_TOKEN_REVOKED: true,
  SIGN_IN_REFUSED: true,
};

/** The types as values; the compiler refuses the list above when one is missing. */
export const AUDIT_EVENT_TYPES = Object.keys(LISTED) as AuditEventType[];

export const ACTOR_KINDS = ['PERSON', 'SERVICE_TOKEN', 'KEY_LINK', 'OPERATOR', 'SYSTEM'] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

/** Who did it, and from where; every viewer is one. */
export interface Actor {
  readonly kind: ActorKind;
  /** Of the person, the service token or the link; null for the operator of the server, and for the server itself. */
  readonly id: string | null;
  readonly name: string;
  readonly agencyId: string;
  readonly origin: { readonly requestId: string; readonly sourceAddress: string | null };
}

/** Whoever works at the command line of the server. */
export function operator(agencyId: string): Actor {
  return {
    kind: 'OPERATOR',
    id: null,
    name: 'operator',
    agencyId,
    origin: { requestId: newId(), sourceAddress: null },
  };
}

/** The server, when it does something by itself. */
export function system(agencyId: string): Actor {
  return { ...operator(agencyId), kind: 'SYSTEM', name: 'Latchkey' };
}
