import { rateOfCall } from '../billing/rate-in-force';
import type { Reader, Transaction } from '../database/transaction';
import type { KeyOwner } from '../keys/key-store';
import type { KeyResolverService, Resolution } from '../keys/resolution/key-resolver.service';
import { digest } from '../platform/ids';
import type { Provider } from '../providers';
import type { CallFacts } from '../providers/call-facts';
import type { CallRow } from './call.entity';
import type { ProviderCallRow } from './provider-call.entity';
import { unknownCall } from './call-request';

/**
 * Makes the row of a call that began at the provider, by the account of `owner`. It is recorded with what the
 * chain gives for its agent, whichever account it came from.
 */
export function newProviderCall(
  { agent, key, receipt }: Resolution,
  { direction, toNumber }: CallFacts,
  owner: KeyOwner,
): Omit<CallRow, 'rateId'> {
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

/** Finds what decides who pays for a call of the agent that has this id at the provider. */
export type FindResolution = (providerAgentId: string) => Promise<Resolution | null>;

export function resolutionIn(
  tx: Transaction,
  resolver: KeyResolverService,
  { owner: { agencyId }, provider }: OwnAccount,
): FindResolution {
  return async (providerAgentId) => {
    const agents = await tx.rows<{ id: string; provider: string; providerAgentId: string }>(
      'SELECT id, provider, providerAgentId FROM agents WHERE agencyId = ? AND providerAgentId = ?',
      [agencyId, providerAgentId],
    );
    const agent = agents.find(
      (each) => each.provider === provider && each.providerAgentId === providerAgentId,
    );
    return agent ? resolver.resolve(agencyId, agent.id) : null;
  };
}

/** A call that began at a provider, before it is inserted. */
export interface ProviderCall {
  readonly call: CallRow;
  readonly mark: ProviderCallRow;
}

/**
 * Makes the rows of a call of which Latchkey has never heard. They are null where its agent is not one of the
 * agency's.
 */
export async function makeProviderCall(
  read: Reader,
  account: OwnAccount,
  find: FindResolution,
  facts: CallFacts,
): Promise<ProviderCall | null> {
  const { providerCallId, providerAgentId } = facts;
  if (providerCallId === null || providerAgentId === null) return null;
  const resolution = await find(providerAgentId);
  if (!resolution) return null;
  const payer = resolution.key?.owner;
  const isAlike = payer !== undefined && account.versions?.has(payer.id) === true;
  const made = newProviderCall(resolution, facts, isAlike ? payer : account.owner);
  const startedAt = facts.startedAt ?? made.createdAt;
  const call = { ...made, rateId: await rateOfCall(read, made, startedAt) };
  return { call, mark: { digest: digestOfCall(account, providerCallId), callId: call.id } };
}

/** Records such a call. Returns it, or null where it is not recorded. */
export async function recordProviderCall(
  tx: Transaction,
  resolver: KeyResolverService,
  account: OwnAccount,
  facts: CallFacts,
): Promise<CallRow | null> {
  const made = await makeProviderCall(tx, account, resolutionIn(tx, resolver, account), facts);
  if (!made) return null;
  await tx.insertRow('provider_calls', made.mark);
  await tx.insertRow('calls', made.call);
  return made.call;
}
