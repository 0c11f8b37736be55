import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';
import type { Provider } from '../providers';

export const ALERT_KINDS = [
  'KEY_INVALID',
  'KEY_INSUFFICIENT_PERMISSIONS',
  'KEY_RATE_LIMITED',
  'KEY_OUT_OF_FUNDS',
  'KEY_UNREADABLE',
  'WEBHOOK_SILENT',
  'AGENTS_MISSING_IN_ACCOUNT',
  'AGENTS_WITHOUT_KEY',
  'OUTGOING_WEBHOOK_OFF',
  'RATE_MISSING',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** An alert of an agency. It is never opened again: what comes up anew is another alert. */
@Entity('alerts')
@Index('alerts_open_causes', ['cause'], { unique: true })
@Index('alerts_by_state', ['agencyId', 'isOpen', 'id'])
@Index('alerts_by_kind', ['agencyId', 'isOpen', 'kind', 'id'])
@Index('alerts_by_owner', ['ownerId', 'isOpen', 'id'])
export class AlertRow {
  @IdColumn()
  id!: string;

  @PlainIdColumn()
  agencyId!: string;

  /** The client that it concerns, or the agency itself. */
  @PlainIdColumn()
  ownerId!: string;

  @Column('varchar', { length: 32 })
  kind!: AlertKind;

  @Column('varchar', { length: 32, nullable: true })
  provider!: Provider | null;

  /** The webhook to the agency's own systems that it is about; null where it is about none. */
  @PlainIdColumn({ nullable: true })
  outgoingWebhookId!: string | null;

  /** The host of that webhook's address, the rest of which can hold secrets. It outlives the webhook. */
  @Column('varchar', { length: 1024, nullable: true })
  outgoingWebhookHost!: string | null;

  @Column('int')
  affectedAgentCount!: number;

  @Column('boolean')
  isOpen!: boolean;

  /** While it is open, what tells its cause from all others; null afterwards. */
  @Column('varchar', { length: 128, nullable: true })
  cause!: string | null;

  @TimeColumn()
  openedAt!: Date;

  @TimeColumn({ nullable: true })
  acknowledgedAt!: Date | null;

  @TimeColumn({ nullable: true })
  closedAt!: Date | null;
}

/** The client that an alert concerns; null for the agency itself. */
export function clientOf({ agencyId, ownerId }: Pick<AlertRow, 'agencyId' | 'ownerId'>): string | null {
  return ownerId === agencyId ? null : ownerId;
}
