import type { KeyOwner } from '../keys/key-store';
import type { Resolution } from '../keys/resolution/key-resolver.service';
import type { CallFacts } from '../providers/call-facts';
import type { CallRow } from './call.entity';
import { unknownCall } from './call-request';

/**
 * Makes the row of a call that began at the provider, by the account of `owner`. It is recorded with what the
 * chain gives for its agent, whichever account it came from.
 */
export function newProviderCall(
  { agent, key, receipt }: Resolution,
  { direction, toNumber }: CallFacts,
  owner: KeyOwner,
): CallRow {
  return {
    ...unknownCall(agent, receipt),
    kind: 'LIVE',
    origin: 'PROVIDER',
    direction: direction ?? 'INBOUND',
    keySource: key?.owner.type ?? null,
    keyVersion: key?.version ?? null,
    isOtherAccount: key?.owner.id !== owner.id,
    toNumber,
  };
}

export type CallOfAccount = Pick<CallRow, 'agencyId' | 'clientId' | 'keySource' | 'isOtherAccount'>;

/** Returns the owner of the account that carried a call. It is null where its row does not say that. */
export function accountOf(call: CallOfAccount): string | null {
  const { agencyId, clientId, keySource, isOtherAccount } = call;
  if (keySource === null || isOtherAccount) return null;
  return keySource === 'CLIENT' ? clientId : agencyId;
}
