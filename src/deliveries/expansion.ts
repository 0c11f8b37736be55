import type { Lease } from '../database/lease';
import { placeholders } from '../database/raw';
import { ConcurrentChange } from '../database/repetition';
import type { Transaction } from '../database/transaction';
import type { OutgoingMessageRow } from '../outbox/message.entity';
import type { DeliveryRow } from './delivery.entity';
import type { OutgoingWebhookRow } from './outgoing-webhook.entity';

/** How many messages become deliveries together at most. */
const BATCH = 100;

type Listening = Pick<OutgoingWebhookRow, 'id' | 'agencyId'> & { readonly types: string };

/**
 * Makes a delivery of the oldest messages for each webhook that wants them, and removes the messages. Tells
 * whether there may be more.
 */
export async function expandMessages(tx: Transaction, lease: Lease): Promise<boolean> {
  if (!(await lease.renew(tx))) return false;
  const messages = await tx.rows<OutgoingMessageRow>(
    "SELECT id, agencyId, type, body FROM outgoing_messages WHERE id > '' ORDER BY id LIMIT ?",
    [BATCH],
  );
  if (messages.length === 0) return false;
  const agencyIds = [...new Set(messages.map(({ agencyId }) => agencyId))];
  const webhooks = await tx.rows<Listening>(
    `SELECT id, agencyId, types FROM outgoing_webhooks WHERE agencyId IN (${placeholders(agencyIds)})`,
    agencyIds,
  );
  const now = new Date();
  for (const message of messages)
    for (const webhook of webhooks.filter((each) => wants(each, message)))
      await tx.insertRow('deliveries', newDelivery(tx.lastingId(), webhook, message, now));
  const ids = messages.map(({ id }) => id);
  const removed = await tx.run(`DELETE FROM outgoing_messages WHERE id IN (${placeholders(ids)})`, ids);
  if (removed !== ids.length) throw new ConcurrentChange();
  const told = webhooks.filter((webhook) => messages.some((message) => wants(webhook, message)));
  for (const { id } of told) await callFor(tx, id, now);
  return messages.length === BATCH;
}

/**
 * Sees to it that the deliveries of a webhook are looked at now. The row is always changed, so that whoever
 * ends a claim at the same time sees them, or is seen.
 */
export async function callFor(tx: Transaction, webhookId: string, now: Date): Promise<void> {
  await tx.updateRow('outgoing_webhooks', { dueAt: now }, { id: webhookId });
}

function wants({ agencyId, types }: Listening, message: OutgoingMessageRow): boolean {
  return agencyId === message.agencyId && (JSON.parse(types) as string[]).includes(message.type);
}

function newDelivery(
  id: string,
  { id: webhookId, agencyId }: Listening,
  { id: messageId, type, body }: OutgoingMessageRow,
  now: Date,
): Omit<DeliveryRow, 'attemptedAt' | 'givenUpAt' | 'fault' | 'httpStatus' | 'durationMs'> {
  const due = { status: 'WAITING', attempts: 0, dueAt: now, createdAt: now } as const;
  return { id, agencyId, webhookId, messageId, type, body, ...due };
}
