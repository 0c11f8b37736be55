import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { AgencyRow } from '../agencies/agency.entity';
import { ClientRow } from '../clients/client.entity';
import { permissionList, type PortalPermission, type ViewerRole } from '../access/viewer';

/** Someone of an agency or of a client's portal, and what they may do. One person may be someone in several agencies, in each once. */
@Entity('people')
@Index('people_by_identity', ['identityDigest', 'agencyId'], { unique: true })
@Index('people_by_email', ['emailDigest', 'agencyId'], { unique: true })
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

  @Column('text', { transformer: permissionList })
  permissions!: PortalPermission[];

  /** As it was invited, for people to read; null for those whom the operator added. */
  @Column('varchar', { length: 254, nullable: true })
  email!: string | null;

  @Column('varchar', { length: 64, nullable: true })
  emailDigest!: string | null;

  /**
   * Of the issuer and the subject of the person's tokens: compared exactly, whatever the database's collation. Null until an invitation
   * is taken up.
   */
  @Column('varchar', { length: 64, nullable: true })
  identityDigest!: string | null;

  @Column('datetime', { precision: 3, nullable: true })
  joinedAt!: Date | null;

  /** The person who made it; null where that is not known, and for what the operator of the server did. */
  @Column('varchar', { length: 36, nullable: true })
  createdBy!: string | null;

  @Column('datetime', { precision: 3 })
  createdAt!: Date;

  /** When a sign-in of this person was last refused and recorded. */
  @Column('datetime', { precision: 3, nullable: true })
  lastRefusedAt?: Date | null;
}
