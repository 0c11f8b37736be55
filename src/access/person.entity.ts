import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { AgencyRow } from '../agencies/agency.entity';
import { ClientRow } from '../clients/client.entity';
import type { PortalPermission, ViewerRole } from './viewer';

/** Someone of an agency or of a client's portal, and what they may do. */
@Entity('people')
@Index('people_by_identity', ['identityDigest'], { unique: true })
@Index('people_by_agency', ['agencyId', 'id'])
@Index('people_by_client', ['clientId', 'id'])
export class PersonRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @ForeignKey(() => AgencyRow, { name: 'people_agency', onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @Column('varchar', { length: 36 })
  agencyId!: string;

  /** The portal user's client; null for people of the agency. */
  @ForeignKey(() => ClientRow, { name: 'people_client', onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @Column('varchar', { length: 36, nullable: true })
  clientId!: string | null;

  @Column('varchar', { length: 32 })
  role!: ViewerRole;

  @Column('varchar', { length: 200 })
  name!: string;

  @Column('simple-array')
  permissions!: PortalPermission[];

  /** Of the issuer and the subject of the person's tokens: compared exactly, whatever the database's collation. */
  @Column('varchar', { length: 64 })
  identityDigest!: string;

  @Column('datetime', { precision: 3 })
  createdAt!: Date;
}
