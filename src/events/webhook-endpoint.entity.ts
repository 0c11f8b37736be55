import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';
import type { KeySource } from '../keys/chain';
import type { Provider } from '../providers';

/**
 * Where a provider sends the events of one account. The row exists once something was set: until then the
 * endpoint has its first address and no secret.
 */
@Entity('webhook_endpoints')
@Index('webhook_endpoints_by_owner', ['ownerId', 'ownerType', 'provider'], { unique: true })
export class WebhookEndpointRow {
  @IdColumn()
  id!: string;

  @PlainIdColumn()
  agencyId!: string;

  @Column('varchar', { length: 16 })
  ownerType!: KeySource;

  @PlainIdColumn()
  ownerId!: string;

  @Column('varchar', { length: 32 })
  provider!: Provider;

  @Column('int')
  urlVersion!: number;

  /** Until then, the address before this one is answered as well. */
  @TimeColumn({ nullable: true })
  previousUrlUntil!: Date | null;

  /** Until then, the address before that one is. */
  @TimeColumn({ nullable: true })
  earlierUrlUntil!: Date | null;

  /** How many events were refused because of their signature. */
  @Column('int', { default: 0 })
  refusedEvents!: number;

  @TimeColumn()
  updatedAt!: Date;
}
