import { announce } from '../outbox/outbox';
import type { TenantDatabase } from '../access/tenant-database';
import { ConcurrentChange } from '../database/repetition';
import type { Transaction } from '../database/transaction';
import { noteProblem, noteRefusal, type UsedKey } from '../keys/key-health';
import { PROVIDER_ERRORS } from '../providers/provider-errors';
import type { ProviderError } from '../providers/refusals';
import { isEnded, type CallFacts } from '../providers/call-facts';
import { nextAskAt } from './ask-schedule';
import { CallRow } from './call.entity';
import { noCall } from './call-request';
import type { RevisionSource } from './call-revision.entity';
import { noteLateChange } from './late-change';
import { endOf } from './call-end-message';
import { accountOf } from './provider-call';
import { noteUnheardEnd } from './unheard-end';
import { knownOf, whatChanges, type Known } from './known';

/** Where facts come from, and the time of which they tell. */
export interface FactsOrigin {
  readonly source: RevisionSource;
  /** The time of the event; for an answer, when its request was about to be sent. */
  readonly knownAt: Date;
}

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

  /**
   * Has the key verified again with which a provider was asked, where its refusal tells of the key. It may as
   * well be about the call, e.g. one of another account, so that nothing but the verification is believed.
   */
  async noteRefusal(key: UsedKey, error: ProviderError): Promise<void> {
    if (PROVIDER_ERRORS[error.code].verdict === 'UNREACHABLE') return;
    const doubt = error.code === 'RATE_LIMITED' ? error : { ...error, code: 'KEY_INVALID' as const };
    await this.database.writeWithoutViewer((tx) => noteRefusal(tx, key, doubt));
  }

  /** Asks about a call at this time, unless it is asked about before. */
  async askBy(callId: string, time: Date): Promise<void> {
    await this.database.writeWithoutViewer((tx) => askBy(tx, callId, time));
  }
}

/** Does the same inside of a transaction. */
export async function askBy(tx: Transaction, callId: string, time: Date): Promise<void> {
  await tx.run('UPDATE calls SET askAt = ? WHERE id = ? AND askAt > ?', [time, callId, time]);
}

/** Does the same as `apply` inside of a transaction. */
export async function applyFacts(
  tx: Transaction,
  callId: string,
  facts: CallFacts,
  origin: FactsOrigin,
): Promise<CallRow | null> {
  const call = await tx.lock(CallRow, callId);
  return call && applyTo(tx, call, facts, origin);
}

/** Does the same for a call that the transaction has locked, or inserted. */
export async function applyTo(
  tx: Transaction,
  call: CallRow,
  facts: CallFacts,
  origin: FactsOrigin,
): Promise<CallRow> {
  const isNewer = call.knownAt === null || origin.knownAt > call.knownAt;
  const next = await saveKnown(tx, call, whatChanges(call, facts, isNewer), origin);
  if (!isEnded(call.status) && isEnded(next.status)) await noteEnd(tx, next, facts, origin);
  return next;
}

/** Keeps what the end of a call tells of the account that carried it. */
async function noteEnd(
  tx: Transaction,
  call: CallRow,
  { accountProblem }: CallFacts,
  { source, knownAt }: FactsOrigin,
): Promise<void> {
  const ownerId = accountOf(call);
  const { provider, keyVersion, endedAt, providerCallId } = call;
  if (ownerId === null || keyVersion === null) return;
  if (accountProblem) {
    const account = { ownerId, provider, version: keyVersion };
    await noteProblem(tx, account, accountProblem, endedAt ?? knownAt);
  }
  if (source === 'ASKED' && providerCallId !== null) await noteUnheardEnd(tx, call, ownerId);
}

/**
 * Stores what changes in what is known of a call, and with it a new revision. Of several instances that do so
 * at the same time, each goes on from what the one before has stored.
 */
export async function saveKnown(
  tx: Transaction,
  call: CallRow,
  changes: Partial<Known>,
  { source, knownAt }: FactsOrigin,
): Promise<CallRow> {
  const { id, revision } = call;
  const latest = call.knownAt !== null && call.knownAt > knownAt ? call.knownAt : knownAt;
  if (Object.keys(changes).length === 0) {
    // What was said again counts from then on, so that whatever is older stays so.
    if (latest !== call.knownAt) await tx.updateRow('calls', { knownAt }, { id, revision });
    return { ...call, knownAt: latest };
  }
  const now = new Date();
  // That a provider did not answer, or refused, tells nothing of a call that is there after all.
  const isThere = changes.status && (changes.providerCallId ?? call.providerCallId) !== null;
  const noError = isThere && { errorCode: null, errorHttpStatus: null, errorRetryAfterSeconds: null };
  const change = {
    ...changes,
    ...noError,
    askAt: askAtAfter(call, changes, now),
    knownAt: latest,
    revision: revision + 1,
    updatedAt: now,
  };
  if (!(await tx.updateRow('calls', change, { id, revision }))) throw new ConcurrentChange();
  const next = { ...call, ...change };
  await noteLateChange(tx, call, next, now);
  await tx.insertRow('call_revisions', {
    callId: id,
    revision: next.revision,
    at: now,
    knownAt,
    source,
    known: JSON.stringify(knownOf(next)),
  });
  if (isEnded(next.status) && !isEnded(call.status)) await announce(tx, endOf(next));
  return next;
}

/** Nothing is left to ask about. */
function isSettled({ status, costStatus }: Known): boolean {
  return isEnded(status) && costStatus === 'KNOWN';
}

// A call that turns up after all, although it was thought never to have been placed, is asked about again.
function askAtAfter(call: CallRow, changes: Partial<Known>, now: Date): Date | null {
  if (isSettled({ ...call, ...changes })) return null;
  return isSettled(call) ? nextAskAt(call.createdAt, now) : call.askAt;
}
