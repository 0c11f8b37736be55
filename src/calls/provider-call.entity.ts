import { Entity, PrimaryColumn } from 'typeorm';
import { PlainIdColumn } from '../database/columns';

/**
 * The calls that began at a provider, by what they are called there: of two events of one call that are
 * worked at the same time, only one makes it a call of Latchkey.
 */
@Entity('provider_calls')
export class ProviderCallRow {
  /**
   * The digest of the provider, its id of the call, and the owner of the account. A second row of the call
   * has the agency in place of the owner.
   */
  @PrimaryColumn('varchar', { length: 64 })
  digest!: string;

  @PlainIdColumn()
  callId!: string;
}
