import { Column, Entity, Index } from 'typeorm';
import { BigColumn, IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';
import type { KeySource } from '../keys/chain';

/** One version of what a client pays for calls on one key source. It is never changed and never removed. */
@Entity('rates')
@Index('rates_by_agency', ['agencyId', 'id'])
@Index('rates_by_client', ['agencyId', 'clientId', 'id'])
@Index('rates_in_force', ['agencyId', 'keySource', 'clientId', 'validFrom', 'id'])
export class RateRow {
  @IdColumn()
  id!: string;

  @PlainIdColumn()
  agencyId!: string;

  /** Null for the agency's default. */
  @PlainIdColumn({ nullable: true })
  clientId!: string | null;

  @Column('varchar', { length: 16 })
  keySource!: KeySource;

  /** The price of a minute, in millionths of the currency unit. */
  @BigColumn()
  priceMicros!: number;

  @Column('varchar', { length: 3 })
  currency!: string;

  @Column('int')
  firstIncrementSeconds!: number;

  @Column('int')
  incrementSeconds!: number;

  @TimeColumn()
  validFrom!: Date;

  @TimeColumn()
  createdAt!: Date;
}
