import { noteKeyChanges } from '../../agencies/changed-owner';
import type { AuditEventRow } from '../../audit/audit.entity';
import type { Transaction } from '../../database/transaction';

const TELLS_OF_A_KEY: ReadonlySet<AuditEventRow['type']> = new Set(['API_KEY_SET', 'API_KEY_CLEARED']);

/**
 * Notes the owners of keys that were set or cleared, as the events of the audit trail tell, in the
 * transaction that chains these. That happens once to each event, so that setting and clearing keys have
 * nothing to write for it, and an owner whose key changes again and again is noted once for many changes.
 */
export async function noteKeyOwners(tx: Transaction, events: readonly AuditEventRow[]): Promise<void> {
  const changes = new Map(
    events
      .filter(({ type }) => TELLS_OF_A_KEY.has(type))
      .map((event) => [event.clientId ?? event.agencyId, event]),
  );
  await noteKeyChanges(tx, changes.values());
}
