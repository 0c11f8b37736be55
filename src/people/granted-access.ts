import type { Viewer } from '../access/viewer';
import type { Transaction } from '../database/transaction';

export const GRANTED_ACCESS_KINDS = ['SERVICE_TOKEN', 'KEY_LINK', 'INVITATION', 'PERSON'] as const;
export type GrantedAccessKind = (typeof GRANTED_ACCESS_KINDS)[number];

/** Something by which an admin has let others in, and which outlives the admin's own rights. */
export interface GrantedAccess {
  readonly kind: GrantedAccessKind;
  /** The id of the service token, the one-time link or the person. */
  readonly objectId: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly isRevoked: boolean;
}

/** Which of it is kept when its maker is removed or is no admin any more. */
export interface KeptAccess {
  readonly keepServiceTokens?: boolean | null;
  readonly keepKeyLinks?: boolean | null;
  readonly keepInvitations?: boolean | null;
}

/** A service that lets others in. */
export interface AccessGranter {
  /**
   * Revokes in this transaction what someone has made and what is still in force, or makes the viewer answer for it from now on. Answers
   * with all of it.
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
  readonly keyLinks: AccessGranter;
  readonly invitations: AccessGranter;
}

/** All of it, revoked but for what is kept. The maker's row is changed or gone by then, so that nothing is made at the same time. */
export async function withdrawAccess(
  { serviceTokens, keyLinks, invitations }: AccessGranters,
  tx: Transaction,
  viewer: Viewer,
  createdBy: string,
  kept: KeptAccess,
): Promise<GrantedAccess[]> {
  return [
    ...(await serviceTokens.withdraw(tx, viewer, createdBy, kept.keepServiceTokens ?? false)),
    ...(await keyLinks.withdraw(tx, viewer, createdBy, kept.keepKeyLinks ?? false)),
    ...(await invitations.withdraw(tx, viewer, createdBy, kept.keepInvitations ?? false)),
  ];
}
