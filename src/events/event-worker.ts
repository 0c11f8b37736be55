import type { Database } from '../database/database';
import { placeholders } from '../database/raw';
import type { Transaction } from '../database/transaction';
import { newId } from '../platform/ids';
import { Rounds } from '../platform/rounds';
import { ProviderEventRow } from './provider-event.entity';

/** How often an instance looks for events that wait. */
const EVERY_MS = 500;
/** How long an instance has for the events that it has taken, before another one may take them. */
const CLAIM_MS = 30_000;
/** How many events are taken together at most, and how many of them are worked at the same time. */
const BATCH = 100;
const AT_ONCE = 10;
/** An event that fails waits twice as long each time, from the first of these times to the second. */
const RETRY_MS = [1_000, 60 * 60 * 1000] as const;

/** Does what an event asks for, inside the transaction that also notes it as done. */
export type EventEffect = (tx: Transaction, event: ProviderEventRow) => Promise<void>;

/**
 * Works the events that are on record, each at least once and with one effect: an event is noted as done in
 * the transaction of its effect, by whoever has it then. Any instance works any event. None is locked while
 * it waits, so that this holds on every node of a cluster as well.
 */
export class EventWorker {
  readonly #rounds = new Rounds(EVERY_MS, () => this.#round());
  #isStopping = false;

  constructor(
    private readonly database: Database,
    private readonly effect: EventEffect,
    private readonly report: (error: unknown) => void,
  ) {}

  start(): void {
    this.#rounds.start();
  }

  /** Ends with the events that it has taken: other instances may go on to put events on record. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#rounds.stop();
    this.#isStopping = false;
  }

  /** Works the events that are due, until there are none or it is told to stop. */
  async work(): Promise<void> {
    while (!this.#isStopping) {
      const events = await this.#take();
      if (events.length === 0) return;
      for (let start = 0; start < events.length; start += AT_ONCE)
        await Promise.all(events.slice(start, start + AT_ONCE).map((event) => this.#workOne(event)));
    }
  }

  async #round(): Promise<void> {
    try {
      await this.work();
    } catch (error) {
      this.report(error);
    }
  }

  // Whoever changes a row has it. A claim that has run out is taken over in the same way.
  async #take(): Promise<ProviderEventRow[]> {
    const { read } = this.database;
    const now = new Date();
    const due = await read.rows<{ id: string }>(
      "SELECT id FROM provider_events WHERE state = 'WAITING' AND dueAt <= ? ORDER BY dueAt LIMIT ?",
      [now, BATCH],
    );
    if (due.length === 0) return [];
    const ids = due.map(({ id }) => id);
    const claim = newId();
    await this.database.write((tx) =>
      tx.run(
        `UPDATE provider_events SET claim = ?, dueAt = ? WHERE id IN (${placeholders(ids)}) AND state = 'WAITING' AND dueAt <= ?`,
        [claim, new Date(now.getTime() + CLAIM_MS), ...ids, now],
      ),
    );
    return read.find(ProviderEventRow, { where: { claim }, order: { id: 'ASC' } });
  }

  async #workOne(event: ProviderEventRow): Promise<void> {
    try {
      await this.database.write(async (tx) => {
        const { id, claim } = event;
        const isMine = await tx.updateRow(
          'provider_events',
          { state: 'DONE', claim: null },
          { id, claim, state: 'WAITING' },
        );
        if (isMine) await this.effect(tx, event);
      });
    } catch (error) {
      this.report(error);
      await this.#putOff(event).catch(this.report);
    }
  }

  #putOff({ id, claim, attempts }: ProviderEventRow): Promise<unknown> {
    const [first, longest] = RETRY_MS;
    const pause = Math.min(first * 2 ** attempts, longest);
    const change = { attempts: attempts + 1, dueAt: new Date(Date.now() + pause), claim: null };
    return this.database.write((tx) => tx.updateRow('provider_events', change, { id, claim }));
  }
}
