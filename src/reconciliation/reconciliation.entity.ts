import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { PlainIdColumn, TimeColumn } from '../database/columns';
import type { KeySource } from '../keys/chain';
import type { Provider } from '../providers';

/** When the calls of an account are compared with its provider's list next. */
@Entity('reconciliations')
@Index('reconciliations_due', ['nextAt'])
export class ReconciliationRow {
  @PrimaryColumn('varchar', { length: 36 })
  ownerId!: string;

  @PrimaryColumn('varchar', { length: 32 })
  provider!: Provider;

  @Column('varchar', { length: 16 })
  ownerType!: KeySource;

  @PlainIdColumn()
  agencyId!: string;

  @TimeColumn()
  nextAt!: Date;

  /**
   * Everything since the account was entered and before this time was compared. Null in a row of an earlier
   * release, before its first comparison.
   */
  @TimeColumn({ nullable: true })
  doneUntil!: Date | null;
}
