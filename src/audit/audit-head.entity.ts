import { Column, Entity } from 'typeorm';
import { IdColumn } from '../database/columns';

/** Where an agency's chain ends. Without it nobody would miss events that are removed from the end. */
@Entity('audit_heads')
export class AuditHeadRow {
  /** The id of the agency. */
  @IdColumn()
  id!: string;

  @Column('int')
  sequence!: number;

  @Column('varchar', { length: 64 })
  hash!: string;

  /**
   * A keyed hash of all of the above, so that nobody who can only write rows can make up an end. An earlier
   * row that is put back, with the events after it removed, is a valid end all the same: to find that out,
   * `audit:verify` takes what it printed while they were there.
   */
  @Column('varchar', { length: 64 })
  seal!: string;
}
