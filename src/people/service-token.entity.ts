import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { AgencyRow } from '../agencies/agency.entity';
import type { AgencyRole } from '../access/viewer';

/** What an integration of an agency authenticates with. The token itself is nowhere: only its digest is kept. */
@Entity('service_tokens')
@Index('service_tokens_by_digest', ['tokenDigest'], { unique: true })
@Index('service_tokens_by_agency', ['agencyId', 'id'])
export class ServiceTokenRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @ForeignKey(() => AgencyRow, {
    name: 'service_tokens_agency',
    onDelete: 'NO ACTION',
    onUpdate: 'NO ACTION',
  })
  @Column('varchar', { length: 36 })
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

  /** The person who made it; null where that is not known, and for what the operator of the server did. */
  @Column('varchar', { length: 36, nullable: true })
  createdBy!: string | null;

  @Column('datetime', { precision: 3 })
  createdAt!: Date;

  @Column('datetime', { precision: 3 })
  expiresAt!: Date;

  /** To the minute. */
  @Column('datetime', { precision: 3, nullable: true })
  lastUsedAt!: Date | null;

  @Column('datetime', { precision: 3, nullable: true })
  revokedAt!: Date | null;

  /** When its use was last refused and recorded. */
  @Column('datetime', { precision: 3, nullable: true })
  lastRefusedAt!: Date | null;
}
