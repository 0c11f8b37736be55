import type { AccountName } from './account';

/**
 * These keys are for pasting, one for each thing that can happen to a key. None of them is a secret, and none
 * looks like one.
 */
export interface KeySet {
  /** This key belongs to the agency's account. */
  readonly valid: string;
  /** This key belongs to a client's own account, which has other agents. */
  readonly secondAccount: string;
  readonly revoked: string;
  readonly restricted: string;
  readonly rateLimited: string;
  readonly outOfFunds: string;
}

export type Standing = 'OK' | 'RESTRICTED' | 'RATE_LIMITED' | 'OUT_OF_FUNDS';

/**
 * This tells which account a key belongs to and in what standing it is. It is null for a key that no account
 * has, or that none has any more.
 */
export function holderOf(
  keys: KeySet,
  key: string,
): { readonly account: AccountName; readonly standing: Standing } | null {
  switch (key) {
    case keys.valid:
      return { account: 'agency', standing: 'OK' };
    case keys.secondAccount:
      return { account: 'client', standing: 'OK' };
    case keys.restricted:
      return { account: 'client', standing: 'RESTRICTED' };
    case keys.rateLimited:
      return { account: 'client', standing: 'RATE_LIMITED' };
    case keys.outOfFunds:
      return { account: 'client', standing: 'OUT_OF_FUNDS' };
    default:
      return null;
  }
}
