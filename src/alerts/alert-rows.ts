import { system } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import type { Transaction } from '../database/transaction';
import type { KeyOwner } from '../keys/place';
import { type AlertRow, clientOf } from './alert.entity';
import type { Problem } from './conditions';

/** Every alert is opened here, in the transaction that has found its cause. */
export async function openAlert(
  tx: Transaction,
  audit: AuditTrail,
  { id: ownerId, agencyId }: KeyOwner,
  problem: Problem & Pick<AlertRow, 'cause' | 'affectedAgentCount' | 'outgoingWebhookHost'>,
): Promise<void> {
  const { kind, provider, webhook, cause, affectedAgentCount, outgoingWebhookHost } = problem;
  const alert: AlertRow = {
    ...{ id: tx.lastingId(), agencyId, ownerId, kind, provider, affectedAgentCount, isOpen: true, cause },
    ...{ outgoingWebhookId: webhook?.id ?? null, outgoingWebhookHost },
    ...{ openedAt: new Date(), acknowledgedAt: null, closedAt: null },
  };
  await tx.insertRow('alerts', alert);
  await audit.record(tx, system(agencyId), { type: 'ALERT_OPENED', ...nameOf(alert) });
}

/** Every alert is closed here, in the transaction that has found its cause gone. */
export async function closeAlert(tx: Transaction, audit: AuditTrail, alert: AlertRow): Promise<void> {
  const change = { isOpen: false, cause: null, closedAt: new Date() };
  await tx.updateRow('alerts', change, { id: alert.id, isOpen: true });
  await audit.record(tx, system(alert.agencyId), {
    type: 'ALERT_CLOSED',
    ...nameOf({ ...alert, ...change }),
  });
}

/** Names an alert as the audit trail does. */
export function nameOf(alert: AlertRow) {
  const { id: alertId, kind, provider, outgoingWebhookId } = alert;
  return { alertId, kind, clientId: clientOf(alert), provider, outgoingWebhookId };
}
