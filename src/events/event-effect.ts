import type { CallRow } from '../calls/call.entity';
import { applyFacts, applyTo, askBy } from '../calls/call-facts.service';
import { accountOf, digestOfCall, recordProviderCall, type CallOfAccount } from '../calls/provider-call';
import { forgetUnheardEnd } from '../calls/unheard-end';
import type { Transaction } from '../database/transaction';
import type { KeyResolverService } from '../keys/resolution/key-resolver.service';
import { storedFacts, type CallFacts } from '../providers/call-facts';
import type { EventEffect } from './event-worker';
import type { ProviderEventRow } from './provider-event.entity';

/**
 * Adds what an event says to what is known of its call. A call that Latchkey has never heard of is recorded,
 * if its agent is one of the agency's. An event that nobody vouches for is a sign to ask the provider, and
 * nothing that it says is believed.
 */
export function eventEffect(resolver: KeyResolverService): EventEffect {
  return async (tx, event) => {
    const { agencyId, ownerType, ownerId, provider, receivedAt } = event;
    await forgetUnheardEnd(tx, { type: ownerType, id: ownerId, agencyId }, provider, receivedAt);
    const facts = storedFacts(event.facts);
    const known = await findCall(tx, event, facts);
    if (!event.isSigned) {
      if (known !== null) await askBy(tx, known, event.receivedAt);
      return;
    }
    const origin = { source: 'EVENT', knownAt: event.occurredAt ?? event.receivedAt } as const;
    if (known !== null) {
      await applyFacts(tx, known, facts, origin);
      return;
    }
    const call = await recordProviderCall(tx, resolver, accountOfEvent(event), facts);
    if (call) await applyTo(tx, call, facts, origin);
  };
}

type RawCall = CallOfAccount & Pick<CallRow, 'id' | 'provider' | 'providerCallId'>;

const COLUMNS = 'id, agencyId, clientId, keySource, isOtherAccount, provider, providerCallId';

/**
 * Finds the call by Latchkey's own id, which was sent as metadata, or by the provider's. Either is believed
 * for calls of the account alone that the event came from: whoever holds another account can write any id.
 */
async function findCall(
  tx: Transaction,
  event: ProviderEventRow,
  { latchkeyCallId, providerCallId }: CallFacts,
): Promise<string | null> {
  const { agencyId, ownerId, provider } = event;
  const found = await tx.rows<RawCall>(
    `SELECT ${COLUMNS} FROM calls WHERE id = ? UNION ALL SELECT ${COLUMNS} FROM calls WHERE agencyId = ? AND providerCallId = ?`,
    [latchkeyCallId ?? '', agencyId, providerCallId ?? ''],
  );
  // MariaDB ignores case when it compares.
  const own = found.find(
    (call) =>
      call.agencyId === agencyId &&
      call.provider === provider &&
      accountOf(call) === ownerId &&
      (call.id === latchkeyCallId || call.providerCallId === providerCallId),
  );
  if (own) return own.id;
  if (providerCallId === null) return null;
  const [known] = await tx.rows<{ callId: string }>('SELECT callId FROM provider_calls WHERE digest = ?', [
    digestOfCall(accountOfEvent(event), providerCallId),
  ]);
  return known?.callId ?? null;
}

function accountOfEvent({ agencyId, ownerType, ownerId, provider }: ProviderEventRow) {
  return { owner: { type: ownerType, id: ownerId, agencyId }, provider };
}
