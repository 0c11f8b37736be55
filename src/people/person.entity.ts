import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, ReferenceColumn, TimeColumn } from '../database/columns';
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
  @IdColumn()
  id!: string;

  @ReferenceColumn(() => AgencyRow, 'people_agency')
  agencyId!: string;

  /** The portal user's client; null for people of the agency. */
  @ReferenceColumn(() => ClientRow, 'people_client', { nullable: true })
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

  @TimeColumn({ nullable: true })
  joinedAt!: Date | null;

  /** The person who made it; null where that is not known, and for what the operator of the server did. */
  @PlainIdColumn({ nullable: true })
  createdBy!: string | null;

  @TimeColumn()
  createdAt!: Date;

  /** When a sign-in of this person was last refused and recorded. */
  @TimeColumn({ nullable: true })
  lastRefusedAt?: Date | null;
}
