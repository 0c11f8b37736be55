import { Column, Entity, Index } from 'typeorm';
import { BigColumn, IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';
import type { KeySource } from '../keys/chain';
import type { Provider } from '../providers';
import type { CostUnit } from '../providers/call-cost';
import type { CallDirection, CallEndReason, CallStatus } from '../providers/call-facts';
import type { ProviderErrorCode } from '../providers/provider-errors';

export const CALL_KINDS = ['TEST', 'LIVE'] as const;
export const CALL_ORIGINS = ['API', 'GATEWAY', 'PROVIDER'] as const;
export const COST_STATUSES = ['PENDING', 'KNOWN', 'UNKNOWN'] as const;

/**
 * A call refers to its agency, its client and its agent without foreign keys: for these the database would
 * lock the rows that each call of them refers to, so that calls waited for whoever changes one of the rows.
 */
@Entity('calls')
@Index('calls_by_agency', ['agencyId', 'id'])
@Index('calls_by_update', ['agencyId', 'updatedAt'])
@Index('calls_by_client', ['agencyId', 'clientId', 'id'])
@Index('calls_by_start', ['agencyId', 'clientId', 'startedAt', 'id'])
@Index('calls_by_agent', ['agencyId', 'agentId', 'status', 'id'])
@Index('calls_by_outcome', ['agencyId', 'status', 'provider', 'id'])
@Index('calls_by_client_outcome', ['agencyId', 'clientId', 'status', 'provider', 'id'])
@Index('calls_by_nature', ['agencyId', 'kind', 'origin', 'direction', 'keySource', 'id'])
@Index('calls_by_provider_call', ['agencyId', 'providerCallId'])
@Index('calls_by_key', ['keyOwnerId', 'provider', 'keyVersion', 'id'])
@Index('calls_to_ask_about', ['askAt'])
@Index('calls_by_idempotency_key', ['agencyId', 'idempotencyDigest'], { unique: true })
export class CallRow {
  @IdColumn()
  id!: string;

  @PlainIdColumn()
  agencyId!: string;

  /** This is the agent's client at the time of the call. */
  @PlainIdColumn({ nullable: true })
  clientId!: string | null;

  @PlainIdColumn()
  agentId!: string;

  @Column('varchar', { length: 32 })
  provider!: Provider;

  @Column('varchar', { length: 128, nullable: true })
  providerCallId!: string | null;

  @Column('varchar', { length: 16 })
  kind!: (typeof CALL_KINDS)[number];

  @Column('varchar', { length: 16, default: 'API' })
  origin!: (typeof CALL_ORIGINS)[number];

  @Column('varchar', { length: 16 })
  direction!: CallDirection;

  @Column('varchar', { length: 16 })
  status!: CallStatus;

  /**
   * The call was started with this key in this version, and keeps both. They are null for a call that began
   * at the provider while there was no key.
   */
  @Column('varchar', { length: 16, nullable: true })
  keySource!: KeySource | null;

  @Column('int', { nullable: true })
  keyVersion!: number | null;

  /** The owner of that key; null where another account carried the call. */
  @PlainIdColumn({ nullable: true })
  keyOwnerId!: string | null;

  /** Whether a call that began at its provider came from another account than the chain gave for it. */
  @Column('boolean', { default: false })
  isOtherAccount!: boolean;

  /**
   * The owner of that other account, who bears the cost. It is null where there is none, and for calls of
   * before the column that another client's account carried.
   */
  @PlainIdColumn({ nullable: true })
  otherOwnerId!: string | null;

  /** When the key was resolved. It is null for calls that are older than receipts. */
  @TimeColumn({ nullable: true })
  resolvedAt!: Date | null;

  /** The rate that was valid when it started: null where there was none, and for calls of no client. */
  @PlainIdColumn({ nullable: true })
  rateId!: string | null;

  /** The states of both keys of the chain at that time, as JSON: see `receipt.ts`. */
  @Column('varchar', { length: 255, nullable: true })
  receipt!: string | null;

  /** Null where the provider did not say it. */
  @Column('varchar', { length: 16, nullable: true })
  toNumber!: string | null;

  /**
   * The digest of the caller's idempotency key is compared exactly on every database, which the text is not.
   */
  @Column('varchar', { length: 64, nullable: true })
  idempotencyDigest!: string | null;

  /**
   * The digest of the variables that the caller gave to the agent, which are not kept. It is null where there
   * were none.
   */
  @Column('varchar', { length: 64, nullable: true })
  variablesDigest!: string | null;

  @Column('varchar', { length: 32, nullable: true })
  errorCode!: ProviderErrorCode | null;

  @Column('int', { nullable: true })
  errorHttpStatus!: number | null;

  @Column('int', { nullable: true })
  errorRetryAfterSeconds!: number | null;

  /** When the call began and ended, as its provider says. */
  @TimeColumn({ nullable: true })
  startedAt!: Date | null;

  @TimeColumn({ nullable: true })
  endedAt!: Date | null;

  /** The connected part. It is null until the call has ended, and 0 for one that was never connected. */
  @Column('int', { nullable: true })
  durationMs!: number | null;

  @Column('varchar', { length: 32, nullable: true })
  endReason!: CallEndReason | null;

  @Column('varchar', { length: 16, default: 'PENDING' })
  costStatus!: (typeof COST_STATUSES)[number];

  /** What the provider takes, in millionths of the currency unit. It is null unless the cost is known. */
  @BigColumn({ nullable: true })
  costMicros!: number | null;

  @Column('varchar', { length: 3, nullable: true })
  costCurrency!: string | null;

  /** The provider's own figure and its unit, from which `costMicros` was rounded. */
  @Column('varchar', { length: 32, nullable: true })
  costFigure!: string | null;

  @Column('varchar', { length: 16, nullable: true })
  costUnit!: CostUnit | null;

  /** How often more became known of the call: see `call-revision.entity.ts`. */
  @Column('int', { default: 0 })
  revision!: number;

  /** The latest time of which anything is known. What is older corrects nothing. */
  @TimeColumn({ nullable: true })
  knownAt!: Date | null;

  /** When the provider is asked about the call next. It is null where there is nothing left to ask. */
  @TimeColumn({ nullable: true })
  askAt!: Date | null;

  /** This is the time in the id, by which calls of a span of time are found: see `call-filter.ts`. */
  @TimeColumn()
  createdAt!: Date;

  /**
   * When anything of the call last changed. Never null: the column was added when there were calls already.
   */
  @TimeColumn({ nullable: true })
  updatedAt!: Date;
}
