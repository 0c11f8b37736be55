import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { permissionList, type PortalPermission } from '../access/viewer';
import { AgencyRow } from '../agencies/agency.entity';

@Entity('clients')
@Index('clients_by_agency', ['agencyId', 'id'])
export class ClientRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @ForeignKey(() => AgencyRow, { name: 'clients_agency', onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @Column('varchar', { length: 36 })
  agencyId!: string;

  @Column('varchar', { length: 200 })
  name!: string;

  @Column('datetime', { precision: 3, nullable: true })
  archivedAt!: Date | null;

  /** What a new portal user of this client may do when nothing else is said. */
  @Column('varchar', { length: 255, default: '', transformer: permissionList })
  portalPermissions!: PortalPermission[];

  /** Whether a key that is handed in counts at once if its provider says that it is valid. */
  @Column('boolean', { default: false })
  acceptsValidHandIns!: boolean;

  @Column('datetime', { precision: 3 })
  createdAt!: Date;
}
