import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { noteChange } from '../agencies/changed-owner';
import type { AgentRow } from '../agents/agent.entity';
import { PlainIdColumn, TimeColumn } from '../database/columns';
import { placeholders } from '../database/raw';
import type { Transaction } from '../database/transaction';
import type { Provider } from '../providers';
import type { KeyOwner } from './place';

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

/** A version of a key. */
export interface KeyVersion {
  readonly owner: KeyOwner;
  readonly provider: Provider;
  readonly version: number;
}

type LookedUp = Pick<AgentRow, 'id' | 'providerAgentId'>;

/** Keeps which agents are absent in the account of a key, and which are there. */
export async function recordPresence(
  tx: Transaction,
  { owner, provider, version }: KeyVersion,
  absent: readonly LookedUp[],
  present: readonly LookedUp[],
): Promise<void> {
  const ids = [...absent, ...present].map(({ id }) => id);
  if (ids.length === 0) return;
  const before = await tx.run(`DELETE FROM absent_agents WHERE agentId IN (${placeholders(ids)})`, ids);
  for (const { id: agentId, providerAgentId } of absent)
    await tx.insertRow('absent_agents', {
      ...{ agentId, ownerId: owner.id, provider, keyVersion: version, providerAgentId },
      foundAt: new Date(),
    });
  if (before > 0 || absent.length > 0)
    await noteChange(tx, owner.agencyId, owner.type === 'CLIENT' ? owner.id : null);
}
