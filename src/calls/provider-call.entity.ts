import { Entity, PrimaryColumn } from 'typeorm';
import { PlainIdColumn } from '../database/columns';

/**
 * The calls that began at a provider, by what they are called there: of two events of one call that are
 * worked at the same time, only one makes it a call of Latchkey.
 */
@Entity('provider_calls')
export class ProviderCallRow {
  /** The digest of the owner of the account, the provider, and the provider's id of the call. */
  @PrimaryColumn('varchar', { length: 64 })
  digest!: string;

  @PlainIdColumn()
  callId!: string;
}
