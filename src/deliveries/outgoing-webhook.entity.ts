import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';
import type { MessageType } from '../outbox/message-types';

/** Why nothing is sent to a webhook: an admin wants that, its receiver is gone, or it failed for days. */
export const OFF_REASONS = ['BY_ADMIN', 'GONE', 'FAILED'] as const;
export type OffReason = (typeof OFF_REASONS)[number];

/** Whether a webhook is off although no admin wants that. Whatever changes it calls `noteChange`. */
export function isFault(offReason: OffReason | null): boolean {
  return offReason !== null && offReason !== 'BY_ADMIN';
}

/** The name of the host alone: the rest of an address can hold secrets. */
export function hostOf(url: string): string {
  return new URL(url).host;
}

/** Where an agency wants to be told of what happens. */
@Entity('outgoing_webhooks')
@Index('outgoing_webhooks_by_agency', ['agencyId', 'id'])
@Index('outgoing_webhooks_due', ['dueAt'])
export class OutgoingWebhookRow {
  @IdColumn()
  id!: string;

  @PlainIdColumn()
  agencyId!: string;

  /** It may hold a secret of its receiver: it is shown to admins, and nowhere else. */
  @Column('varchar', { length: 1024 })
  url!: string;

  @Column('simple-json')
  types!: readonly MessageType[];

  /** Null while it is on. */
  @Column('varchar', { length: 16, nullable: true })
  offReason!: OffReason | null;

  @TimeColumn({ nullable: true })
  offAt!: Date | null;

  /** Since when nothing has got through; null after whatever got through. */
  @TimeColumn({ nullable: true })
  failingSince!: Date | null;

  /** For how long of that it has failed: the time in which nothing waited for it is left out. */
  @Column('int', { default: 0 })
  failedMs!: number;

  /** When an attempt has failed last; null where nothing has waited since. */
  @TimeColumn({ nullable: true })
  failedAt!: Date | null;

  /** How often in a row its receiver could not be reached, or could not answer. */
  @Column('int', { default: 0 })
  faults!: number;

  /** Nothing is sent before that time, because its receiver needs a pause. */
  @TimeColumn({ nullable: true })
  pausedUntil!: Date | null;

  /** When the first of its deliveries is due; null when none waits. */
  @TimeColumn({ nullable: true })
  dueAt!: Date | null;

  /** Until then, one instance has all of its deliveries to itself. */
  @TimeColumn({ nullable: true })
  claimedUntil!: Date | null;

  /** It goes up with each claim, so that who was away for too long is told from who came after. */
  @Column('int', { default: 0 })
  fence!: number;

  @TimeColumn()
  createdAt!: Date;

  @TimeColumn()
  updatedAt!: Date;
}
