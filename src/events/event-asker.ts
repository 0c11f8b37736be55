import type { Database } from '../database/database';
import { LeasedRounds } from '../database/leased-rounds';
import { placeholders } from '../database/raw';
import type { Transaction } from '../database/transaction';
import { pauseOf } from '../keys/key-health';
import type { AnswerForCall, Reconciler } from '../reconciliation/reconciler';
import { UnreadableKey } from '../vault/cipher';
import type { EventEffect } from './event-worker';
import { ProviderEventRow } from './provider-event.entity';

/** How often an instance looks whether there are calls to ask for. */
const EVERY_MS = 5_000;
/** Longer than one provider is waited for: the lease is renewed before each call. */
const LEASE_MS = 60_000;
/** So many events are looked at in one round. */
const BATCH = 500;
/** So many accounts are asked at the same time, each as fast as its provider's rate allows. */
const ACCOUNTS_AT_ONCE = 4;
/** How long an account is left alone that takes no more requests, does not answer, or has a fault. */
const PAUSE_SECONDS = 60;
/** After this time an account waits for its next turn: its calls do not keep those of others from theirs. */
const TURN_MS = 5_000;
/** When an account is looked at again of which the key does not open. */
const UNREADABLE_MS = 60 * 60 * 1000;
/** After so many vain attempts, the call is left to the comparison of the next night. */
const MAX_ATTEMPTS = 10;

/** The events of one account that are due. */
type Events = readonly [ProviderEventRow, ...ProviderEventRow[]];

/**
 * Asks providers for calls of which nothing is known but events that nobody vouches for, or that may be of a
 * placement without an answer. What the provider answers is recorded. Of what the events say, only what is
 * signed is, where the account does not have the call any more. Any instance does that, under a lease; if two
 * of them ask for the same call, it is recorded once.
 */
export class EventAsker {
  readonly rounds: LeasedRounds;

  constructor(
    private readonly database: Database,
    private readonly reconciler: Reconciler,
    /** What events come to that no provider can tell more of. */
    private readonly withoutAnswer: EventEffect,
    private readonly report: (error: unknown) => void,
  ) {
    const timing = { everyMs: EVERY_MS, leaseMs: LEASE_MS };
    this.rounds = new LeasedRounds(database, 'events', timing, () => this.askDue(), report);
  }

  /** Asks for the calls of events that are due, unless another instance holds the lease. */
  async askDue(now = new Date()): Promise<void> {
    const due = await this.database.read
      .createQueryBuilder(ProviderEventRow, 'event')
      .where("event.state = 'TO_ASK' AND event.dueAt <= :now", { now })
      .orderBy('event.dueAt')
      .limit(BATCH)
      .getMany();
    if (due.length === 0 || !(await this.rounds.take())) return;
    const accounts = byAccount(due);
    const askNext = async (): Promise<void> => {
      // A fault of one account does not keep others from their turn.
      for (let events = accounts.shift(); events; events = accounts.shift())
        await this.#askAccount(events, now).catch((error: unknown) => this.#failed(events, now, error));
    };
    await Promise.all(Array.from({ length: ACCOUNTS_AT_ONCE }, askNext));
  }

  // Whoever sets a key again makes it readable.
  async #failed([event]: Events, now: Date, error: unknown): Promise<void> {
    const isUnreadable = error instanceof UnreadableKey;
    if (!isUnreadable) this.report(error);
    const pauseMs = isUnreadable ? UNREADABLE_MS : PAUSE_SECONDS * 1000;
    await this.#putOff(event, new Date(now.getTime() + pauseMs)).catch(this.report);
  }

  async #askAccount(events: Events, now: Date): Promise<void> {
    const [{ ownerType: type, ownerId: id, agencyId, provider }] = events;
    const pausedUntil = await pauseOf(this.database.read, id, provider, now);
    if (pausedUntil) return this.#putOff(events[0], pausedUntil);
    const ids = new Set(events.map(({ providerCallId }) => providerCallId ?? ''));
    const began = Date.now();
    const account = { owner: { type, id, agencyId }, provider };
    let isAnswered = false;
    for await (const { providerCallId, answer } of this.reconciler.askFor(account, ids)) {
      isAnswered = true;
      const ofCall = events.filter((event) => event.providerCallId === providerCallId);
      const goesOn = await this.#note(ofCall, answer, now);
      if (!goesOn || typeof answer !== 'string' || this.rounds.isStopping) return;
      const tookMs = Date.now() - began;
      if (tookMs >= TURN_MS) return this.#putOff(events[0], new Date(now.getTime() + tookMs));
    }
    // Nobody can ask, so that there is nothing to wait for.
    if (!isAnswered) await this.#note(events, 'ABSENT', now);
  }

  /** Notes what came of the events of a call. Returns whether this instance may go on. */
  async #note(events: readonly ProviderEventRow[], answer: AnswerForCall, now: Date): Promise<boolean> {
    const error = typeof answer === 'string' ? null : answer;
    const given = (event: ProviderEventRow) => error === null || event.attempts + 1 >= MAX_ATTEMPTS;
    const done = events.filter(given).map(({ id }) => id);
    const failed = events.filter((event) => !given(event)).map(({ id }) => id);
    const until = new Date(now.getTime() + (error?.retryAfterSeconds ?? PAUSE_SECONDS) * 1000);
    // The fault may be of this call alone: the others of the account come before it the next time.
    const behind = new Date(until.getTime() + 1);
    const isMine = await this.database.write(async (tx) => {
      if (!(await this.rounds.renew(tx))) return false;
      await change(tx, "state = 'DONE', dueAt = ?", [new Date()], done);
      if (answer === 'ABSENT') await this.withoutAnswer(tx, events);
      await change(tx, 'attempts = attempts + 1, dueAt = ?', [behind], failed);
      return true;
    });
    const [event] = events;
    if (isMine && error && event) await this.#putOff(event, until);
    return isMine;
  }

  /** Puts off all events of an account that would come up before a time. */
  async #putOff({ ownerId, provider }: ProviderEventRow, until: Date): Promise<void> {
    await this.database.write((tx) =>
      tx.run(
        "UPDATE provider_events SET dueAt = ? WHERE state = 'TO_ASK' AND dueAt < ? AND ownerId = ? AND provider = ?",
        [until, until, ownerId, provider],
      ),
    );
  }
}

async function change(
  tx: Transaction,
  columns: string,
  values: readonly unknown[],
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await tx.run(
    `UPDATE provider_events SET ${columns} WHERE id IN (${placeholders(ids)}) AND state = 'TO_ASK'`,
    [...values, ...ids],
  );
}

function byAccount(events: readonly ProviderEventRow[]): Events[] {
  const accounts = new Map<string, Events>();
  for (const event of events) {
    const account = `${event.ownerId} ${event.provider}`;
    const earlier = accounts.get(account);
    accounts.set(account, earlier ? [...earlier, event] : [event]);
  }
  return [...accounts.values()];
}
