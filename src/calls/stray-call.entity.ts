import { Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';

/**
 * A call that is not where its id says: it started much earlier or later than it was recorded. By these the
 * calls that started in a span of time are found by their ids, without an index of their own.
 */
@Entity('stray_calls')
@Index('stray_calls_by_start', ['agencyId', 'startAt'])
export class StrayCallRow {
  @IdColumn()
  callId!: string;

  @PlainIdColumn()
  agencyId!: string;

  @TimeColumn()
  startAt!: Date;
}
