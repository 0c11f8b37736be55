import { noteLateCall } from '../billing/late-call';
import { ConcurrentChange } from '../database/repetition';
import type { Transaction } from '../database/transaction';
import { announce } from '../outbox/outbox';
import { isEnded } from '../providers/call-facts';
import { nextAskAt } from './ask-schedule';
import { endOf } from './call-end-message';
import type { CallRevisionRow, RevisionSource } from './call-revision.entity';
import type { CallRow } from './call.entity';
import { knownOf, type Known } from './known';
import { noteLateChange } from './late-change';
import type { Carrier, ProviderCall } from './provider-call';
import { noteUnheardEnd } from './unheard-end';

/** Where facts come from, and the time of which they tell. */
export interface FactsOrigin {
  readonly source: RevisionSource;
  /** The time of the event; for an answer, when its request was about to be sent. */
  readonly knownAt: Date;
  /** Whose key the provider was asked with: each has it, and the account that the answer comes from. */
  readonly owners?: ReadonlySet<string>;
}

/** A call before a change and after it. */
interface Step {
  readonly before: CallRow;
  readonly after: CallRow;
}

interface UnheardCall {
  readonly call: CallRow;
  readonly ownerId: string;
}

interface Change {
  /** The revision that is in the database. */
  readonly revision: number;
  readonly columns: Partial<CallRow>;
}

/**
 * What a transaction is to write of calls that it has locked, or records: it is collected, and then written
 * by few statements, however many calls and events there are.
 */
export class CallWrites {
  readonly #news = new Map<string, ProviderCall>();
  readonly #changes = new Map<string, Change>();
  readonly #revisions: CallRevisionRow[] = [];
  readonly #ended: CallRow[] = [];
  readonly #steps: Step[] = [];
  /** By the account, the latest call of which the end became known by asking. */
  readonly #unheard = new Map<string, UnheardCall>();

  /** A call that began at its provider. */
  record(made: ProviderCall): void {
    this.#news.set(made.call.id, made);
  }

  /** A call is to be asked about at this time, unless it is asked about before. */
  askBy(call: CallRow, time: Date): CallRow {
    return call.askAt === null || call.askAt > time ? this.#put(call, { askAt: time }) : call;
  }

  /** What changes in what is known of a call, and with it a new revision. Returns the call as it then is. */
  change(call: CallRow, changes: Partial<Known & Carrier>, { source, knownAt }: FactsOrigin): CallRow {
    const latest = call.knownAt !== null && call.knownAt > knownAt ? call.knownAt : knownAt;
    // What was said again counts from then on, so that whatever is older stays so.
    if (Object.keys(changes).length === 0)
      return latest === call.knownAt ? call : this.#put(call, { knownAt: latest });
    const now = new Date();
    // That a provider did not answer, or refused, tells nothing of a call that is there after all.
    const isThere = changes.status && (changes.providerCallId ?? call.providerCallId) !== null;
    const next = this.#put(call, {
      ...changes,
      ...(isThere && { errorCode: null, errorHttpStatus: null, errorRetryAfterSeconds: null }),
      askAt: askAtAfter(call, changes, now),
      knownAt: latest,
      revision: call.revision + 1,
      updatedAt: now,
    });
    this.#steps.push({ before: call, after: next });
    const known = JSON.stringify(knownOf(next));
    this.#revisions.push({ callId: call.id, revision: next.revision, at: now, knownAt, source, known });
    if (isEnded(next.status) && !isEnded(call.status)) this.#ended.push(next);
    return next;
  }

  /** The end of a call became known by asking. */
  noteUnheard(call: CallRow, ownerId: string): void {
    const account = `${ownerId} ${call.provider}`;
    const latest = this.#unheard.get(account);
    if (!latest || latest.call.createdAt < call.createdAt) this.#unheard.set(account, { call, ownerId });
  }

  /**
   * Writes all of it, once. Of several instances that do so at the same time, each goes on from what the one
   * before has stored.
   */
  async write(tx: Transaction): Promise<void> {
    const news = [...this.#news.values()];
    await insertAll(
      tx,
      'provider_calls',
      news.flatMap(({ marks }) => marks),
    );
    await insertAll(
      tx,
      'calls',
      news.map(({ call }) => call),
    );
    for (const [id, { revision, columns }] of this.#changes)
      if (!(await tx.updateRow('calls', columns, { id, revision }))) throw new ConcurrentChange();
    for (const { before, after } of this.#steps) {
      await noteLateChange(tx, before, after, after.updatedAt);
      const isNew = before.revision === 0 && this.#news.has(before.id);
      await noteLateCall(tx, isNew ? null : before, after);
    }
    await insertAll(tx, 'call_revisions', this.#revisions);
    for (const { call, ownerId } of this.#unheard.values()) await noteUnheardEnd(tx, call, ownerId);
    await announce(tx, ...this.#ended.map(endOf));
  }

  #put(call: CallRow, columns: Partial<CallRow>): CallRow {
    const next = { ...call, ...columns };
    const made = this.#news.get(call.id);
    if (made) this.#news.set(call.id, { ...made, call: next });
    else {
      const { revision = call.revision, columns: before } = this.#changes.get(call.id) ?? {};
      this.#changes.set(call.id, { revision, columns: { ...before, ...columns } });
    }
    return next;
  }
}

async function insertAll(tx: Transaction, table: string, rows: readonly object[]): Promise<void> {
  const [first, ...others] = rows;
  if (first) await tx.insertRows(table, [first, ...others]);
}

/** Nothing is left to ask about. */
export function isSettled({ status, durationMs, costStatus }: Known): boolean {
  return isEnded(status) && durationMs !== null && costStatus === 'KNOWN';
}

// A call that turns up after all, although it was thought never to have been placed, is asked about again.
function askAtAfter(call: CallRow, changes: Partial<Known>, now: Date): Date | null {
  if (isSettled({ ...call, ...changes })) return null;
  return isSettled(call) ? nextAskAt(call.createdAt, now) : call.askAt;
}
