import { Column, Entity, PrimaryColumn } from 'typeorm';
import { noteChange } from '../agencies/changed-owner';
import { PlainIdColumn, TimeColumn } from '../database/columns';
import { dateOf, placeholders, type RawDate } from '../database/raw';
import type { Transaction } from '../database/transaction';
import type { KeyOwner } from '../keys/place';
import type { Provider } from '../providers';
import type { CallRow } from './call.entity';
import { readVersions, SAME_ACCOUNT } from './provider-call';

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

type Unheard = Pick<UnheardEndRow, 'ownerId' | 'provider' | 'agencyId'> & {
  readonly callAt: RawDate;
  /** To whose address an event would have come: the owner's own, or that of another one with its key. */
  readonly heardBy: string;
};

/**
 * Events of accounts have come, which shows that these do not go astray. Providers send the events of an
 * account to one address: what comes to that of one owner is for all that have the same key.
 */
export async function forgetUnheardEnds(tx: Transaction, heard: readonly Heard[]): Promise<void> {
  const owners = [...new Set(heard.map(({ owner }) => owner.id))];
  const unheard = await tx.rows<Unheard>(
    `SELECT ownerId AS heardBy, ownerId, provider, agencyId, callAt FROM unheard_ends
WHERE ownerId IN (${placeholders(owners)})
UNION ALL SELECT k.ownerId AS heardBy, u.ownerId, u.provider, u.agencyId, u.callAt
FROM api_keys k${tx.indexHint('api_keys_by_owner')} JOIN api_keys o ON ${SAME_ACCOUNT} AND o.ownerId <> k.ownerId
JOIN unheard_ends u ON u.ownerId = o.ownerId AND u.provider = o.provider
WHERE k.ownerId IN (${placeholders(owners)})`,
    [...owners, ...owners],
  );
  for (const end of unheard) {
    const event = heard.find(
      ({ owner, provider, receivedAt }) =>
        owner.id === end.heardBy && provider === end.provider && receivedAt >= dateOf(end.callAt),
    );
    if (event) await forget(tx, end, event.receivedAt);
  }
}

async function forget(
  tx: Transaction,
  { ownerId, provider, agencyId }: Pick<UnheardEndRow, 'ownerId' | 'provider' | 'agencyId'>,
  receivedAt: Date,
): Promise<void> {
  const gone = await tx.run('DELETE FROM unheard_ends WHERE ownerId = ? AND provider = ? AND callAt <= ?', [
    ownerId,
    provider,
    receivedAt,
  ]);
  if (gone > 0) await noteChange(tx, agencyId, ownerId === agencyId ? null : ownerId);
}

/** Whether an event has come since a time to the address of whoever has the key of an account now. */
async function isHeard(tx: Transaction, ownerId: string, provider: Provider, since: Date): Promise<boolean> {
  const same = await readVersions(tx, { owner: { id: ownerId }, provider });
  const owners = [...new Set([ownerId, ...same.keys()])];
  const [event] = await tx.rows(
    `SELECT ownerId FROM provider_events WHERE ownerId IN (${placeholders(owners)}) AND provider = ? AND receivedAt >= ? LIMIT 1`,
    [...owners, provider, since],
  );
  return event !== undefined;
}

/** Keeps that the end of a call became known by asking, and looks later whether an event has come. */
export async function noteUnheardEnd(
  tx: Transaction,
  { agencyId, provider, keyVersion, createdAt: callAt }: CallRow,
  ownerId: string,
): Promise<void> {
  if (keyVersion === null) return;
  const known = await tx.findOneBy(UnheardEndRow, { ownerId, provider });
  if (known && known.callAt >= callAt) return;
  if (await isHeard(tx, ownerId, provider, callAt))
    return known ? forget(tx, { ownerId, provider, agencyId }, callAt) : undefined;
  const learntAt = new Date();
  const end = { keyVersion, callAt, learntAt };
  if (known) await tx.updateRow('unheard_ends', end, { ownerId, provider });
  else await tx.insertRow('unheard_ends', { ownerId, provider, agencyId, ...end });
  const lookAt = new Date(learntAt.getTime() + EVENT_GRACE_MS);
  await noteChange(tx, agencyId, ownerId === agencyId ? null : ownerId, lookAt);
}
