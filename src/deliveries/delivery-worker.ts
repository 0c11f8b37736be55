import type { Database } from '../database/database';
import { Lease } from '../database/lease';
import { placeholders } from '../database/raw';
import { leastIdOf } from '../platform/ids';
import { Rounds } from '../platform/rounds';
import type { DeliveryBatch } from './delivery-batch';
import { expandMessages } from './expansion';
import { OutgoingWebhookRow } from './outgoing-webhook.entity';
import { ATTEMPT_TIMEOUT_MS } from './sender';

/** How often an instance looks for messages and for deliveries that are due. */
const EVERY_MS = 500;
/** How long other instances wait for the one that makes deliveries of messages, if it died. */
const LEASE_MS = 1_500;
/** How long an instance has for the deliveries of a webhook that it attempts at the same time. */
const CLAIM_MS = 2 * ATTEMPT_TIMEOUT_MS;
/** How many webhooks an instance works at the same time. */
const AT_ONCE = 50;
/** Deliveries are kept for this long. */
export const KEPT_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
const REMOVED_EVERY_MS = 60 * 60 * 1000;
const REMOVED_AT_ONCE = 1_000;

/**
 * Sends what was announced to the agencies' own systems, each message at least once. Any instance does so. A
 * webhook is claimed by one of them, whose receiver is then sent a few messages at a time; whatever that
 * takes, no other webhook waits for it.
 */
export class DeliveryWorker {
  readonly #lease: Lease;
  readonly #rounds = new Rounds(EVERY_MS, () => this.#round());
  /** What is being sent, by the id of the webhook. */
  readonly #inFlight = new Map<string, Promise<void>>();
  #isStopping = false;
  #removedAt = 0;

  constructor(
    private readonly database: Database,
    private readonly batch: DeliveryBatch,
    private readonly report: (error: unknown) => void,
  ) {
    this.#lease = new Lease(database, 'outbox', LEASE_MS);
  }

  start(): void {
    this.#rounds.start();
  }

  /** Ends with what is being sent. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#rounds.stop();
    await Promise.all(this.#inFlight.values());
    await this.#lease.release().catch(this.report);
    this.#isStopping = false;
  }

  /** Sends all that is due, and waits for it. */
  async work(): Promise<void> {
    await this.#expand();
    while ((await this.#startDue()) > 0) await Promise.all(this.#inFlight.values());
  }

  /** Removes the deliveries that were made so long ago, but for those that somebody has asked for again. */
  async removeOld(now = new Date()): Promise<void> {
    const end = leastIdOf(new Date(now.getTime() - KEPT_DAYS * DAY_MS));
    for (let count = REMOVED_AT_ONCE; count === REMOVED_AT_ONCE && !this.#isStopping;) {
      const old = await this.database.read.rows<{ id: string }>(
        "SELECT id FROM deliveries WHERE id < ? AND status <> 'WAITING' ORDER BY id LIMIT ?",
        [end, REMOVED_AT_ONCE],
      );
      const ids = old.map(({ id }) => id);
      if (ids.length > 0)
        await this.database.write((tx) =>
          tx.run(`DELETE FROM deliveries WHERE id IN (${placeholders(ids)})`, ids),
        );
      count = ids.length;
    }
  }

  async #round(): Promise<void> {
    try {
      await this.#expand();
      await this.#startDue();
      if (Date.now() - this.#removedAt < REMOVED_EVERY_MS) return;
      this.#removedAt = Date.now();
      await this.removeOld();
    } catch (error) {
      this.report(error);
    }
  }

  async #expand(): Promise<void> {
    const [waiting] = await this.database.read.rows("SELECT id FROM outgoing_messages WHERE id > '' LIMIT 1");
    if (!waiting || !(await this.#lease.take())) return;
    while (await this.database.write((tx) => expandMessages(tx, this.#lease)));
  }

  /** Begins with the webhooks for which something is due, and tells with how many. */
  async #startDue(): Promise<number> {
    const now = new Date();
    const due = await this.database.read.rows<{ id: string }>(
      `SELECT id FROM outgoing_webhooks WHERE dueAt <= ? AND (pausedUntil IS NULL OR pausedUntil <= ?)
       AND (claimedUntil IS NULL OR claimedUntil <= ?) ORDER BY dueAt LIMIT ?`,
      [now, now, now, AT_ONCE],
    );
    const idle = due.filter(({ id }) => !this.#inFlight.has(id)).slice(0, AT_ONCE - this.#inFlight.size);
    for (const { id } of idle)
      this.#inFlight.set(
        id,
        this.#workAll(id).finally(() => this.#inFlight.delete(id)),
      );
    return idle.length;
  }

  async #workAll(id: string): Promise<void> {
    try {
      while (!this.#isStopping) {
        const webhook = await this.#claim(id);
        if (!webhook) return;
        await this.batch.work(webhook);
      }
    } catch (error) {
      this.report(error);
    }
  }

  /** Of several instances, the one that changes the row has the webhook. */
  async #claim(id: string): Promise<OutgoingWebhookRow | null> {
    const webhook = await this.database.read.findOneBy(OutgoingWebhookRow, { id });
    const now = new Date();
    if (!webhook || !isDue(webhook, now)) return null;
    const claimed = {
      fence: webhook.fence + 1,
      claimedUntil: new Date(now.getTime() + CLAIM_MS),
    };
    const isMine = await this.database.write((tx) =>
      tx.updateRow('outgoing_webhooks', claimed, { id, fence: webhook.fence }),
    );
    return isMine ? { ...webhook, ...claimed } : null;
  }
}

function isDue({ dueAt, pausedUntil, claimedUntil }: OutgoingWebhookRow, now: Date): boolean {
  return dueAt !== null && dueAt <= now && [pausedUntil, claimedUntil].every((end) => !end || end <= now);
}
