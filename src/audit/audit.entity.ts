import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';
import type { ActorKind, AuditEventType } from './audit-event';

/**
 * One event. Rows are only ever added; the rows of an agency are numbered without a gap and chained by
 * `hash`.
 */
@Entity('audit_events')
@Index('audit_events_by_sequence', ['agencyId', 'sequence'], { unique: true })
@Index('audit_events_by_agency', ['agencyId', 'id'])
@Index('audit_events_by_client', ['agencyId', 'clientId', 'id'])
@Index('audit_events_by_type', ['agencyId', 'type', 'id'])
export class AuditEventRow {
  @IdColumn()
  id!: string;

  // There is no foreign key: on MariaDB it would lock the agency's row after the row of the head, while a set
  // locks them the other way round.
  @PlainIdColumn()
  agencyId!: string;

  /** The number of the event within its agency, from 1 on. */
  @Column('int')
  sequence!: number;

  @Column('varchar', { length: 48 })
  type!: AuditEventType;

  @TimeColumn()
  at!: Date;

  @Column('varchar', { length: 16 })
  actorKind!: ActorKind;

  @PlainIdColumn({ nullable: true })
  actorId!: string | null;

  @Column('varchar', { length: 200 })
  actorName!: string;

  @PlainIdColumn()
  requestId!: string;

  @Column('varchar', { length: 64, nullable: true })
  sourceAddress!: string | null;

  @PlainIdColumn({ nullable: true })
  clientId!: string | null;

  /** The rest of the event, as JSON. */
  @Column('text')
  details!: string;

  /** A keyed hash of this row and of the hash before it. */
  @Column('varchar', { length: 64 })
  hash!: string;
}

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
