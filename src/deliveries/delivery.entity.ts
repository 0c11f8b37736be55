import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';
import type { MessageType } from '../outbox/message-types';

export const DELIVERY_STATUSES = ['WAITING', 'DELIVERED', 'FAILED'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Why an attempt failed, or why there was none. It is never the text of an answer or of an error. */
export const DELIVERY_FAULTS = [
  'STATUS',
  'TIMEOUT',
  'UNREACHABLE',
  'CERTIFICATE',
  'NAME_NOT_RESOLVED',
  'ADDRESS_REFUSED',
  'SECRET_UNREADABLE',
  'SWITCHED_OFF',
] as const;
export type DeliveryFault = (typeof DELIVERY_FAULTS)[number];

/** One message on its way to one webhook, and afterwards the record of it. */
@Entity('deliveries')
@Index('deliveries_once', ['webhookId', 'messageId'], { unique: true })
@Index('deliveries_by_webhook', ['webhookId', 'id'])
@Index('deliveries_by_status', ['webhookId', 'status', 'id'])
@Index('deliveries_due', ['webhookId', 'status', 'dueAt'])
export class DeliveryRow {
  @IdColumn()
  id!: string;

  @PlainIdColumn()
  agencyId!: string;

  @PlainIdColumn()
  webhookId!: string;

  @PlainIdColumn()
  messageId!: string;

  @Column('varchar', { length: 32 })
  type!: MessageType;

  @Column('text')
  body!: string;

  @Column('varchar', { length: 16 })
  status!: DeliveryStatus;

  /** How often it was attempted since it was last asked for. */
  @Column('int', { default: 0 })
  attempts!: number;

  /** When it is attempted next; null when it is not. */
  @TimeColumn({ nullable: true })
  dueAt!: Date | null;

  @TimeColumn({ nullable: true })
  attemptedAt!: Date | null;

  /** When it was given up last because its webhook was off; null before that. */
  @TimeColumn({ nullable: true })
  givenUpAt!: Date | null;

  /** What became of the last attempt. */
  @Column('varchar', { length: 32, nullable: true })
  fault!: DeliveryFault | null;

  @Column('int', { nullable: true })
  httpStatus!: number | null;

  @Column('int', { nullable: true })
  durationMs!: number | null;

  @TimeColumn()
  createdAt!: Date;
}
