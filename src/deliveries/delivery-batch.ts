import { noteChange } from '../agencies/changed-owner';
import type { AuditTrail } from '../audit/audit-trail';
import { system } from '../audit/audit-event';
import type { Database } from '../database/database';
import { dateOrNull, placeholders, type RawDate } from '../database/raw';
import type { Reader, Transaction } from '../database/transaction';
import type { Cipher } from '../vault/cipher';
import { MessageSigner } from '../vault/message-signatures';
import { deliveryAfter, healthAfter } from './attempts';
import type { DeliveryRow } from './delivery.entity';
import { OutgoingWebhookSecretRow, signingSecretPlace } from './outgoing-webhook-secret.entity';
import { hostOf, OutgoingWebhookRow } from './outgoing-webhook.entity';
import type { Attempted, Sender } from './sender';

/** How many messages a receiver is sent at the same time. */
const AT_ONCE = 10;
/** How many deliveries of a webhook that is off are given up together. */
const GIVEN_UP_AT_ONCE = 500;

type Due = Pick<DeliveryRow, 'id' | 'messageId' | 'body' | 'attempts'>;

/** What is told of the work: what came of an attempt, or of deliveries that are given up. */
export interface DeliveryReport {
  delivery(outcome: DeliveryRow['status'], count?: number): void;
}

interface Attempt {
  readonly delivery: Due;
  readonly at: Date;
  readonly durationMs: number;
  readonly attempted: Attempted;
}

/** What is sent to one webhook at the same time, by the instance that has claimed it. */
export class DeliveryBatch {
  constructor(
    private readonly database: Database,
    private readonly cipher: Cipher,
    private readonly audit: AuditTrail,
    private readonly sender: Sender,
    private readonly report: (error: unknown) => void,
    private readonly metrics: DeliveryReport | null = null,
  ) {}

  /** Attempts what is due and records it. A receiver that was down is first sent one message alone. */
  async work(webhook: OutgoingWebhookRow): Promise<void> {
    if (webhook.offReason !== null) return this.#giveUp(webhook);
    const count = webhook.faults > 0 ? 1 : AT_ONCE;
    const due = await dueOf(this.database.read, webhook.id, new Date(), count);
    const signers = await this.#signersOf(webhook);
    const attempts = await Promise.all(due.map((delivery) => this.#attempt(webhook, signers, delivery)));
    const outcomes = await this.database.write((tx) => this.#record(tx, webhook, attempts));
    for (const outcome of outcomes) this.metrics?.delivery(outcome);
  }

  async #signersOf({ id: webhookId }: OutgoingWebhookRow): Promise<MessageSigner[]> {
    const rows = await this.database.read.find(OutgoingWebhookSecretRow, {
      where: { webhookId },
      order: { version: 'DESC' },
    });
    const now = new Date();
    const valid = rows.filter(({ validUntil }) => validUntil === null || validUntil > now);
    return valid.flatMap((row) => {
      try {
        return MessageSigner.open(this.cipher, row.sealed ?? '', signingSecretPlace(row));
      } catch (error) {
        this.report(error);
        return [];
      }
    });
  }

  // Every secret that is valid signs, so that its receiver may know either of them during a rotation.
  async #attempt(
    { url }: OutgoingWebhookRow,
    signers: readonly MessageSigner[],
    delivery: Due,
  ): Promise<Attempt> {
    const at = new Date();
    const { messageId: id, body } = delivery;
    const timestamp = Math.floor(at.getTime() / 1000);
    const signature = signers.map((signer) => signer.sign(id, timestamp, body)).join(' ');
    const attempted =
      signature === '' ? UNSIGNED : await this.sender.send(url, { id, timestamp, signature, body });
    return { delivery, at, durationMs: Date.now() - at.getTime(), attempted };
  }

  // A delivery that was recorded otherwise meanwhile stays so. The webhook is left to whoever has claimed it
  // since.
  async #record(
    tx: Transaction,
    { id, fence }: OutgoingWebhookRow,
    attempts: readonly Attempt[],
  ): Promise<DeliveryRow['status'][]> {
    const webhook = await tx.lock(OutgoingWebhookRow, id);
    const now = new Date();
    const outcomes: DeliveryRow['status'][] = [];
    for (const { delivery, at, durationMs, attempted } of attempts) {
      const change = deliveryAfter(delivery, attempted, now, Math.random());
      // It is sent again to the address that there is now.
      if (change.status === 'FAILED' && webhook?.fence !== fence) continue;
      const seen = { id: delivery.id, status: 'WAITING', attempts: delivery.attempts };
      await tx.updateRow('deliveries', { ...change, attemptedAt: at, durationMs }, seen);
      outcomes.push(change.status);
    }
    if (webhook?.fence !== fence) return outcomes;
    const attempted = attempts.map((attempt) => attempt.attempted);
    const dueAt = await nextDue(tx, id);
    const health = attempts.length === 0 ? {} : healthAfter(webhook, attempted, dueAt !== null, now);
    await release(tx, id, { ...health, dueAt });
    if ('offReason' in health && health.offReason !== webhook.offReason) await this.#tell(tx, webhook);
    return outcomes;
  }

