import { Column, Entity, PrimaryColumn } from 'typeorm';
import { TimeColumn } from '../database/columns';

/**
 * The vault's own keys are sealed like those of customers. A row stays when its key is destroyed, so that no
 * name is given twice.
 */
@Entity('vault_keys')
export class VaultKeyRow {
  @PrimaryColumn('varchar', { length: 64 })
  name!: string;

  /** This is the name of the master key that wraps its data key. It is null when the key is destroyed. */
  @Column('varchar', { length: 64, nullable: true })
  masterKey!: string | null;

  @Column('varchar', { length: 1024, nullable: true })
  sealed!: string | null;

  @TimeColumn()
  createdAt!: Date;

  @TimeColumn({ nullable: true })
  retiredAt!: Date | null;
}
