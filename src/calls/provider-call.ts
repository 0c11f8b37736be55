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

/** Whose account a call was carried by. */
export function accountOf({
  agencyId,
  clientId,
  keySource,
}: Pick<CallRow, 'agencyId' | 'clientId' | 'keySource'>): string | null {
  if (keySource === null) return null;
  return keySource === 'CLIENT' ? clientId : agencyId;
}
