export const GRANTED_ACCESS_KINDS = [
  'SERVICE_TOKEN',
  'GATEWAY_TOKEN',
  'KEY_LINK',
  'INVITATION',
  'PERSON',
  'OUTGOING_WEBHOOK',
] as const;
export type GrantedAccessKind = (typeof GRANTED_ACCESS_KINDS)[number];

/** A way in, or out, that an admin has opened for others, and that outlives the admin's own rights. */
export interface GrantedAccess {
  readonly kind: GrantedAccessKind;
  /** The id of the token, the one-time link, the person or the webhook. */
  readonly objectId: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly isRevoked: boolean;
}

/** Says which ways in are kept when their maker is removed or is no longer an admin. */
export interface KeptAccess {
  readonly keepServiceTokens?: boolean | null;
  readonly keepGatewayTokens?: boolean | null;
  readonly keepKeyLinks?: boolean | null;
  readonly keepInvitations?: boolean | null;
}
