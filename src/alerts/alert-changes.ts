import { In } from 'typeorm';
import { system } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import { filledUp } from '../database/raw';
import type { Transaction } from '../database/transaction';
import type { KeyOwner } from '../keys/place';
import { AlertRow, clientOf } from './alert.entity';
import { problemsOf, type OwnerFacts, type Problem } from './conditions';
import { countUsers } from './owner-facts';

/** Opens and closes the alerts of owners, so that there is one for each problem and none without. */
export async function adjustAlerts(
  tx: Transaction,
  audit: AuditTrail,
  facts: readonly OwnerFacts[],
): Promise<void> {
  const ids = filledUp(facts.map(({ owner }) => owner.id));
  const open = await tx.find(AlertRow, { where: { ownerId: In(ids), isOpen: true } });
  for (const each of facts) {
    const { owner } = each;
    const problems = new Map(problemsOf(each).map((problem) => [causeOf(owner, problem), problem]));
    const known = open.filter(({ ownerId }) => ownerId === owner.id);
    for (const alert of known) if (!problems.has(alert.cause ?? '')) await closeAlert(tx, audit, alert);
    for (const [cause, problem] of problems) {
      const alert = known.find((row) => row.cause === cause);
      const affectedAgentCount = await countOf(tx, owner, problem);
      const shown = { affectedAgentCount, outgoingWebhookHost: problem.webhook?.host ?? null };
      if (!alert) await openAlert(tx, audit, owner, { ...problem, ...shown, cause });
      else if (
        alert.affectedAgentCount !== affectedAgentCount ||
        alert.outgoingWebhookHost !== shown.outgoingWebhookHost
      )
        await tx.updateRow('alerts', shown, { id: alert.id });
    }
  }
}

function causeOf({ id }: KeyOwner, { kind, provider, webhook }: Problem): string {
  return [id, kind, webhook?.id ?? provider ?? ''].join(' ');
}

async function countOf(tx: Transaction, owner: KeyOwner, { agentCount, provider }: Problem): Promise<number> {
  return agentCount ?? (provider === null ? 0 : countUsers(tx, owner, provider));
}

/** Every alert is opened here, in the transaction that has found its cause. */
async function openAlert(
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
async function closeAlert(tx: Transaction, audit: AuditTrail, alert: AlertRow): Promise<void> {
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
