import { setTimeout as wait } from 'node:timers/promises';
import { Rounds } from '../platform/rounds';
import { ConnectionLost } from './database-errors';
import type { DatabaseHost } from './address';
import { leadTo, type MysqlPool } from './typeorm-internals';

/** A host that hangs is left after the first of these and twice the second: it says nothing by itself. */
const ASKED_EVERY_MS = 500;
const ANSWER_TIMEOUT_MS = 700;
/** The nodes of a cluster stand still until they have left out one that died, and answer again at once. */
const ASKED_AGAIN_AFTER_MS = 200;

/**
 * Leads the pool of connections to one of several hosts that hold the same data. It is used until it is dead,
 * hangs, or cannot be used as it is; then the next one is, which answers.
 */
export class HostWatch {
  #isOver = false;
  readonly #rounds = new Rounds(ASKED_EVERY_MS, () => this.#look());

  constructor(
    private readonly pool: MysqlPool,
    private readonly hosts: readonly DatabaseHost[],
    private current: DatabaseHost,
    /** Throws an error where the host cannot be used within this time. */
    private readonly ask: (host: DatabaseHost, timeoutMs: number) => Promise<void>,
  ) {}

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    this.#isOver = true;
    return this.#rounds.stop();
  }

  async #look(): Promise<void> {
    if (await this.#isUsable(this.current)) return;
    // One late answer may be this process's own fault, whose event loop stood still.
    const hosts = [this.current, ...this.hosts.filter((host) => host !== this.current)];
    let next: DatabaseHost | undefined;
    while (!next && !this.#isOver) {
      const usable = await Promise.all(hosts.map((host) => this.#isUsable(host)));
      next = hosts.find((_host, index) => usable[index]);
      if (!next) await wait(ASKED_AGAIN_AFTER_MS, undefined, { ref: false });
    }
    if (!next || next === this.current) return;
    this.current = next;
    leadTo(this.pool, next, new ConnectionLost('The host of the database was left for another one'));
  }

  async #isUsable(host: DatabaseHost): Promise<boolean> {
    return this.ask(host, ANSWER_TIMEOUT_MS).then(
      () => true,
      () => false,
    );
  }
}
