import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, ReferenceColumn, TimeColumn } from '../database/columns';
import { AgencyRow } from '../agencies/agency.entity';
import type { AgencyRole } from '../access/viewer';

/**
 * A token with which an integration of an agency authenticates. The token itself is stored nowhere: only its
 * digest is kept.
 */
@Entity('service_tokens')
@Index('service_tokens_by_digest', ['tokenDigest'], { unique: true })
@Index('service_tokens_by_agency', ['agencyId', 'id'])
export class ServiceTokenRow {
  @IdColumn()
  id!: string;

  @ReferenceColumn(() => AgencyRow, 'service_tokens_agency')
  agencyId!: string;

  @Column('varchar', { length: 200 })
  name!: string;

  @Column('varchar', { length: 32 })
  role!: AgencyRole;

  /** The first characters of the token, by which people recognise it. */
  @Column('varchar', { length: 16 })
  prefix!: string;

  @Column('varchar', { length: 64 })
  tokenDigest!: string;

  /**
   * The person who made the token. Null when that is not known, and for what the operator of the server did.
   */
  @PlainIdColumn({ nullable: true })
  createdBy!: string | null;

  @TimeColumn()
  createdAt!: Date;

  @TimeColumn()
  expiresAt!: Date;

  /** The time of its last use, to the minute. */
  @TimeColumn({ nullable: true })
  lastUsedAt!: Date | null;

  @TimeColumn({ nullable: true })
  revokedAt!: Date | null;

  /** The time at which its refused use was last recorded. */
  @TimeColumn({ nullable: true })
  lastRefusedAt!: Date | null;
}
