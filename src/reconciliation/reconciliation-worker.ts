import type { Database } from '../database/database';
import { Lease } from '../database/lease';
import { Rounds } from '../platform/rounds';
import { readPlaces } from './account';
import { nextNight, spanOf } from './nights';
import { lineOf } from './printout';
import type { Reconciler } from './reconciler';
import { ReconciliationRow } from './reconciliation.entity';

/** How often an instance looks whether accounts are due. */
const EVERY_MS = 5 * 60 * 1000;
/** Longer than a provider may ask to be left alone: the lease is renewed before each page and each pause. */
const LEASE_MS = 15 * 60 * 1000;
/** When an account comes up again of which the comparison was cut short. */
const AGAIN_MS = 60 * 60 * 1000;
const BATCH = 100;
const ACCOUNTS_AT_ONCE = 4;

/**
 * Compares every account with its provider's list of calls each night. Any instance does that, under a lease;
 * if two of them do all the same, nothing is recorded twice.
 */
export class ReconciliationWorker {
  readonly #lease: Lease;
  readonly #rounds = new Rounds(EVERY_MS, () => this.reconcileDue().catch(this.report));
  #stopping = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly reconciler: Reconciler,
    private readonly report: (error: unknown) => void,
    /** Told of what differs, call by call, and of each account that was compared, or why it was not. */
    private readonly log: (line: object) => void,
  ) {
    this.#lease = new Lease(database, 'reconciliation', LEASE_MS);
  }

  start(): void {
    this.#rounds.start();
  }

  /** Ends after the page that is being compared. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#rounds.stop();
    await this.#lease.release().catch(this.report);
    this.#stopping = new AbortController();
  }

  /** Compares the accounts that are due, unless another instance holds the lease. */
  async reconcileDue(now = new Date()): Promise<void> {
    if (!(await this.#lease.take())) return;
    await this.#enrol(now);
    const due = await this.database.read
      .createQueryBuilder(ReconciliationRow, 'account')
      .where('account.nextAt <= :now', { now })
      .orderBy('account.nextAt')
      .limit(BATCH)
      .getMany();
    const next = async (): Promise<void> => {
      for (let account = due.shift(); account; account = due.shift()) {
        // A fault of one account leaves the others to be compared. It comes up again later.
        await this.#reconcile(account, now).catch(this.report);
      }
    };
    await Promise.all(Array.from({ length: ACCOUNTS_AT_ONCE }, next));
  }

  /**
   * Enters accounts that have a key since. What begins now is compared as soon as a comparison succeeds,
   * however many nights fail before.
   */
  async #enrol(now: Date): Promise<void> {
    const places = await readPlaces(this.database.read, { agencyId: null, provider: null });
    const entered = await this.database.read.find(ReconciliationRow);
    const known = new Set(entered.map(({ ownerId, provider }) => `${ownerId} ${provider}`));
    const fresh = places.filter(({ owner, provider }) => !known.has(`${owner.id} ${provider}`));
    for (const { owner, provider } of fresh)
      await this.database.write((tx) =>
        tx.insertRow('reconciliations', {
          ...{ ownerId: owner.id, provider, ownerType: owner.type, agencyId: owner.agencyId },
          nextAt: nextNight(owner.id, provider, now),
          doneUntil: now,
        }),
      );
  }

  async #reconcile(row: ReconciliationRow, now: Date): Promise<void> {
    const { ownerId, provider, ownerType, agencyId, nextAt } = row;
    const place = { ownerId, provider };
    if (this.#stopping.signal.aborted) return;
    const claim = new Date(now.getTime() + AGAIN_MS);
    const isMine = await this.database.write(
      async (tx) =>
        (await this.#lease.renew(tx)) &&
        tx.updateRow('reconciliations', { nextAt: claim }, { ...place, nextAt }),
    );
    if (!isMine) return;
    const account = { owner: { type: ownerType, id: ownerId, agencyId }, provider };
    const span = spanOf(row.doneUntil, now);
    const { owners: _owners, ...result } = await this.reconciler.reconcile(
      account,
      span,
      this,
      (difference) => this.log(lineOf(account, difference)),
    );
    const { obstacle } = result;
    this.log(lineOf(account, { kind: 'ACCOUNT', ...result }));
    if (obstacle === 'STOPPED') return;
    await this.database.write(async (tx) => {
      const doneUntil = obstacle === null ? span.until : (row.doneUntil ?? span.since);
      // A key that is set again is that of the same account as a rule, which goes on where it was.
      const isOver = obstacle === 'NO_KEY_CONFIGURED' && doneUntil < span.since;
      if (isOver) await tx.delete(ReconciliationRow, place);
      else {
        const next = { nextAt: nextNight(ownerId, provider, now), doneUntil };
        await tx.updateRow('reconciliations', next, place);
      }
    });
  }

  /** Waits between two requests. Answers false where the work is to end. */
  async wait(ms: number): Promise<boolean> {
    const { signal } = this.#stopping;
    if (!signal.aborted) await paused(ms, signal);
    return !signal.aborted && this.database.write((tx) => this.#lease.renew(tx));
  }
}

function paused(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end);
      resolve();
    }, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
