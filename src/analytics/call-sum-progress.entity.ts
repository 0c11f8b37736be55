import { Column, Entity, PrimaryColumn } from 'typeorm';
import { TimeColumn } from '../database/columns';

/**
 * Which days of an agency are counted: from the first one on, and before the other one, of which some hours
 * may be counted.
 */
@Entity('call_sum_progress')
export class CallSumProgressRow {
  @PrimaryColumn('varchar', { length: 36 })
  agencyId!: string;

  /** The time zone of the days. Where the agency has another one since, none of them counts. */
  @Column('varchar', { length: 64 })
  timeZone!: string;

  @Column('varchar', { length: 10 })
  firstDay!: string;

  @Column('varchar', { length: 10 })
  countedUntil!: string;

  /** So many hours of the day `countedUntil` are counted. */
  @Column('int', { default: 0 })
  countedHours!: number;

  /** It goes up with each day or hour that is counted, for the first time or again. */
  @Column('int')
  version!: number;

  @TimeColumn()
  updatedAt!: Date;
}
