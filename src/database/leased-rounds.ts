import { Rounds } from '../platform/rounds';
import type { Database } from './dialect';
import { Lease } from './lease';
import type { Transaction } from './transaction';

interface Timing {
  /** The pause between two rounds. */
  readonly everyMs: number;
  /** How long others wait for an instance of which nothing is heard. It is renewed by the work. */
  readonly leaseMs: number;
}

/**
 * Work that every instance looks for again and again, and that one at a time does. When it is told to stop,
 * it ends with what it has begun, and leaves the rest to other instances.
 */
export class LeasedRounds {
  readonly #lease: Lease;
  readonly #rounds: Rounds;
  #isStopping = false;

  constructor(
    database: Database,
    name: string,
    { everyMs, leaseMs }: Timing,
    work: () => Promise<void>,
    private readonly report: (error: unknown) => void,
  ) {
    this.#lease = new Lease(database, name, leaseMs);
    this.#rounds = new Rounds(everyMs, () => work().catch(report));
  }

  /** Whether the work is to begin nothing more. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  start(): void {
    this.#rounds.start();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#rounds.stop();
    await this.#lease.release().catch(this.report);
    this.#isStopping = false;
  }

  take(): Promise<boolean> {
    return this.#lease.take();
  }

  /** Where it answers false, another instance has the work, and the transaction must not write. */
  renew(tx: Transaction): Promise<boolean> {
    return this.#lease.renew(tx);
  }
}
