import { Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';

/**
 * A note that something became known late of a call that started at this time, which may lie in a period
 * whose statement is final. It is written in the transaction of the change.
 */
@Entity('late_calls')
@Index('late_calls_by_client', ['agencyId', 'clientId', 'callAt'])
export class LateCallRow {
  @IdColumn()
  id!: string;

  @PlainIdColumn()
  agencyId!: string;

  @PlainIdColumn()
  clientId!: string;

  @TimeColumn()
  callAt!: Date;
}
