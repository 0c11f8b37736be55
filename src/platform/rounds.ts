/**
 * Does the same work again and again, a pause after it has ended, until it is told to stop. The work says
 * itself what goes wrong: it never rejects. A process that has nothing else to do does not wait for it.
 */
export class Rounds {
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> = Promise.resolve();

  constructor(
    private readonly pauseMs: number,
    private readonly work: () => Promise<void>,
  ) {}

  start(): void {
    this.#timer = setTimeout(() => {
      this.#round = this.work().finally(() => this.#timer && this.start());
    }, this.pauseMs).unref();
  }

  /** Waits for the round that has begun. */
  async stop(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#round;
  }
}
