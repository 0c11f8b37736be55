import type { Database } from '../database/database';
import { LeasedRounds } from '../database/leased-rounds';
import { givenUpAt, nextAskAt } from './ask-schedule';
import type { CallFactsService } from './call-facts.service';
import { pauseOf } from '../keys/key-health';
import { isSettled } from './call-writes';
import type { CallInquiry } from './call-inquiry';
import { CallRow } from './call.entity';
import { bearerOf } from './provider-call';

/** How often an instance looks whether there are calls to ask about. */
const EVERY_MS = 5_000;
/** Longer than one provider is waited for: the lease is renewed before each call. */
const LEASE_MS = 60_000;
/** So many calls are looked at in one round. */
const BATCH = 500;
/** So many accounts are asked at the same time, each as fast as its provider's rate allows. */
const ACCOUNTS_AT_ONCE = 8;
/** How long an account is left alone that takes no more requests and does not say for how long. */
const PAUSE_SECONDS = 60;
/** After this time an account waits for its next turn: its calls do not keep those of others from theirs. */
const TURN_MS = 5_000;
/**
 * A call that is asked about once more, and then no more, comes up again after this time where the instance
 * that asks is ended, or where all is known of the call and its provider does not answer.
 */
const ONCE_MORE_MS = 24 * 60 * 60 * 1000;
/**
 * So long after a call was last heard of, and was to be given up, its account is waited for that takes no
 * more requests, or a key that does not open.
 */
const WAITING_AT_MOST_MS = 3 * 24 * 60 * 60 * 1000;

/**
 * Asks providers about calls of which no end is known yet. Any instance does that; a lease keeps them from
 * doing the same work twice, and the time in the row of a call from asking about it twice.
 */
export class CallAsker {
  readonly rounds: LeasedRounds;

  constructor(
    private readonly database: Database,
    private readonly facts: CallFactsService,
    private readonly inquiry: CallInquiry,
    report: (error: unknown) => void,
  ) {
    const timing = { everyMs: EVERY_MS, leaseMs: LEASE_MS };
    this.rounds = new LeasedRounds(database, 'calls', timing, () => this.askDue(), report);
  }

  /** Asks about calls that are due, unless another instance holds the lease. */
  async askDue(now = new Date()): Promise<void> {
    const due = await this.database.read
      .createQueryBuilder(CallRow, 'call')
      .where('call.askAt <= :now', { now })
      .orderBy('call.askAt', 'ASC')
      .limit(BATCH)
      .getMany();
    if (due.length === 0 || !(await this.rounds.take())) return;
    const accounts = byAccount(due);
    // A round can take long: what is asked late in it is known as of then, and is put off from then.
    const began = Date.now();
    const clock = () => new Date(now.getTime() + Date.now() - began);
    const askNext = async (): Promise<void> => {
      for (let calls = accounts.shift(); calls; calls = accounts.shift())
        await this.#askAccount(calls, now, clock);
    };
    await Promise.all(Array.from({ length: ACCOUNTS_AT_ONCE }, askNext));
  }

  async #askAccount(calls: readonly CallRow[], now: Date, clock: () => Date): Promise<void> {
    const [first] = calls;
    const ownerId = first && bearerOf(first);
    const pausedUntil = ownerId ? await pauseOf(this.database.read, ownerId, first.provider, now) : null;
    if (first && pausedUntil) return this.#pause(first, pausedUntil);
    const end = clock().getTime() + TURN_MS;
    for (const call of calls) {
      if (this.rounds.isStopping) return;
      if (clock().getTime() >= end) return this.#pause(call, clock());
      const pauseSeconds = await this.#askAbout(call, clock());
      if (pauseSeconds !== null) return this.#pause(call, new Date(clock().getTime() + pauseSeconds * 1000));
    }
  }

  /** Returns for how long the account is to be left alone, if it said that it takes no more requests. */
  async #askAbout(call: CallRow, now: Date): Promise<number | null> {
    const givenUp = givenUpAt(call.createdAt);
    const isGivenUp = !isSettled(call) && now >= givenUp;
    const isLast = isGivenUp || isSettled(call);
    const next = isLast ? new Date(now.getTime() + ONCE_MORE_MS) : nextAskAt(call.createdAt, now);
    if (!(await this.#claim(call, next))) return null;
    // One that comes up later than that was heard of late, or an event has told something of it since.
    const isLate = call.askAt !== null && call.askAt > givenUp;
    if (isGivenUp && !isLate) return this.#cannotBeKnown(call, next, true);
    const key = await this.inquiry.keyOfBearer(call);
    if (key === 'NO_KEY_CONFIGURED') return this.#cannotBeKnown(call, next, isLast);
    const isOver = isGivenUp && now.getTime() - call.updatedAt.getTime() >= WAITING_AT_MOST_MS;
    // Whoever sets the key again makes it readable.
    if (key === 'KEY_UNREADABLE') return isOver ? this.#cannotBeKnown(call, next, true) : null;
    const { call: known, error } = await this.inquiry.ask(call, key, now);
    if (error?.code === 'RATE_LIMITED' && !isOver) return error.retryAfterSeconds ?? PAUSE_SECONDS;
    if (error === null && isSettled(known)) await this.#settle(call, next);
    else if (isGivenUp) await this.#cannotBeKnown(call, next, true);
    return null;
  }

  /** Whoever changes the time at which a call is due asks about it, and nobody else. */
  #claim({ id, askAt }: CallRow, next: Date): Promise<boolean> {
    return this.database.write(
      async (tx) => (await this.rounds.renew(tx)) && tx.updateRow('calls', { askAt: next }, { id, askAt }),
    );
  }

  async #cannotBeKnown(call: CallRow, next: Date, isLast: boolean): Promise<null> {
    await this.facts.concludeUnknownCost(call.id);
    if (isLast) await this.#settle(call, next);
    return null;
  }

  /** Asks no more about a call, unless something has contradicted what is known of it meanwhile. */
  async #settle({ id }: CallRow, next: Date): Promise<void> {
    await this.database.write((tx) =>
      tx.run('UPDATE calls SET askAt = NULL WHERE id = ? AND askAt = ?', [id, next]),
    );
  }

  /** Puts off all calls that an account carried, and that would come up before a time. */
  async #pause(call: CallRow, until: Date): Promise<void> {
    const { id, provider } = call;
    const bearerId = bearerOf(call);
    await this.database.write(async (tx) => {
      await tx.run('UPDATE calls SET askAt = ? WHERE id = ? AND askAt IS NOT NULL', [until, id]);
      if (bearerId === null) return;
      await tx.run(
        'UPDATE calls SET askAt = ? WHERE askAt < ? AND provider = ? AND (keyOwnerId = ? OR otherOwnerId = ?)',
        [until, until, provider, bearerId, bearerId],
      );
    });
  }
}

/** Returns the calls of each account, the one that waits longest first. */
function byAccount(calls: readonly CallRow[]): CallRow[][] {
  const accounts = new Map<string, CallRow[]>();
  for (const call of calls) {
    const account = [call.provider, bearerOf(call)].join(' ');
    accounts.set(account, [...(accounts.get(account) ?? []), call]);
  }
  return [...accounts.values()];
}
