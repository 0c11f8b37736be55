import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { BigColumn, PlainIdColumn } from '../database/columns';
import type { KeySource } from '../keys/chain';
import type { Provider } from '../providers';

/** Sums by provider and key source alone, and sums that are also by client and agent. */
export type SumLevel = 'AGENCY' | 'AGENT';

/**
 * What the calls of a day that has been over for some time come to, or of an hour of the last day. The days
 * are those of the agency's time zone. They can all be computed again from the calls, which are what counts.
 */
@Entity('call_sums')
@Index('call_sums_by_client', ['agencyId', 'clientId', 'day'])
export class CallSumRow {
  @PrimaryColumn('varchar', { length: 36 })
  agencyId!: string;

  @PrimaryColumn('varchar', { length: 8 })
  level!: SumLevel;

  @PrimaryColumn('varchar', { length: 10 })
  day!: string;

  /** One sum of the day is told from the others by this. */
  @PrimaryColumn('int')
  ordinal!: number;

  /** Of the day, from 0 on: a day has up to 25, and its last one may be shorter. Null for a whole day. */
  @Column('int', { nullable: true })
  hour!: number | null;

  /** The Monday of the week. */
  @Column('varchar', { length: 10 })
  week!: string;

  @PlainIdColumn({ nullable: true })
  clientId!: string | null;

  @PlainIdColumn({ nullable: true })
  agentId!: string | null;

  @Column('varchar', { length: 32 })
  provider!: Provider;

  @Column('varchar', { length: 16, nullable: true })
  keySource!: KeySource | null;

  /** The currency of the known costs on the agency's account; null for calls without one. */
  @Column('varchar', { length: 3, nullable: true })
  currency!: string | null;

  @Column('int')
  calls!: number;

  @Column('int')
  connectedCalls!: number;

  @BigColumn()
  seconds!: number;

  @BigColumn()
  costMicros!: number;

  /** Calls on the agency's account whose cost is not known. */
  @Column('int')
  unknownCosts!: number;

  /** Calls of which no duration is known. */
  @Column('int', { default: 0 })
  unknownDurations!: number;
}
