import type { Database } from '../database/database';
import { placeholders } from '../database/raw';
import { Rounds } from '../platform/rounds';

/** For how many days events are kept after they were worked. */
export const KEPT_DAYS = 30;
const KEPT_MS = KEPT_DAYS * 24 * 60 * 60 * 1000;
/** How often an instance looks for events that are too old, and how many are removed by one transaction. */
const EVERY_MS = 5 * 60 * 1000;
const BATCH = 500;

/** Removes events that were worked long ago. Any instance does so, and several at once do no harm. */
export class EventRetention {
  readonly #rounds = new Rounds(EVERY_MS, () => this.removeOld().catch(this.report));
  #isStopping = false;

  constructor(
    private readonly database: Database,
    private readonly report: (error: unknown) => void,
  ) {}

  start(): void {
    this.#rounds.start();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#rounds.stop();
    this.#isStopping = false;
  }

  /** Removes all that are too old, a batch at a time, until there are none or it is told to stop. */
  async removeOld(now = new Date()): Promise<void> {
    const before = new Date(now.getTime() - KEPT_MS);
    while (!this.#isStopping) {
      const old = await this.database.read.rows<{ id: string }>(
        "SELECT id FROM provider_events WHERE state = 'DONE' AND dueAt < ? ORDER BY dueAt LIMIT ?",
        [before, BATCH],
      );
      if (old.length === 0) return;
      const ids = old.map(({ id }) => id);
      await this.database.write((tx) =>
        tx.run(`DELETE FROM provider_events WHERE id IN (${placeholders(ids)}) AND state = 'DONE'`, ids),
      );
    }
  }
}
