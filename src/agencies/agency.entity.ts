import { Column, Entity } from 'typeorm';
import { permissionList, type PortalPermission } from '../access/portal-permissions';
import { IdColumn, TimeColumn } from '../database/columns';

@Entity('agencies')
export class AgencyRow {
  @IdColumn()
  id!: string;

  @Column('varchar', { length: 200 })
  name!: string;

  /** These permissions are copied to every client when it is created. */
  @Column('varchar', { length: 255, default: '', transformer: permissionList })
  portalPermissions!: PortalPermission[];

  /** The name of the IANA database by which the days of the agency are counted. */
  @Column('varchar', { length: 64, default: 'UTC' })
  timeZone!: string;

  @TimeColumn()
  createdAt!: Date;
}
