import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { AgencyRow } from '../agencies/agency.entity';
import type { Provider } from '../providers';
import type { ProviderErrorCode, ProviderRegion } from '../providers/provider';
import type { KeySource, KeyStatus } from './chain';

/** The place of one owner's key for one provider, and what is known of the key in it. It stays when the key is cleared. */
@Entity('api_keys')
@Index('api_keys_by_owner', ['ownerId', 'ownerType', 'provider'], { unique: true })
@Index('api_keys_by_agency', ['agencyId', 'ownerType', 'provider'])
@Index('api_keys_by_fingerprint', ['agencyId', 'fingerprint'])
export class ApiKeyRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @ForeignKey(() => AgencyRow, { name: 'api_keys_agency', onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @Column('varchar', { length: 36 })
  agencyId!: string;

  @Column('varchar', { length: 16 })
  ownerType!: KeySource;

  /** An agency's or a client's id, by `ownerType`. Never null: a unique index does not hold where a column is null. */
  @Column('varchar', { length: 36 })
  ownerId!: string;

  @Column('varchar', { length: 32 })
  provider!: Provider;

  /** Goes up with every set and every clear. */
  @Column('int')
  version!: number;

  @Column('boolean')
  isSet!: boolean;

  @Column('varchar', { length: 16, nullable: true })
  maskedKey!: string | null;

  @Column('varchar', { length: 8 })
  region!: ProviderRegion;

  @Column('varchar', { length: 32 })
  status!: KeyStatus;

  @Column('datetime', { precision: 3 })
  updatedAt!: Date;

  /** When the provider last gave a definitive answer about this version. */
  @Column('datetime', { precision: 3, nullable: true })
  lastVerifiedAt!: Date | null;

  @Column('varchar', { length: 32, nullable: true })
  errorCode!: ProviderErrorCode | null;

  @Column('int', { nullable: true })
  errorHttpStatus!: number | null;

  @Column('int', { nullable: true })
  errorRetryAfterSeconds!: number | null;

  /** Equal for equal keys of one agency and provider; null when no key is set. */
  @Column('varchar', { length: 64, nullable: true })
  fingerprint!: string | null;
}

/**
 * The sealed secret of a key's current version. Kept apart from `ApiKeyRow`, and with the version on its own, so that one of them put
 * back to an older state does not match the other, and is found out. A key that is replaced or cleared takes its secret along.
 */
@Entity('api_key_secrets')
@Index('api_key_secrets_by_master_key', ['masterKey'])
export class ApiKeySecretRow {
  @ForeignKey(() => ApiKeyRow, { name: 'api_key_secrets_key', onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @PrimaryColumn('varchar', { length: 36 })
  apiKeyId!: string;

  @Column('int')
  version!: number;

  /** The name of the master key that wraps its data key; null when the secret is destroyed. */
  @Column('varchar', { length: 64, nullable: true })
  masterKey!: string | null;

  @Column('varchar', { length: 1024, nullable: true })
  sealed!: string | null;
}
