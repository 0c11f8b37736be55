import type { CallRow } from '../calls/call.entity';
import { applyFacts, applyTo, askBy } from '../calls/call-facts.service';
import {
  accountOf,
  digestOfCall,
  readVersions,
  recordProviderCall,
  type CallOfAccount,
  type OwnAccount,
} from '../calls/provider-call';
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
    const account = accountOfEvent(event);
    const known = await findCall(tx, account, facts);
    if (known === 'OTHERS') return;
    if (!event.isSigned) {
      if (known !== null) await askBy(tx, known, event.receivedAt);
      return;
    }
    const origin = { source: 'EVENT', knownAt: event.occurredAt ?? event.receivedAt } as const;
    if (known !== null) {
      await applyFacts(tx, known, facts, origin);
      return;
    }
    const call = await recordProviderCall(
      tx,
      resolver,
      { ...account, versions: await readVersions(tx, account) },
      facts,
    );
    if (call) await applyTo(tx, call, facts, origin);
  };
}

type RawCall = CallOfAccount & Pick<CallRow, 'id' | 'origin' | 'provider' | 'providerCallId'>;

const COLUMNS = 'id, origin, agencyId, clientId, keySource, isOtherAccount, provider, providerCallId';

/**
 * Finds the call by Latchkey's own id, which was sent as metadata, or by the provider's. Either is believed
 * for calls of the account alone that the event came from: whoever holds another account can write any id. A
 * call that Latchkey placed by another account is not recorded a second time.
 */
async function findCall(
  tx: Transaction,
  account: OwnAccount,
  { latchkeyCallId, providerCallId }: CallFacts,
): Promise<string | 'OTHERS' | null> {
  const { provider, owner } = account;
  const { agencyId } = owner;
  const rows = await tx.rows<RawCall>(
    `SELECT ${COLUMNS} FROM calls WHERE id = ? UNION ALL SELECT ${COLUMNS} FROM calls WHERE agencyId = ? AND providerCallId = ?`,
    [latchkeyCallId ?? '', agencyId, providerCallId ?? ''],
  );
  // MariaDB ignores case when it compares.
  const found = rows.filter(
    (call) =>
      call.agencyId === agencyId &&
      call.provider === provider &&
      (call.id === latchkeyCallId || call.providerCallId === providerCallId),
  );
  const own = found.find((call) => accountOf(call) === owner.id);
  if (own) return own.id;
  const recorded = providerCallId && (await recordedAs(tx, digestOfCall(account, providerCallId)));
  if (recorded) return recorded;
  if (found.length === 0) return null;
  const versions = await readVersions(tx, account);
  const alike = found.find((call) => versions.has(accountOf(call) ?? ''));
  if (alike) return alike.id;
  const isPlaced = ({ origin, providerCallId: id }: RawCall) =>
    origin !== 'PROVIDER' && (id === null || id === providerCallId);
  return found.some(isPlaced) ? 'OTHERS' : null;
}

async function recordedAs(tx: Transaction, digest: string): Promise<string | null> {
  const [mark] = await tx.rows<{ callId: string }>('SELECT callId FROM provider_calls WHERE digest = ?', [
    digest,
  ]);
  return mark?.callId ?? null;
}

function accountOfEvent({ agencyId, ownerType, ownerId, provider }: ProviderEventRow): OwnAccount {
  return { owner: { type: ownerType, id: ownerId, agencyId }, provider };
}
