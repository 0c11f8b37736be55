import { requireAdmin } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { TenantDatabase } from '../access/tenant-database';
import { AgencyRow } from '../agencies/agency.entity';
import type { AuditTrail } from '../audit/audit-trail';
import { userError, type UserError } from '../graphql/user-error';
import { timeZoneNamed } from '../platform/calendar';

const UNKNOWN_ZONE = 'A name of the IANA time zone database, e.g. Europe/Berlin.';

/** The time zone by which an agency counts days and periods. */
export class TimeZoneService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
  ) {}

  /** Sets the time zone from now on. Statements that are final keep the period that they have. */
  async set(viewer: Viewer, name: string): Promise<{ agency: AgencyRow | null; userErrors: UserError[] }> {
    requireAdmin(viewer);
    const timeZone = timeZoneNamed(name.trim());
    if (timeZone === null) {
      const unknown = userError('INVALID_FORMAT', ['input', 'timeZone'], UNKNOWN_ZONE);
      return { agency: null, userErrors: [unknown] };
    }
    return this.database.write(viewer, async (tx) => {
      const agency = await tx.lock(AgencyRow, viewer.agencyId);
      if (!agency || agency.timeZone === timeZone) return { agency, userErrors: [] };
      await tx.update(AgencyRow, { id: agency.id }, { timeZone });
      await this.audit.record(tx, viewer, { type: 'TIME_ZONE_CHANGED', timeZone });
      return { agency: { ...agency, timeZone }, userErrors: [] };
    });
  }
}
