import type { TenantDatabase } from '../access/tenant-database';
import type { Transaction } from '../database/transaction';
import { noteDoubt, notePaidCall, noteProblem, takesUnpaidCalls, type UsedKey } from '../keys/key-health';
import type { ProviderError } from '../providers/refusals';
import { isEnded, type CallFacts } from '../providers/call-facts';
import { CallRow } from './call.entity';
import { noCall } from './call-request';
import { CallWrites, type FactsOrigin } from './call-writes';
import { accountOf, carrierShownBy } from './provider-call';
import { whatChanges, type Known } from './known';

/** Keeps what providers tell of calls. */
export class CallFactsService {
  constructor(private readonly database: TenantDatabase) {}

  /**
   * Adds facts to what is known of a call, in one transaction: facts that are older, or that are known
   * already, change nothing. Returns the call as it then is, or null where there is no such call.
   */
  apply(callId: string, facts: CallFacts, origin: FactsOrigin): Promise<CallRow | null> {
    return this.database.writeWithoutViewer((tx) => applyFacts(tx, callId, facts, origin));
  }

  /**
   * Records that a call whose placement was never answered was not placed, unless more is known of it
   * meanwhile.
   */
  concludeNeverPlaced(callId: string, origin: FactsOrigin): Promise<CallRow | null> {
    return this.database.writeWithoutViewer(async (tx) => {
      const call = await tx.lock(CallRow, callId);
      if (call?.status !== 'UNKNOWN' || call.providerCallId !== null) return call;
      return saveKnown(tx, call, noCall(call.provider, 'PROVIDER_FAULT'), origin);
    });
  }

  /** Records that nobody can tell what a call costs, unless that is known already. */
  async concludeUnknownCost(callId: string): Promise<void> {
    await this.database.writeWithoutViewer(async (tx) => {
      const call = await tx.lock(CallRow, callId);
      if (call?.costStatus !== 'PENDING') return;
      // This tells nothing of any time, so that no event is out of date by it.
      const origin = { source: 'ASKED', knownAt: call.knownAt ?? call.createdAt } as const;
      await saveKnown(tx, call, { costStatus: 'UNKNOWN' }, origin);
    });
  }

  /** Has the key verified again with which a provider was asked, where its refusal tells of the key. */
  noteDoubt(key: UsedKey, error: ProviderError): Promise<void> {
    return noteDoubt(this.database, key, error);
  }

  /** Asks about a call at this time, unless it is asked about before. */
  async askBy(callId: string, time: Date): Promise<void> {
    await this.database.writeWithoutViewer((tx) =>
      tx.run('UPDATE calls SET askAt = ? WHERE id = ? AND askAt > ?', [time, callId, time]),
    );
  }
}

/** Does the same as `apply` inside of a transaction. */
async function applyFacts(
  tx: Transaction,
  callId: string,
  facts: CallFacts,
  origin: FactsOrigin,
): Promise<CallRow | null> {
  const call = await tx.lock(CallRow, callId);
  return call && applyTo(tx, call, facts, origin);
}

/** Does the same for facts of several calls, by few statements. */
export async function applyAll(
  tx: Transaction,
  all: readonly (readonly [callId: string, facts: CallFacts])[],
  origin: FactsOrigin,
): Promise<void> {
  const writes = new CallWrites();
  const rows = await tx.lockAll(
    CallRow,
    all.map(([id]) => id),
  );
  const calls = new Map(rows.map((call) => [call.id, call]));
  for (const [id, facts] of all) {
    const call = calls.get(id);
    if (call) calls.set(id, await applyInto(tx, writes, call, facts, origin));
  }
  await writes.write(tx);
}

/** Does the same for a call that the transaction has locked. */
export async function applyTo(
  tx: Transaction,
  call: CallRow,
  facts: CallFacts,
  origin: FactsOrigin,
): Promise<CallRow> {
  const writes = new CallWrites();
  const next = await applyInto(tx, writes, call, facts, origin);
  await writes.write(tx);
  return next;
}

/** Does the same for a call that the transaction has locked, or records, among others. */
export async function applyInto(
  tx: Transaction,
  writes: CallWrites,
  call: CallRow,
  facts: CallFacts,
  origin: FactsOrigin,
): Promise<CallRow> {
  const isNewer = call.knownAt === null || origin.knownAt > call.knownAt;
  const changes = { ...whatChanges(call, facts, isNewer), ...carrierShownBy(call, origin.owners) };
  const next = writes.change(call, changes, origin);
  if (!isEnded(call.status) && isEnded(next.status)) await noteEnd(tx, writes, next, facts, origin);
  return next;
}

/** Keeps what the end of a call tells of the account that carried it. */
async function noteEnd(
  tx: Transaction,
  writes: CallWrites,
  call: CallRow,
  { accountProblem }: CallFacts,
  { source, knownAt }: FactsOrigin,
): Promise<void> {
  const ownerId = accountOf(call);
  const { provider, keyVersion, status, createdAt, endedAt, providerCallId } = call;
  if (ownerId === null || keyVersion === null) return;
  const account = { ownerId, provider, version: keyVersion };
  if (accountProblem) await noteProblem(tx, account, accountProblem, endedAt ?? knownAt);
  else if (status === 'COMPLETED' && takesUnpaidCalls(provider)) await notePaidCall(tx, account, createdAt);
  if (source === 'ASKED' && providerCallId !== null) writes.noteUnheard(call, ownerId);
}

async function saveKnown(
  tx: Transaction,
  call: CallRow,
  changes: Partial<Known>,
  origin: FactsOrigin,
): Promise<CallRow> {
  const writes = new CallWrites();
  const next = writes.change(call, changes, origin);
  await writes.write(tx);
  return next;
}
