import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';
import type { ActorKind, AuditEventType } from './audit-event';

/** One event. Rows are only ever added; each agency's are numbered without a gap and chained by `hash`. */
@Entity('audit_events')
@Index('audit_events_by_sequence', ['agencyId', 'sequence'], { unique: true })
@Index('audit_events_by_agency', ['agencyId', 'id'])
@Index('audit_events_by_client', ['agencyId', 'clientId', 'id'])
@Index('audit_events_by_type', ['agencyId', 'type', 'id'])
export class AuditEventRow {
  @IdColumn()
  id!: string;

  // No foreign key: on MariaDB it would lock the agency's row after the head's, the other way round than whoever sets a key.
  @PlainIdColumn()
  agencyId!: string;

  /** From 1. */
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

  /** Of this row and of the hash before it. */
  @Column('varchar', { length: 64 })
  hash!: string;
}

/** Where an agency's chain ends: without it, events removed from the end would not be missed. */
@Entity('audit_heads')
export class AuditHeadRow {
  /** The agency's. */
  @IdColumn()
  id!: string;

  @Column('int')
  sequence!: number;

  @Column('varchar', { length: 64 })
  hash!: string;

  /**
   * Keyed, of all of the above: nobody who can write rows can make up an end. A row of earlier, put back with the events after it removed, is
   * an end as well: against that, `audit:verify` accepts what it printed when they were there.
   */
  @Column('varchar', { length: 64 })
  seal!: string;
}
