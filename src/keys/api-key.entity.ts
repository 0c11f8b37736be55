import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, ReferenceColumn, TimeColumn } from '../database/columns';
import { AgencyRow } from '../agencies/agency.entity';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import type { ProviderErrorCode } from '../providers/provider-errors';
import type { KeySource, KeyStatus } from './chain';

/**
 * The place of one owner's key for one provider, with the key in it. It stays when the key is cleared, which
 * destroys the key.
 */
@Entity('api_keys')
@Index('api_keys_by_owner', ['ownerId', 'ownerType', 'provider'], { unique: true })
@Index('api_keys_by_agency', ['agencyId', 'ownerType', 'provider'])
@Index('api_keys_by_fingerprint', ['agencyId', 'fingerprint'])
@Index('api_keys_by_master_key', ['masterKey'])
@Index('api_keys_to_check', ['checkAt'])
export class ApiKeyRow {
  @IdColumn()
  id!: string;

  @ReferenceColumn(() => AgencyRow, 'api_keys_agency')
  agencyId!: string;

  @Column('varchar', { length: 16 })
  ownerType!: KeySource;

  /**
   * The id of an agency or a client, as `ownerType` says. It is never null, because a unique index ignores
   * rows with a null.
   */
  @PlainIdColumn()
  ownerId!: string;

  @Column('varchar', { length: 32 })
  provider!: Provider;

  /** It goes up with every set and every clear. */
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

  @TimeColumn()
  updatedAt!: Date;

  /** When the provider last gave a definitive answer about this version. */
  @TimeColumn({ nullable: true })
  lastVerifiedAt!: Date | null;

  @Column('varchar', { length: 32, nullable: true })
  errorCode!: ProviderErrorCode | null;

  @Column('int', { nullable: true })
  errorHttpStatus!: number | null;

  @Column('int', { nullable: true })
  errorRetryAfterSeconds!: number | null;

  /** When it is verified next. It is null when no key is set. See `key-health.ts`. */
  @TimeColumn({ nullable: true })
  checkAt!: Date | null;

  /** When a worker last began to verify it. */
  @TimeColumn({ nullable: true })
  checkedAt!: Date | null;

  /** The refusal that asked for the next verification; null where only its time has come. */
  @Column('varchar', { length: 32, nullable: true })
  checkCode!: ProviderErrorCode | null;

  /** It is equal for equal keys of one agency and provider, and null when no key is set. */
  @Column('varchar', { length: 64, nullable: true })
  fingerprint!: string | null;

  /** The name of the master key that wraps its data key; null when no key is set. */
  @Column('varchar', { length: 64, nullable: true })
  masterKey!: string | null;

  /** The key itself, bound to its place, version and region; null when no key is set. */
  @Column('varchar', { length: 1024, nullable: true })
  sealed!: string | null;

  /**
   * A keyed MAC over what decides who pays (see `PlaceMacs`). A row whose MAC does not fit, or is null, was
   * not written by Latchkey.
   */
  @Column('varchar', { length: 64, nullable: true })
  mac!: string | null;
}

/** What is stored about a key, without the sealed key and the MAC. */
export type StoredKey = Omit<
  ApiKeyRow,
  'masterKey' | 'sealed' | 'mac' | 'checkAt' | 'checkedAt' | 'checkCode'
>;
