import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { PlainIdColumn, TimeColumn } from '../database/columns';
import type { Provider } from '../providers';

/**
 * The provider has said that an agent does not exist in the account of a key. That holds for this version of
 * the key, and for as long as the agent has this id at the provider.
 */
@Entity('absent_agents')
@Index('absent_agents_by_owner', ['ownerId', 'provider'])
export class AbsentAgentRow {
  @PrimaryColumn('varchar', { length: 36 })
  agentId!: string;

  @PlainIdColumn()
  ownerId!: string;

  @Column('varchar', { length: 32 })
  provider!: Provider;

  @Column('int')
  keyVersion!: number;

  @Column('varchar', { length: 128 })
  providerAgentId!: string;

  @TimeColumn()
  foundAt!: Date;
}
