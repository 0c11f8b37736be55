import type { Viewer } from '../access/viewer';
import type { Reader, Transaction } from '../database/transaction';
import type { GrantedAccess, KeptAccess } from './granted-access';

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
