import { Column, Entity, PrimaryColumn } from 'typeorm';
import { noteChange } from '../agencies/changed-owner';
import { PlainIdColumn, TimeColumn } from '../database/columns';
import { dateOf, placeholders, type RawDate } from '../database/raw';
import type { Transaction } from '../database/transaction';
import type { KeyOwner } from '../keys/place';
import type { Provider } from '../providers';
import type { CallRow } from './call.entity';

/** An event of a call that has ended may come so much later than its provider answers. */
export const EVENT_GRACE_MS = 10 * 60 * 1000;

/**
 * The latest call of an account of which the end became known by asking. Where no event of the account has
 * come since that call was asked for, its events go astray.
 */
@Entity('unheard_ends')
export class UnheardEndRow {
  @PrimaryColumn('varchar', { length: 36 })
  ownerId!: string;

  @PrimaryColumn('varchar', { length: 32 })
  provider!: Provider;

  @PlainIdColumn()
  agencyId!: string;

  /** That of the call: with another key it may be another account. */
  @Column('int')
  keyVersion!: number;

  /** When the call was asked for. */
  @TimeColumn()
  callAt!: Date;

  @TimeColumn()
  learntAt!: Date;
}

/** When an event of an account has come. */
export interface Heard {
  readonly owner: KeyOwner;
  readonly provider: Provider;
  readonly receivedAt: Date;
}

/** Events of accounts have come, which shows that these do not go astray. */
export async function forgetUnheardEnds(tx: Transaction, heard: readonly Heard[]): Promise<void> {
  const owners = [...new Set(heard.map(({ owner }) => owner.id))];
  const unheard = await tx.rows<Pick<UnheardEndRow, 'ownerId' | 'provider'> & { readonly callAt: RawDate }>(
    `SELECT ownerId, provider, callAt FROM unheard_ends WHERE ownerId IN (${placeholders(owners)})`,
    owners,
  );
  for (const { ownerId, provider, callAt } of unheard) {
    const event = heard.find(
      (each) => each.owner.id === ownerId && each.provider === provider && each.receivedAt >= dateOf(callAt),
    );
    if (event) await forget(tx, event);
  }
}

async function forget(tx: Transaction, { owner, provider, receivedAt }: Heard): Promise<void> {
  const { type, id: ownerId, agencyId } = owner;
  const gone = await tx.run('DELETE FROM unheard_ends WHERE ownerId = ? AND provider = ? AND callAt <= ?', [
    ownerId,
    provider,
    receivedAt,
  ]);
  if (gone > 0) await noteChange(tx, agencyId, type === 'CLIENT' ? ownerId : null);
}

/** Keeps that the end of a call became known by asking, and looks later whether an event has come. */
export async function noteUnheardEnd(
  tx: Transaction,
  { agencyId, clientId, provider, keyVersion, keySource, createdAt: callAt }: CallRow,
  ownerId: string,
): Promise<void> {
  if (keyVersion === null) return;
  const known = await tx.findOneBy(UnheardEndRow, { ownerId, provider });
  if (known && known.callAt >= callAt) return;
  const learntAt = new Date();
  const end = { keyVersion, callAt, learntAt };
  if (known) await tx.updateRow('unheard_ends', end, { ownerId, provider });
  else await tx.insertRow('unheard_ends', { ownerId, provider, agencyId, ...end });
  const lookAt = new Date(learntAt.getTime() + EVENT_GRACE_MS);
  await noteChange(tx, agencyId, keySource === 'CLIENT' ? clientId : null, lookAt);
}
