import type { Transaction } from '../database/transaction';
import type { KeyOwner } from '../keys/key-store';
import type { KeyResolverService, Resolution } from '../keys/resolution/key-resolver.service';
import { digest } from '../platform/ids';
import type { Provider } from '../providers';
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
    keyOwnerId: key?.owner.id === owner.id ? owner.id : null,
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

/** An account at a provider, by whose it is. */
export interface OwnAccount {
  readonly owner: KeyOwner;
  readonly provider: Provider;
  /** Who else has the key of this account, by their ids. */
  readonly versions?: ReadonlyMap<string, unknown>;
}

/** By this a call that began at a provider is known, and recorded once. */
export function digestOfCall({ owner, provider }: OwnAccount, providerCallId: string): string {
  return digest(owner.id, provider, providerCallId);
}

/**
 * Records a call of which Latchkey has never heard, if its agent is one of the agency's. It is null where the
 * call is not recorded.
 */
export async function recordProviderCall(
  tx: Transaction,
  resolver: Pick<KeyResolverService, 'resolve'>,
  account: OwnAccount,
  facts: CallFacts,
): Promise<CallRow | null> {
  const { agencyId } = account.owner;
  const { providerCallId, providerAgentId } = facts;
  if (providerCallId === null || providerAgentId === null) return null;
  const agents = await tx.rows<{ id: string; provider: string; providerAgentId: string }>(
    'SELECT id, provider, providerAgentId FROM agents WHERE agencyId = ? AND providerAgentId = ?',
    [agencyId, providerAgentId],
  );
  const agent = agents.find(
    (each) => each.provider === account.provider && each.providerAgentId === providerAgentId,
  );
  const resolution = agent && (await resolver.resolve(agencyId, agent.id));
  if (!resolution) return null;
  const payer = resolution.key?.owner;
  const isAlike = payer !== undefined && account.versions?.has(payer.id) === true;
  const call = newProviderCall(resolution, facts, isAlike ? payer : account.owner);
  await tx.insertRow('provider_calls', { digest: digestOfCall(account, providerCallId), callId: call.id });
  await tx.insertRow('calls', call);
  return call;
}
