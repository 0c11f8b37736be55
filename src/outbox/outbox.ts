import type { AuditEventRow } from '../audit/audit.entity';
import { placeholders } from '../database/raw';
import type { Transaction } from '../database/transaction';
import { bodyOf, type Announcement, type MessageType } from './message-types';

/**
 * Announces what happens to the agencies that have webhooks, in the transaction in which it happens: either
 * both are committed, or neither is. For any other agency this is one look into an index.
 */
export async function announce(tx: Transaction, ...announcements: readonly Announcement[]): Promise<void> {
  const agencyIds = [...new Set(announcements.map(({ agencyId }) => agencyId))];
  if (agencyIds.length === 0) return;
  const listening = await tx.rows<{ agencyId: string }>(
    `SELECT DISTINCT agencyId FROM outgoing_webhooks WHERE agencyId IN (${placeholders(agencyIds)})`,
    agencyIds,
  );
  const told = new Set(listening.map(({ agencyId }) => agencyId));
  for (const each of announcements.filter(({ agencyId }) => told.has(agencyId))) {
    const { agencyId, type } = each;
    await tx.insertRow('outgoing_messages', { id: tx.lastingId(), agencyId, type, body: bodyOf(each) });
  }
}

/** The events of the audit trail that are announced, with the details of theirs that are told. */
const OF_THE_TRAIL: Partial<Record<AuditEventRow['type'], readonly [MessageType, ...string[]]>> = {
  API_KEY_SET: ['API_KEY_SET', 'provider', 'version'],
  API_KEY_CLEARED: ['API_KEY_CLEARED', 'provider', 'version'],
  HAND_IN_RECEIVED: ['HAND_IN_RECEIVED', 'provider', 'keyHandInId'],
  ALERT_OPENED: ['ALERT_OPENED', 'provider', 'alertId', 'kind', 'outgoingWebhookId'],
  ALERT_CLOSED: ['ALERT_CLOSED', 'provider', 'alertId', 'kind', 'outgoingWebhookId'],
};

/**
 * Announces what events of the audit trail tell of, in the transaction that gives them their places in the
 * chain. That happens once to each event, so that setting and clearing keys have nothing to write for it.
 */
export async function announceEvents(tx: Transaction, events: readonly AuditEventRow[]): Promise<void> {
  await announce(tx, ...events.flatMap(announcementOf));
}

function announcementOf({ agencyId, type: event, at, clientId, details }: AuditEventRow): Announcement[] {
  const announced = OF_THE_TRAIL[event];
  if (!announced) return [];
  const [type, ...told] = announced;
  const all = JSON.parse(details) as Announcement['data'];
  const data = { clientId, ...Object.fromEntries(told.map((name) => [name, all[name] ?? null])) };
  return [{ agencyId, type, at, data }];
}
