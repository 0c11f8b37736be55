import { Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';
import type { Transaction } from '../database/transaction';
import { newId } from '../platform/ids';

/**
 * A note that something changed, or will have changed by a time, on which the alerts of an owner depend: an
 * agency, or a client of it. It is written in the transaction of the change, and removed in the one that has
 * looked at the owner since. Notes are never updated by who writes them, so that nobody waits for them.
 */
@Entity('changed_owners')
@Index('changed_owners_due', ['dueAt'])
export class ChangedOwnerRow {
  @IdColumn()
  id!: string;

  @PlainIdColumn()
  agencyId!: string;

  @PlainIdColumn()
  ownerId!: string;

  /** Null for the owner alone. Otherwise all clients of the agency come next whose ids are greater. */
  @PlainIdColumn({ nullable: true })
  clientsAfter!: string | null;

  @TimeColumn()
  dueAt!: Date;
}

/**
 * Notes a change of what belongs to a client, or to an agency itself. The agency is looked at with its
 * client, because agents of its clients use its key as well.
 */
export async function noteChange(
  tx: Transaction,
  agencyId: string,
  clientId: string | null,
  dueAt = new Date(),
): Promise<void> {
  await tx.insertRow('changed_owners', ofOne(agencyId, clientId, dueAt));
}

/** Notes a change that concerns an agency and all of its clients. */
export async function noteChangeOfAll(tx: Transaction, agencyId: string, dueAt = new Date()): Promise<void> {
  await tx.insertRow('changed_owners', ofAll(agencyId, dueAt));
}

/** Notes changes of keys by one statement. Whether an agency has a key matters to all of its clients. */
export async function noteKeyChanges(
  tx: Transaction,
  changes: Iterable<{ readonly agencyId: string; readonly clientId: string | null; readonly at: Date }>,
): Promise<void> {
  const [first, ...others] = [...changes].map(({ agencyId, clientId, at }) =>
    clientId === null ? ofAll(agencyId, at) : ofOne(agencyId, clientId, at),
  );
  if (first) await tx.insertRows('changed_owners', [first, ...others]);
}

function ofOne(agencyId: string, clientId: string | null, dueAt: Date): ChangedOwnerRow {
  return { id: newId(), agencyId, ownerId: clientId ?? agencyId, clientsAfter: null, dueAt };
}

function ofAll(agencyId: string, dueAt: Date): ChangedOwnerRow {
  return { id: newId(), agencyId, ownerId: agencyId, clientsAfter: '', dueAt };
}
