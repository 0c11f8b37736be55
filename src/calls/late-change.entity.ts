import { Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';

/**
 * A note that something of a call changed long after the call started, or that a call of which Latchkey hears
 * only now started long ago. It is written in the transaction of the change, and removed in the one that has
 * counted the calls of that day since. Notes are never updated, so that nobody waits for them.
 */
@Entity('late_call_changes')
@Index('late_call_changes_by_start', ['agencyId', 'startAt'])
export class LateCallChangeRow {
  @IdColumn()
  id!: string;

  @PlainIdColumn()
  agencyId!: string;

  @TimeColumn()
  startAt!: Date;
}
