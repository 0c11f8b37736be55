import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';
import type { ActorKind, AuditEventType } from './audit-event';

/**
 * One event. Rows are only ever added. Within seconds the sealer chains them: from then on, the rows of an
 * agency are numbered without a gap, and each is bound to the one before it by its `hash`.
 */
@Entity('audit_events')
@Index('audit_events_by_sequence', ['agencyId', 'sequence'], { unique: true })
@Index('audit_events_by_agency', ['agencyId', 'id'])
@Index('audit_events_by_client', ['agencyId', 'clientId', 'id'])
@Index('audit_events_by_type', ['agencyId', 'type', 'id'])
// It leads to the events that are not chained yet, which stand together as NULL.
@Index('audit_events_in_order', ['sequence', 'id'])
export class AuditEventRow {
  @IdColumn()
  id!: string;

  // There is no foreign key: on MariaDB it would lock the agency's row after the row of the head, while a set
  // locks them the other way round.
  @PlainIdColumn()
  agencyId!: string;

  /** The number of the event within its agency, from 1 on; null until the event is chained. */
  @Column('int', { nullable: true })
  sequence!: number | null;

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

  /** A keyed hash of this row and, once it is chained, of its number and of the hash before it. */
  @Column('varchar', { length: 64 })
  hash!: string;
}

/** An event that stands in its agency's chain. */
export type ChainedEvent = AuditEventRow & { readonly sequence: number };

export function isChained(row: AuditEventRow): row is ChainedEvent {
  return row.sequence !== null;
}
