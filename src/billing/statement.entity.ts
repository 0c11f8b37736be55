import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';

/** What a client owes for a period, once and for all. It is never changed. */
@Entity('statements')
@Index('statements_by_number', ['agencyId', 'number'], { unique: true })
@Index('statements_by_client', ['agencyId', 'clientId', 'number'])
@Index('statements_by_agency', ['agencyId', 'id'])
@Index('statements_of_client', ['agencyId', 'clientId', 'id'])
export class StatementRow {
  @IdColumn()
  id!: string;

  @PlainIdColumn()
  agencyId!: string;

  @PlainIdColumn()
  clientId!: string;

  /** The first of an agency is 1, and none is left out. */
  @Column('int')
  number!: number;

  /** The first and the last day, in the time zone that the agency had. */
  @Column('varchar', { length: 10 })
  fromDay!: string;

  @Column('varchar', { length: 10 })
  toDay!: string;

  /** The period as instants: from the first one on, and before the second. */
  @TimeColumn()
  startsAt!: Date;

  @TimeColumn()
  endsAt!: Date;

  @TimeColumn()
  finalizedAt!: Date;

  /**
   * All that it says, in the canonical form of which `sha256` is the digest: see `statement-form.ts`. On
   * MySQL it is a `mediumtext`, which is no type that TypeORM takes for SQLite.
   */
  @Column('text')
  body!: string;

  @Column('varchar', { length: 64 })
  sha256!: string;
}
