import type { Viewer } from '../access/viewer';
import type { TenantDatabase } from '../access/tenant-database';
import { AgencyRow } from './agency.entity';

export class AgencyService {
  constructor(private readonly database: TenantDatabase) {}

  /** Reads the viewer's own agency: there is no way to name another one. */
  own(viewer: Viewer): Promise<AgencyRow> {
    return this.database.read.findOneByOrFail(AgencyRow, { id: viewer.agencyId });
  }
}