  async #tell(tx: Transaction, { agencyId, id: outgoingWebhookId, url }: OutgoingWebhookRow): Promise<void> {
    const event = { outgoingWebhookId, name: hostOf(url) };
    await this.audit.record(tx, system(agencyId), { type: 'OUTGOING_WEBHOOK_SWITCHED_OFF', ...event });
    await noteChange(tx, agencyId, null);
  }

  /** What waits for a webhook that is off has failed. It can be delivered again once the webhook is on. */
  async #giveUp({ id, fence }: OutgoingWebhookRow): Promise<void> {
    const count = await this.database.write(async (tx) => {
      const webhook = await tx.lock(OutgoingWebhookRow, id);
      if (webhook?.fence !== fence) return 0;
      const due = webhook.offReason === null ? [] : await waitingOf(tx, id);
      if (due.length > 0)
        await tx.run(
          `UPDATE deliveries SET status = 'FAILED', fault = 'SWITCHED_OFF', dueAt = NULL, givenUpAt = ? WHERE id IN (${placeholders(due)})`,
          [new Date(), ...due],
        );
      await release(tx, id, { dueAt: await nextDue(tx, id) });
      return due.length;
    });
    if (count > 0) this.metrics?.delivery('FAILED', count);
  }
}

const UNSIGNED: Attempted = { fault: 'SECRET_UNREADABLE', httpStatus: null, retryAfterMs: 0 };

function dueOf(read: Reader, webhookId: string, now: Date, count: number): Promise<Due[]> {
  return read.rows<Due>(
    "SELECT id, messageId, body, attempts FROM deliveries WHERE webhookId = ? AND status = 'WAITING' AND dueAt <= ? ORDER BY dueAt LIMIT ?",
    [webhookId, now, count],
  );
}

async function waitingOf(tx: Transaction, webhookId: string): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(
    "SELECT id FROM deliveries WHERE webhookId = ? AND status = 'WAITING' LIMIT ?",
    [webhookId, GIVEN_UP_AT_ONCE],
  );
  return rows.map(({ id }) => id);
}

/** Whoever adds deliveries locks the row of their webhook, so that none of them is overlooked. */
async function nextDue(tx: Transaction, webhookId: string): Promise<Date | null> {
  const [first] = await tx.rows<{ dueAt: RawDate | null }>(
    "SELECT MIN(dueAt) AS dueAt FROM deliveries WHERE webhookId = ? AND status = 'WAITING'",
    [webhookId],
  );
  return dateOrNull(first?.dueAt ?? null);
}

/** Ends a claim. */
async function release(tx: Transaction, id: string, change: object): Promise<void> {
  await tx.updateRow('outgoing_webhooks', { ...change, claimedUntil: null }, { id });
}
