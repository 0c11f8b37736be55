import { Column, Entity, Index } from 'typeorm';
import { permissionList, type PortalPermission } from '../access/portal-permissions';
import { IdColumn, ReferenceColumn, TimeColumn } from '../database/columns';
import { AgencyRow } from '../agencies/agency.entity';

@Entity('clients')
@Index('clients_by_agency', ['agencyId', 'id'])
export class ClientRow {
  @IdColumn()
  id!: string;

  @ReferenceColumn(() => AgencyRow, 'clients_agency')
  agencyId!: string;

  @Column('varchar', { length: 200 })
  name!: string;

  @TimeColumn({ nullable: true })
  archivedAt!: Date | null;

  /** The permissions of a portal user who is invited without naming any. */
  @Column('varchar', { length: 255, default: '', transformer: permissionList })
  portalPermissions!: PortalPermission[];

  /** Whether a key that is handed in is accepted at once if its provider says that it is valid. */
  @Column('boolean', { default: false })
  acceptsValidHandIns!: boolean;

  @TimeColumn()
  createdAt!: Date;
}
