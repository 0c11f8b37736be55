import { Column, Entity, Index } from 'typeorm';
import { IdColumn, ReferenceColumn, TimeColumn } from '../database/columns';
import { AgencyRow } from '../agencies/agency.entity';
import { ClientRow } from '../clients/client.entity';
import type { Provider } from '../providers';
import type { ProviderAgentKind } from '../providers/provider-agent';

@Entity('agents')
@Index('agents_by_agency', ['agencyId', 'id'])
@Index('agents_by_provider_agent', ['agencyId', 'providerAgentId'])
@Index('agents_by_payer', ['agencyId', 'provider', 'clientId'])
// The index holds all that is shown of an agent, so that a list of clients reads their agents without the
// table.
@Index('agents_by_client', [
  'clientId',
  'id',
  'agencyId',
  'name',
  'provider',
  'providerAgentId',
  'providerAgentKind',
  'fromNumber',
])
export class AgentRow {
  @IdColumn()
  id!: string;

  @ReferenceColumn(() => AgencyRow, 'agents_agency')
  agencyId!: string;

  @ReferenceColumn(() => ClientRow, 'agents_client', { nullable: true })
  clientId!: string | null;

  @Column('varchar', { length: 200 })
  name!: string;

  @Column('varchar', { length: 32 })
  provider!: Provider;

  @Column('varchar', { length: 128 })
  providerAgentId!: string;

  @Column('varchar', { length: 16, default: 'AGENT' })
  providerAgentKind!: ProviderAgentKind;

  @Column('varchar', { length: 128, nullable: true })
  fromNumber!: string | null;

  @TimeColumn()
  createdAt!: Date;
}

/** The columns of an agent that the API shows. */
export type ShownAgent = Omit<AgentRow, 'agencyId' | 'createdAt'>;
