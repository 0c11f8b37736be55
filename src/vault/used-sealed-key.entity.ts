import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A sealed key that has been used. The row stays until its upload key opens nothing any more, so that it is not used once more. */
@Entity('used_sealed_keys')
@Index('used_sealed_keys_by_expiry', ['expiresAt'])
export class UsedSealedKeyRow {
  @PrimaryColumn('varchar', { length: 64 })
  digest!: string;

  /** The id of the client, or of the agency, whose key it became. */
  @Column('varchar', { length: 36 })
  ownerId!: string;

  @Column('varchar', { length: 32 })
  provider!: string;

  /** The version of the key that was set with it; null where it was handed in. */
  @Column('int', { nullable: true })
  version!: number | null;

  @Column('datetime', { precision: 3 })
  expiresAt!: Date;
}
