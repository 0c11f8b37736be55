import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, ReferenceColumn, TimeColumn } from '../database/columns';
import { AgencyRow } from '../agencies/agency.entity';
import { ClientRow } from '../clients/client.entity';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';

/**
 * A one-time link by which someone without a login hands in a client's key. Neither the link nor its code can
 * be read from it.
 */
@Entity('key_links')
@Index('key_links_by_token', ['tokenDigest'], { unique: true })
@Index('key_links_by_agency', ['agencyId', 'id'])
@Index('key_links_by_client', ['clientId', 'id'])
export class KeyLinkRow {
  @IdColumn()
  id!: string;

  @ReferenceColumn(() => AgencyRow, 'key_links_agency')
  agencyId!: string;

  @ReferenceColumn(() => ClientRow, 'key_links_client')
  clientId!: string;

  @Column('varchar', { length: 32 })
  provider!: Provider;

  @Column('varchar', { length: 8 })
  region!: ProviderRegion;

  @Column('varchar', { length: 64 })
  tokenDigest!: string;

  /**
   * The digest of the code and the token together, so that whoever reads this row cannot try the million
   * codes.
   */
  @Column('varchar', { length: 64 })
  codeDigest!: string;

  @Column('int')
  failedCodes!: number;

  @Column('int', { default: 0 })
  refusedKeys!: number;

  /** Keys that the provider is being asked about: see `keysInFlight`. */
  @Column('int', { default: 0 })
  askedKeys!: number;

  /** When the provider was last asked. */
  @TimeColumn({ nullable: true })
  askedAt!: Date | null;

  @Column('varchar', { length: 200 })
  createdByName!: string;

  /** The person who made it; null where that is not known, and for what the operator of the server did. */
  @PlainIdColumn({ nullable: true })
  createdBy!: string | null;

  @TimeColumn()
  createdAt!: Date;

  @TimeColumn()
  expiresAt!: Date;

  @TimeColumn({ nullable: true })
  usedAt!: Date | null;

  @TimeColumn({ nullable: true })
  revokedAt!: Date | null;
}
