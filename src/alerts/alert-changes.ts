import { In } from 'typeorm';
import type { AuditTrail } from '../audit/audit-trail';
import { filledUp } from '../database/raw';
import type { Transaction } from '../database/transaction';
import type { KeyOwner } from '../keys/place';
import { closeAlert, openAlert } from './alert-rows';
import { AlertRow } from './alert.entity';
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
