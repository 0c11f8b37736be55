import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { PlainIdColumn, TimeColumn } from '../database/columns';

/**
 * What became of the latest attempt to place a call with a token and a body, or with a token and the
 * idempotency key of the integration. It is kept for a day.
 */
@Entity('gateway_attempts')
@Index('gateway_attempts_by_time', ['createdAt'])
export class GatewayAttemptRow {
  /** The digest of the token with the path and the body, or with the idempotency key. */
  @PrimaryColumn('varchar', { length: 64 })
  digest!: string;

  /** The digest of the path and the body. */
  @Column('varchar', { length: 64 })
  bodyDigest!: string;

  @PlainIdColumn()
  callId!: string;

  @TimeColumn()
  createdAt!: Date;

  /** When the provider answered, or was waited for no longer. It is null while it is asked. */
  @TimeColumn({ nullable: true })
  answeredAt!: Date | null;

  /** The status of the answer that the integration got. */
  @Column('int', { nullable: true })
  httpStatus!: number | null;

  /** Whether the integration had gone away before it got the answer. */
  @Column('boolean', { default: false })
  isUndelivered!: boolean;
}
