import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';
import type { KeySource } from '../keys/chain';
import type { Provider } from '../providers';

/**
 * An event waits until it is worked. One that names a call of which nothing is known, and that nobody vouches
 * for, is worked when its provider was asked about that call.
 */
export const EVENT_STATES = ['WAITING', 'TO_ASK', 'DONE'] as const;

/**
 * An event that a provider sent. It holds what the event says of its call in the platform's words: neither
 * its transcript nor any other text of the provider is kept.
 */
@Entity('provider_events')
@Index('provider_events_once', ['ownerId', 'provider', 'digest'], { unique: true })
@Index('provider_events_by_time', ['ownerId', 'provider', 'receivedAt'])
@Index('provider_events_to_work', ['state', 'dueAt'])
@Index('provider_events_by_claim', ['claim'])
export class ProviderEventRow {
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

  /** The digest of the bytes that were sent: an event that comes again is the same event. */
  @Column('varchar', { length: 64 })
  digest!: string;

  @Column('varchar', { length: 64 })
  type!: string;

  @Column('varchar', { length: 128, nullable: true })
  providerCallId!: string | null;

  /** What it says of its call, as JSON of `CallFacts`. */
  @Column('text')
  facts!: string;

  /** Whether its signature was verified. What others say is asked of the provider. */
  @Column('boolean')
  isSigned!: boolean;

  @Column('varchar', { length: 16 })
  state!: (typeof EVENT_STATES)[number];

  /** Of which time it tells. It is null where the event does not say it. */
  @TimeColumn({ nullable: true })
  occurredAt!: Date | null;

  /** Whoever works it at the moment has chosen this id. It is null while nobody does. */
  @PlainIdColumn({ nullable: true })
  claim!: string | null;

  /** How often working it, or asking its provider, has failed. */
  @Column('int', { default: 0 })
  attempts!: number;

  /**
   * When it is worked at the earliest. While an instance works it, that is when another one may. Of one that
   * is done, it is when that was.
   */
  @TimeColumn()
  dueAt!: Date;

  @TimeColumn()
  receivedAt!: Date;
}
