import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { AgencyRow } from '../agencies/agency.entity';
import { AgentRow } from '../agents/agent.entity';
import { ClientRow } from '../clients/client.entity';
import type { KeySource } from '../keys/chain';
import type { Provider } from '../providers';
import type { ProviderErrorCode } from '../providers/provider';

export const CALL_KINDS = ['TEST', 'LIVE'] as const;
export const CALL_DIRECTIONS = ['OUTBOUND', 'INBOUND'] as const;
export const CALL_STATUSES = [
  'QUEUED',
  'RINGING',
  'IN_PROGRESS',
  'COMPLETED',
  'FAILED',
  'NO_ANSWER',
  'BUSY',
  'CANCELED',
  'UNKNOWN',
] as const;
export type CallStatus = (typeof CALL_STATUSES)[number];

@Entity('calls')
@Index('calls_by_agency', ['agencyId', 'id'])
@Index('calls_by_time', ['agencyId', 'createdAt'])
@Index('calls_by_update', ['agencyId', 'updatedAt'])
@Index('calls_by_client', ['clientId', 'id'])
@Index('calls_by_agent', ['agentId', 'id'])
@Index('calls_by_idempotency_key', ['agencyId', 'idempotencyDigest'], { unique: true })
export class CallRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @ForeignKey(() => AgencyRow, { name: 'calls_agency', onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @Column('varchar', { length: 36 })
  agencyId!: string;

  /** The agent's client at the time of the call. */
  @ForeignKey(() => ClientRow, { name: 'calls_client', onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @Column('varchar', { length: 36, nullable: true })
  clientId!: string | null;

  @ForeignKey(() => AgentRow, { name: 'calls_agent', onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @Column('varchar', { length: 36 })
  agentId!: string;

  @Column('varchar', { length: 32 })
  provider!: Provider;

  @Column('varchar', { length: 128, nullable: true })
  providerCallId!: string | null;

  @Column('varchar', { length: 16 })
  kind!: (typeof CALL_KINDS)[number];

  @Column('varchar', { length: 16 })
  direction!: (typeof CALL_DIRECTIONS)[number];

  @Column('varchar', { length: 16 })
  status!: CallStatus;

  /** Whose key, and which version of it, the call was started with: it keeps them. */
  @Column('varchar', { length: 16 })
  keySource!: KeySource;

  @Column('int')
  keyVersion!: number;

  @Column('varchar', { length: 16 })
  toNumber!: string;

  /** Of the caller's idempotency key, so that it is compared exactly on every database. */
  @Column('varchar', { length: 64, nullable: true })
  idempotencyDigest!: string | null;

  @Column('varchar', { length: 32, nullable: true })
  errorCode!: ProviderErrorCode | null;

  @Column('int', { nullable: true })
  errorHttpStatus!: number | null;

  @Column('int', { nullable: true })
  errorRetryAfterSeconds!: number | null;

  @Column('datetime', { precision: 3 })
  createdAt!: Date;

  /** When anything of the call last changed. Never null: the column was added when there were calls already. */
  @Column('datetime', { precision: 3, nullable: true })
  updatedAt!: Date;
}
