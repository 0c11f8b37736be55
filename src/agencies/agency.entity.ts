import { Column, Entity, PrimaryColumn } from 'typeorm';
import { permissionList, type PortalPermission } from '../access/viewer';

@Entity('agencies')
export class AgencyRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 200 })
  name!: string;

  /** Copied to every client at its creation. */
  @Column('varchar', { length: 255, default: '', transformer: permissionList })
  portalPermissions!: PortalPermission[];

  @Column('datetime', { precision: 3 })
  createdAt!: Date;
}
