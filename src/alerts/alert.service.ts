import { requireAdmin } from '../access/context';
import { findOwnMany, lockOwn, visibleTo } from '../access/tenancy';
import type { TenantDatabase } from '../access/tenant-database';
import type { Viewer } from '../access/viewer';
import type { AuditTrail } from '../audit/audit-trail';
import { readPageAlong } from '../database/pages';
import { toPage, type Page, type PageArgs } from '../graphql/page';
import { userError, type UserError } from '../graphql/user-error';
import { isId } from '../platform/ids';
import { pathOf, type AlertFilter } from './alert-filter';
import { nameOf } from './alert-rows';
import { AlertRow } from './alert.entity';

export interface AlertResult {
  readonly alert: AlertRow | null;
  readonly userErrors: readonly UserError[];
}

/** Shows alerts to agency admins, who can say that they know of one. */
export class AlertService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
  ) {}

  /** Lists alerts, the newest first. */
  async list(viewer: Viewer, args: PageArgs, filter: AlertFilter): Promise<Page<AlertRow>> {
    requireAdmin(viewer);
    const { open, clientId, kinds } = filter;
    // The alerts of the agency itself have its id as that of their owner, and no client.
    const isNoClient = clientId !== null && (!isId(clientId) || clientId === viewer.agencyId);
    if (isNoClient || kinds?.length === 0) return toPage([], args, () => Promise.resolve(0));
    const query = this.database.read.createQueryBuilder(AlertRow, 'alert').where(visibleTo(viewer));
    if (open !== null) query.andWhere('alert.isOpen = :open', { open });
    if (clientId !== null) query.andWhere('alert.ownerId = :clientId', { clientId });
    if (kinds) query.andWhere('alert.kind IN (:...kinds)', { kinds: [...new Set(kinds)] });
    return readPageAlong(this.database.read, query, args, pathOf(filter), null);
  }

  findMany(viewer: Viewer, ids: readonly string[]): Promise<(AlertRow | null)[]> {
    requireAdmin(viewer);
    return findOwnMany(this.database.read, viewer, AlertRow, ids);
  }

  /** Notes that an admin knows of an alert. Doing so again changes nothing. */
  async acknowledge(viewer: Viewer, id: string): Promise<AlertResult> {
    requireAdmin(viewer);
    return this.database.write(viewer, async (tx) => {
      const alert = await lockOwn(tx, viewer, AlertRow, id);
      if (!alert) return { alert, userErrors: [userError('NOT_FOUND', ['input', 'alertId'])] };
      if (alert.acknowledgedAt !== null) return { alert, userErrors: [] };
      const acknowledgedAt = new Date();
      await tx.updateRow('alerts', { acknowledgedAt }, { id });
      await this.audit.record(tx, viewer, { type: 'ALERT_ACKNOWLEDGED', ...nameOf(alert) });
      return { alert: { ...alert, acknowledgedAt }, userErrors: [] };
    });
  }
}
