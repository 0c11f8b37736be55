import { USER_ERRORS, userError, type UserError } from '../../graphql/user-error';
import { toProviderError } from '../../providers/provider-error.types';
import type { KeyVerdict } from '../../providers/key-requests';
import type { KeyToStore } from '../key-writer';

/** A key whose account is out of funds is accepted, because the key itself is good. */
export function isAccepted({ status }: KeyVerdict): boolean {
  return status === 'VALID' || status === 'OUT_OF_FUNDS';
}

/** The result tells why a key that its provider was asked about is not stored. */
export function rejection({ provider, verdict }: KeyToStore, index: number): UserError | null {
  if (!verdict || isAccepted(verdict)) return null;
  const code =
    verdict.status === 'INVALID' || verdict.status === 'INSUFFICIENT_PERMISSIONS'
      ? 'KEY_REJECTED'
      : 'KEY_UNVERIFIABLE';
  const why = verdict.error ? ` ${toProviderError(provider, verdict.error).message}` : '';
  return userError(code, ['input', 'keys', index, 'apiKey'], USER_ERRORS[code] + why);
}
