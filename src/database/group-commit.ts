import { setImmediate as turn } from 'node:timers/promises';
import { inTransaction, type Session, type Transaction } from './transaction';

/** How many transactions are committed together at most: their writes are in memory until then. */
const MOST_TOGETHER = 64;

type Outcome = { readonly value: unknown } | { readonly error: unknown };

interface Waiting {
  readonly work: (tx: Transaction) => Promise<unknown>;
  /** Those of `lastingId`, for all runs of the transaction. */
  readonly ids: string[];
  readonly deadline: number;
  readonly settle: (outcome: Outcome) => void;
}

/** Begins again what could not begin because another process has locked the file, until the time is over. */
type WhileLocked = <T>(attempt: () => Promise<T>, deadline: number) => Promise<T>;

/**
 * The transactions of SQLite's one writer. They run one after the other, and those that wait together are
 * committed together: the disk is waited for once for all of them. Each of them is done or undone by itself,
 * and nobody hears what came of one before it is committed.
 */
export class GroupCommit {
  #waiting: Waiting[] = [];
  #isRunning = false;
  #writers = 0;
  #idle: Promise<void> = Promise.resolve();

  constructor(
    private readonly session: Session,
    private readonly whileLocked: WhileLocked,
  ) {}

  /** How many transactions there are, the one that runs included. */
  get writers(): number {
    return this.#writers;
  }

  /** Resolves when all transactions have ended. */
  get idle(): Promise<void> {
    return this.#idle;
  }

  write<T>(work: (tx: Transaction) => Promise<T>, ids: string[], deadline: number): Promise<T> {
    this.#writers += 1;
    const result = new Promise<Outcome>((settle) => this.#waiting.push({ work, ids, deadline, settle }));
    if (!this.#isRunning) this.#idle = this.#run();
    return result.then((outcome) => {
      if ('error' in outcome) throw outcome.error;
      // It is what this `work` returned.
      return outcome.value as T;
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      // The other requests that have arrived come as far as this first.
      await turn();
      await this.#commit(this.#waiting.splice(0, MOST_TOGETHER));
    }
    this.#isRunning = false;
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const outcomes = await this.#outcomesOf(group);
    // Nothing was committed, and any of them may be the reason.
    if (!outcomes) for (const each of group) await this.#commit([each]);
    outcomes?.forEach((outcome, index) => group[index]?.settle(outcome));
    if (outcomes) this.#writers -= group.length;
  }

  /** Returns null for several that have failed together. */
  async #outcomesOf(group: readonly Waiting[]): Promise<readonly Outcome[] | null> {
    const deadline = Math.min(...group.map((each) => each.deadline));
    const [first] = group;
    const isAlone = group.length === 1;
    try {
      // IMMEDIATE takes the write lock first: a transaction that reads before it writes could otherwise not
      // get it any more.
      const begin = () => this.session.command('BEGIN IMMEDIATE');
      const attempt = () => inTransaction(this.session, begin, () => this.#workAll(group), first?.ids ?? []);
      return await this.whileLocked(attempt, deadline);
    } catch (error) {
      return isAlone ? [{ error }] : null;
    }
  }

  async #workAll(group: readonly Waiting[]): Promise<Outcome[]> {
    const { session } = this;
    const [first] = group;
    if (first && group.length === 1) return [{ value: await first.work(session) }];
    const outcomes: Outcome[] = [];
    for (const { work, ids } of group) {
      await session.command('SAVEPOINT one');
      session.beginRun(ids);
      try {
        outcomes.push({ value: await work(session) });
      } catch (error) {
        // After some errors, e.g. of a full disk, SQLite has rolled back everything by itself. Then this
        // fails as well.
        await session.command('ROLLBACK TO one');
        outcomes.push({ error });
      }
      await session.command('RELEASE one');
    }
    return outcomes;
  }
}
