import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { PlainIdColumn, TimeColumn } from '../database/columns';

/**
 * A row stands for a sealed key that has been used. It stays until the upload key opens nothing any more, so
 * that the sealed key cannot be used again.
 */
@Entity('used_sealed_keys')
@Index('used_sealed_keys_by_expiry', ['expiresAt'])
export class UsedSealedKeyRow {
  @PrimaryColumn('varchar', { length: 64 })
  digest!: string;

  /** This is the id of the client, or of the agency, whose key it became. */
  @PlainIdColumn()
  ownerId!: string;

  @Column('varchar', { length: 32 })
  provider!: string;

  /** This is the version of the key that was set with it. It is null where the key was handed in. */
  @Column('int', { nullable: true })
  version!: number | null;

  @TimeColumn()
  expiresAt!: Date;
}
