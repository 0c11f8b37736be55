import { Column, Entity, Index } from 'typeorm';
import { permissionList, type PortalPermission } from '../access/portal-permissions';
import { IdColumn, PlainIdColumn, ReferenceColumn, TimeColumn } from '../database/columns';
import { AgencyRow } from '../agencies/agency.entity';
import { ClientRow } from '../clients/client.entity';
import type { ViewerRole } from '../access/viewer';

/**
 * Someone of an agency or of a client's portal, with what they may do. The same person may belong to several
 * agencies, once to each.
 */
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

  /**
   * The address that was invited, for people to read. Null for people whom the operator of the server added.
   */
  @Column('varchar', { length: 254, nullable: true })
  email!: string | null;

  @Column('varchar', { length: 64, nullable: true })
  emailDigest!: string | null;

  /**
   * The digest of the issuer and the subject of the person's tokens. It is compared exactly, whatever the
   * collation of the database. Null until an invitation is taken up.
   */
  @Column('varchar', { length: 64, nullable: true })
  identityDigest!: string | null;

  @TimeColumn({ nullable: true })
  joinedAt!: Date | null;

  /**
   * The person who made the invitation. Null when that is not known, and for what the operator of the server
   * did.
   */
  @PlainIdColumn({ nullable: true })
  createdBy!: string | null;

  @TimeColumn()
  createdAt!: Date;

  /** The time at which a refused sign-in of this person was last recorded. */
  @TimeColumn({ nullable: true })
  lastRefusedAt?: Date | null;
}
