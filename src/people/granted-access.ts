import { IsNull, MoreThan, type EntityTarget, type FindOptionsOrder, type FindOptionsWhere } from 'typeorm';
import type { OwnedRow } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import type { Reader, Transaction } from '../database/transaction';

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

/** A service through which admins let others in. */
export interface AccessGranter {
  /** What someone has made and what is still in force. */
  granted(read: Reader, agencyId: string, createdBy: string): Promise<readonly GrantedAccess[]>;
  /**
   * Revokes in this transaction what someone has made and what is still in force. What is kept belongs to the
   * viewer from now on. Returns both.
   */
  withdraw(
    tx: Transaction,
    viewer: Viewer,
    createdBy: string,
    keep: boolean,
  ): Promise<readonly GrantedAccess[]>;
}

export interface AccessGranters {
  readonly serviceTokens: AccessGranter;
  readonly gatewayTokens: AccessGranter;
  readonly keyLinks: AccessGranter;
  readonly invitations: AccessGranter;
  /** Nobody gets in by these, and the agency's systems may depend on them: they stay, and are named. */
  readonly outgoingWebhooks: Pick<AccessGranter, 'granted'>;
}

/** Lists everything by which a person has let others in. */
export async function grantedBy(
  { serviceTokens, gatewayTokens, keyLinks, invitations, outgoingWebhooks }: AccessGranters,
  read: Reader,
  agencyId: string,
  createdBy: string,
): Promise<GrantedAccess[]> {
  const granters = [serviceTokens, gatewayTokens, keyLinks, invitations, outgoingWebhooks];
  return (await Promise.all(granters.map((each) => each.granted(read, agencyId, createdBy)))).flat();
}

/**
 * Revokes what someone has made, except what is kept, and returns all of it. The row of the maker has been
 * changed or removed before, so that nothing new is made at the same time. Whoever gives up their own rights
 * keeps nothing.
 */
export async function withdrawAccess(
  { serviceTokens, gatewayTokens, keyLinks, invitations, outgoingWebhooks }: AccessGranters,
  tx: Transaction,
  viewer: Viewer,
  createdBy: string,
  asked: KeptAccess,
): Promise<GrantedAccess[]> {
  // Nobody can keep a way in for themselves: what is kept would belong to someone who has lost these rights.
  const kept = viewer.id === createdBy ? {} : asked;
  return [
    ...(await serviceTokens.withdraw(tx, viewer, createdBy, kept.keepServiceTokens ?? false)),
    ...(await gatewayTokens.withdraw(tx, viewer, createdBy, kept.keepGatewayTokens ?? false)),
    ...(await keyLinks.withdraw(tx, viewer, createdBy, kept.keepKeyLinks ?? false)),
    ...(await invitations.withdraw(tx, viewer, createdBy, kept.keepInvitations ?? false)),
    ...(await outgoingWebhooks.granted(tx, viewer.agencyId, createdBy)),
  ];
}

/** A row of something that its maker can revoke. */
interface RevocableRow extends OwnedRow {
  readonly createdBy: string | null;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}

/** The tokens that someone has made and that are still in force. */
export function tokensInForce<T extends RevocableRow>(
  read: Reader,
  row: EntityTarget<T>,
  agencyId: string,
  createdBy: string,
): Promise<T[]> {
  const inForce = { agencyId, createdBy, revokedAt: IsNull(), expiresAt: MoreThan(new Date()) };
  return read.find(row, {
    where: inForce as object as FindOptionsWhere<T>,
    order: { id: 'ASC' } as FindOptionsOrder<T>,
  });
}

/** Revokes rows and records each of them; or makes them the viewer's own, where they are kept. */
export async function withdrawRows<T extends RevocableRow>(
  tx: Transaction,
  viewer: Viewer,
  table: 'service_tokens' | 'gateway_tokens' | 'key_links',
  rows: readonly T[],
  keep: boolean,
  record: (revoked: T) => Promise<void>,
): Promise<void> {
  const change = keep ? { createdBy: viewer.id } : { revokedAt: new Date() };
  for (const each of rows) {
    await tx.updateRow(table, change, { id: each.id });
    if (!keep) await record(each);
  }
}
