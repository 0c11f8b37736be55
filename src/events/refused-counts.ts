import type { Database } from '../database/database';
import { Rounds } from '../platform/rounds';

const EVERY_MS = 1_000;

/**
 * Counts the events that were refused by their signature, by endpoint. The counts are in memory for a second
 * at most, so that a flood of them writes a row in a second rather than one for each.
 */
export class RefusedCounts {
  #counts = new Map<string, number>();
  readonly #rounds = new Rounds(EVERY_MS, () => this.write().catch(this.report));

  constructor(
    private readonly database: Database,
    private readonly report: (error: unknown) => void,
  ) {}

  add(endpointId: string): void {
    this.#counts.set(endpointId, (this.#counts.get(endpointId) ?? 0) + 1);
  }

  start(): void {
    this.#rounds.start();
  }

  async stop(): Promise<void> {
    await this.#rounds.stop();
    await this.write().catch(this.report);
  }

  async write(): Promise<void> {
    const counts = this.#counts;
    if (counts.size === 0) return;
    this.#counts = new Map();
    await this.database.write(async (tx) => {
      for (const [id, count] of counts)
        await tx.run('UPDATE webhook_endpoints SET refusedEvents = refusedEvents + ? WHERE id = ?', [
          count,
          id,
        ]);
    });
  }
}
