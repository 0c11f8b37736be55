import type { AuditTrail } from '../audit/audit-trail';
import { ChangedOwnerRow } from '../agencies/changed-owner';
import type { Database } from '../database/database';
import { LeasedRounds } from '../database/leased-rounds';
import { placeholders } from '../database/raw';
import type { Transaction } from '../database/transaction';
import type { Vault } from '../vault/vault';
import { adjustAlerts } from './alert-changes';
import { readOwnerFacts } from './owner-facts';

/** How often an instance looks whether anything has changed. */
const EVERY_MS = 500;
const LEASE_MS = 30_000;
/** So many notes are read at once, and so many clients of an agency are looked at in one transaction. */
const BATCH = 100;
/** Changes that cannot be looked at now are looked at after this time, and keep no others from their turn. */
const RETRY_MS = 60_000;

type Note = Pick<ChangedOwnerRow, 'id' | 'agencyId' | 'ownerId' | 'clientsAfter'>;

/**
 * Looks at owners of whom something has changed, and opens and closes their alerts. Of each change there is a
 * note, which is removed in the transaction that has read the facts since: none is missed, and what has not
 * changed is not read. Any instance does that, one at a time, so that no older facts come after newer ones.
 */
export class AlertWorker {
  readonly rounds: LeasedRounds;

  constructor(
    private readonly database: Database,
    private readonly audit: AuditTrail,
    private readonly vault: Vault,
    private readonly report: (error: unknown) => void,
  ) {
    const timing = { everyMs: EVERY_MS, leaseMs: LEASE_MS };
    this.rounds = new LeasedRounds(database, 'alerts', timing, () => this.work(), report);
  }

  /** Looks at all that has changed, unless another instance holds the lease. */
  async work(now = new Date()): Promise<void> {
    while (!this.rounds.isStopping) {
      const notes = await this.database.read.rows<Note>(
        'SELECT id, agencyId, ownerId, clientsAfter FROM changed_owners WHERE dueAt <= ? ORDER BY dueAt LIMIT ?',
        [now, BATCH],
      );
      if (notes.length === 0 || !(await this.rounds.take())) return;
      const agencies = new Set(notes.map(({ agencyId }) => agencyId));
      for (const agencyId of agencies)
        await this.#lookAt(
          agencyId,
          notes.filter((note) => note.agencyId === agencyId),
          now,
        );
    }
  }

  async #lookAt(agencyId: string, notes: readonly Note[], now: Date): Promise<void> {
    try {
      await this.database.write(async (tx) => {
        if (await this.rounds.renew(tx)) await this.#adjust(tx, agencyId, notes, now);
      });
    } catch (error) {
      this.report(error);
      const dueAt = new Date(now.getTime() + RETRY_MS);
      await this.database.write((tx) =>
        tx.run(`UPDATE changed_owners SET dueAt = ? WHERE id IN (${placeholders(notes)})`, [
          dueAt,
          ...notes.map(({ id }) => id),
        ]),
      );
    }
  }

  async #adjust(tx: Transaction, agencyId: string, notes: readonly Note[], now: Date): Promise<void> {
    const single = notes.filter(({ clientsAfter }) => clientsAfter === null).map(({ ownerId }) => ownerId);
    const withAgency = single.length > 0 ? [agencyId, ...single] : [];
    const owners = [...new Set([...withAgency, ...(await goOn(tx, agencyId, notes))])];
    if (owners.length === 0) return;
    await adjustAlerts(tx, this.audit, await readOwnerFacts(tx, this.vault.placeMacs, agencyId, owners, now));
  }
}

/**
 * Removes the notes, but the one that all clients are still to be looked at after some id. Returns who comes
 * next in its order: the agency, and then its clients.
 */
async function goOn(tx: Transaction, agencyId: string, notes: readonly Note[]): Promise<string[]> {
  // Of several such notes, the one that has come least far includes the others.
  const [whole] = notes
    .filter(({ clientsAfter }) => clientsAfter !== null)
    .sort((one, other) => ((one.clientsAfter ?? '') < (other.clientsAfter ?? '') ? -1 : 1));
  const after = whole?.clientsAfter ?? null;
  const rows =
    after === null
      ? []
      : await tx.rows<{ id: string }>(
          `SELECT id FROM clients${tx.indexHint('clients_by_agency')} WHERE agencyId = ? AND id > ? ORDER BY id LIMIT ?`,
          [agencyId, after, BATCH],
        );
  const ids = rows.map(({ id }) => id);
  const isOver = ids.length < BATCH;
  const done = notes.filter((note) => note !== whole || isOver).map(({ id }) => id);
  if (done.length > 0) await tx.run(`DELETE FROM changed_owners WHERE id IN (${placeholders(done)})`, done);
  if (whole && !isOver)
    await tx.updateRow('changed_owners', { clientsAfter: ids.at(-1) ?? '' }, { id: whole.id });
  return after === '' ? [agencyId, ...ids] : ids;
}
