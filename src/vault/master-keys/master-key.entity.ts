import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Something known, encrypted under each master key: tells at the start whether the ring holds the right ones. */
@Entity('master_key_checks')
export class MasterKeyCheckRow {
  @PrimaryColumn('varchar', { length: 64 })
  name!: string;

  @Column('varchar', { length: 255 })
  sealed!: string;
}
