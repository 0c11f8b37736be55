import { Column, Entity, Index } from 'typeorm';
import { AgencyRow } from '../agencies/agency.entity';
import { ClientRow } from '../clients/client.entity';
import { IdColumn, PlainIdColumn, ReferenceColumn, TimeColumn } from '../database/columns';
import type { Provider } from '../providers';
import { wordList, type GatewayScope } from './gateway-token';

/**
 * What an integration puts in place of a provider's key. The token itself is stored nowhere: only its digest
 * is kept.
 */
@Entity('gateway_tokens')
@Index('gateway_tokens_by_digest', ['tokenDigest'], { unique: true })
@Index('gateway_tokens_by_agency', ['agencyId', 'id'])
@Index('gateway_tokens_by_client', ['clientId', 'id'])
export class GatewayTokenRow {
  @IdColumn()
  id!: string;

  @ReferenceColumn(() => AgencyRow, 'gateway_tokens_agency')
  agencyId!: string;

  /** The one client whose agents and keys the token reaches. Null where it reaches all of the agency. */
  @ReferenceColumn(() => ClientRow, 'gateway_tokens_client', { nullable: true })
  clientId!: string | null;

  @Column('varchar', { length: 200 })
  name!: string;

  @Column('varchar', { length: 255, transformer: wordList<Provider>() })
  providers!: readonly Provider[];

  @Column('varchar', { length: 64, transformer: wordList<GatewayScope>() })
  scopes!: readonly GatewayScope[];

  /** The first characters of the token, by which people recognise it. */
  @Column('varchar', { length: 16 })
  prefix!: string;

  @Column('varchar', { length: 64 })
  tokenDigest!: string;

  /** The person who made the token. */
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
}
