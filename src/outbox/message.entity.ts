import { Column, Entity } from 'typeorm';
import { IdColumn, PlainIdColumn } from '../database/columns';
import type { MessageType } from './message-types';

/**
 * Something of which an agency is to be told, written in the transaction in which it happened. It is gone
 * once there is a delivery for each webhook that wants it.
 */
@Entity('outgoing_messages')
export class OutgoingMessageRow {
  /** The receiver knows it as `webhook-id`. */
  @IdColumn()
  id!: string;

  @PlainIdColumn()
  agencyId!: string;

  @Column('varchar', { length: 32 })
  type!: MessageType;

  /** The body as it is sent. */
  @Column('text')
  body!: string;
}
