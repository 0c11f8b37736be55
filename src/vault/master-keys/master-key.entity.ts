import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * A row holds a known text that is encrypted with one master key. At the start it tells whether the ring
 * holds the right key.
 */
@Entity('master_key_checks')
export class MasterKeyCheckRow {
  @PrimaryColumn('varchar', { length: 64 })
  name!: string;

  @Column('varchar', { length: 255 })
  sealed!: string;
}
