import { requireAdmin } from '../access/context';
import { findOwn, findOwnMany, lockOwn, visibleTo } from '../access/tenancy';
import type { TenantDatabase } from '../access/tenant-database';
import type { Viewer } from '../access/viewer';
import type { AuditTrail } from '../audit/audit-trail';
import { readPage } from '../database/pages';
import type { Transaction } from '../database/transaction';
import { isKeptTime, TIMES } from '../graphql/checks';
import { toPage, type Page, type PageArgs } from '../graphql/page';
import { userError, type UserError } from '../graphql/user-error';
import { leastIdOf } from '../platform/ids';
import { DeliveryRow, type DeliveryStatus } from './delivery.entity';
import { callFor } from './expansion';
import { hostOf, OutgoingWebhookRow } from './outgoing-webhook.entity';

/** As many deliveries as these are asked for again by one request. */
export const MAX_REDELIVERED = 10_000;

export interface DeliveryResult {
  readonly delivery: DeliveryRow | null;
  readonly userErrors: readonly UserError[];
}

export interface RedeliveryResult {
  readonly redeliveredCount: number;
  readonly hasMore: boolean;
  readonly userErrors: readonly UserError[];
}

/** Shows what was sent to webhooks, and sends it again. */
export class DeliveryService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
  ) {}

  /** Lists the deliveries of a webhook, the newest first. There are none of a webhook that is not there. */
  async list(
    viewer: Viewer,
    args: PageArgs,
    webhookId: string,
    status: DeliveryStatus | null,
  ): Promise<Page<DeliveryRow>> {
    requireAdmin(viewer);
    const { read } = this.database;
    const webhook = await findOwn(read, viewer, OutgoingWebhookRow, webhookId);
    if (!webhook) return toPage([], args, () => Promise.resolve(0));
    const query = read.createQueryBuilder(DeliveryRow, 'delivery').where(visibleTo(viewer));
    query.andWhere('delivery.webhookId = :webhookId', { webhookId });
    if (status !== null) query.andWhere('delivery.status = :status', { status });
    const index = status === null ? 'deliveries_by_webhook' : 'deliveries_by_status';
    return readPage(read, query, args, 'DESC', index);
  }

  async findMany(viewer: Viewer, ids: readonly string[]): Promise<(DeliveryRow | null)[]> {
    requireAdmin(viewer);
    const { read } = this.database;
    const rows = await findOwnMany(read, viewer, DeliveryRow, ids);
    const webhookIds = new Set(rows.flatMap((row) => row?.webhookId ?? []));
    const webhooks = await findOwnMany(read, viewer, OutgoingWebhookRow, [...webhookIds]);
    const there = new Set(webhooks.map((webhook) => webhook?.id));
    return rows.map((row) => (there.has(row?.webhookId) ? row : null));
  }

  /** Attempts a delivery now, and ten times again where that fails. One that waits is attempted sooner. */
  async redeliver(viewer: Viewer, id: string): Promise<DeliveryResult> {
    requireAdmin(viewer);
    return this.database.write(viewer, async (tx) => {
      const seen = (await findOwnMany(tx, viewer, DeliveryRow, [id]))[0];
      const webhook = seen && (await lockOwn(tx, viewer, OutgoingWebhookRow, seen.webhookId));
      if (!webhook) return ofOne(userError('NOT_FOUND', ['input', 'webhookDeliveryId']));
      if (webhook.offReason !== null) return ofOne(userError('WEBHOOK_OFF', ['input', 'webhookDeliveryId']));
      const now = new Date();
      const attempts = seen.status === 'WAITING' ? seen.attempts : 0;
      const change = { status: 'WAITING', attempts, dueAt: now } as const;
      await tx.updateRow('deliveries', change, { id });
      await this.#begin(tx, viewer, webhook, now);
      return { delivery: { ...seen, ...change }, userErrors: [] };
    });
  }

  /** Does the same with what has failed, and was made, attempted or given up at this time or later. */
  async redeliverFailed(viewer: Viewer, webhookId: string, since: Date): Promise<RedeliveryResult> {
    requireAdmin(viewer);
    if (!isKeptTime(since)) return ofMany(userError('INVALID_FORMAT', ['input', 'since'], TIMES));
    return this.database.write(viewer, async (tx) => {
      const webhook = await lockOwn(tx, viewer, OutgoingWebhookRow, webhookId);
      if (!webhook) return ofMany(userError('NOT_FOUND', ['input', 'outgoingWebhookId']));
      if (webhook.offReason !== null) return ofMany(userError('WEBHOOK_OFF', ['input', 'outgoingWebhookId']));
      const now = new Date();
      const { count, hasMore } = await askAgain(tx, webhookId, since, now);
      await this.#begin(tx, viewer, webhook, now);
      return { redeliveredCount: count, hasMore, userErrors: [] };
    });
  }

  // Whoever asks for it does not want to wait for the end of a pause.
  async #begin(tx: Transaction, viewer: Viewer, webhook: OutgoingWebhookRow, now: Date): Promise<void> {
    const { id, url } = webhook;
    await callFor(tx, id, now);
    await tx.updateRow('outgoing_webhooks', { pausedUntil: null }, { id });
    const event = { outgoingWebhookId: id, name: hostOf(url) };
    await this.audit.record(tx, viewer, { type: 'WEBHOOK_REDELIVERY_REQUESTED', ...event });
  }
}

async function askAgain(
  tx: Transaction,
  webhookId: string,
  since: Date,
  now: Date,
): Promise<{ count: number; hasMore: boolean }> {
  const condition = "webhookId = ? AND status = 'FAILED' AND (id >= ? OR attemptedAt >= ? OR givenUpAt >= ?)";
  const values = [webhookId, leastIdOf(since), since, since];
  // A database may take another index, of all deliveries of the webhook, or of all there are.
  const deliveries = `deliveries${tx.indexHint('deliveries_by_status')}`;
  const [next] = await tx.rows<{ id: string }>(
    `SELECT id FROM ${deliveries} WHERE ${condition} ORDER BY id LIMIT 1 OFFSET ${MAX_REDELIVERED}`,
    values,
  );
  const count = await tx.run(
    `UPDATE ${deliveries} SET status = 'WAITING', attempts = 0, dueAt = ? WHERE ${condition}${next ? ' AND id < ?' : ''}`,
    [now, ...values, ...(next ? [next.id] : [])],
  );
  return { count, hasMore: next !== undefined };
}

function ofOne(error: UserError): DeliveryResult {
  return { delivery: null, userErrors: [error] };
}

function ofMany(error: UserError): RedeliveryResult {
  return { redeliveredCount: 0, hasMore: false, userErrors: [error] };
}
