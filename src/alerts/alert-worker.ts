import type { AuditTrail } from '../audit/audit-trail';
import { ChangedOwnerRow } from '../agencies/changed-owner';
import type { Database } from '../database/database';
import { isUnavailable } from '../database/database-errors';
import { LeasedRounds } from '../database/leased-rounds';
import { filledUp, placeholders } from '../database/raw';
import type { Transaction } from '../database/transaction';
import type { KeyOwner } from '../keys/place';
import type { Vault } from '../vault/vault';
import { adjustAlerts } from './alert-changes';
import { readOwnerFacts } from './owner-facts';

/** How often an instance looks whether anything has changed. */
const EVERY_MS = 500;
const LEASE_MS = 30_000;
/** So many notes are read at once, and so many clients of an agency are looked at in one transaction. */
const BATCH = 100;
/** So many agencies are looked at in one transaction, for which SQLite's other writers wait. */
const AGENCIES = 20;
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
      const notesOf = (agencies: readonly string[]) =>
        notes.filter(({ agencyId }) => agencies.includes(agencyId));
      // An agency that is to be looked at with all of its clients has a transaction of its own.
      const whole = new Set(notes.filter(concernsAll).map(({ agencyId }) => agencyId));
      const others = [...new Set(notes.map(({ agencyId }) => agencyId))].filter((id) => !whole.has(id));
      for (let start = 0; start < others.length; start += AGENCIES)
        await this.#lookAt(notesOf(others.slice(start, start + AGENCIES)), now);
      for (const agencyId of whole) await this.#lookAt(notesOf([agencyId]), now);
    }
  }

  async #lookAt(notes: readonly Note[], now: Date): Promise<void> {
    try {
      await this.database.write(async (tx) => {
        if (await this.rounds.renew(tx)) await this.#adjust(tx, notes, now);
      });
    } catch (error) {
      this.report(error);
      const agencies = new Set(notes.map(({ agencyId }) => agencyId));
      if (agencies.size === 1 || isUnavailable(error)) await this.#putOff(notes, now);
      // An agency that cannot be looked at keeps no other from its turn.
      else
        for (const agencyId of agencies)
          await this.#lookAt(
            notes.filter((note) => note.agencyId === agencyId),
            now,
          );
    }
  }

  async #putOff(notes: readonly Note[], now: Date): Promise<void> {
    const dueAt = new Date(now.getTime() + RETRY_MS);
    await this.database.write((tx) =>
      tx.run(`UPDATE changed_owners SET dueAt = ? WHERE id IN (${placeholders(notes)})`, [
        dueAt,
        ...notes.map(({ id }) => id),
      ]),
    );
  }

  async #adjust(tx: Transaction, notes: readonly Note[], now: Date): Promise<void> {
    const owners = new Map<string, KeyOwner>();
    const add = (agencyId: string, id: string) =>
      owners.set(id, { type: id === agencyId ? 'AGENCY' : 'CLIENT', id, agencyId });
    for (const { agencyId, ownerId } of notes.filter((note) => !concernsAll(note))) {
      add(agencyId, agencyId);
      add(agencyId, ownerId);
    }
    for (const { agencyId, id } of await goOn(tx, notes)) add(agencyId, id);
    if (owners.size === 0) return;
    const facts = await readOwnerFacts(tx, this.vault.placeMacs, [...owners.values()], now);
    await adjustAlerts(tx, this.audit, facts);
  }
}

function concernsAll({ clientsAfter }: Note): boolean {
  return clientsAfter !== null;
}

/**
 * Removes the notes, but the one that all clients of an agency are still to be looked at after some id: such
 * notes come with no other agency's. Returns who comes next in its order: the agency, and then its clients.
 */
async function goOn(
  tx: Transaction,
  notes: readonly Note[],
): Promise<{ readonly agencyId: string; readonly id: string }[]> {
  // Of several such notes, the one that has come least far includes the others.
  const [whole] = notes
    .filter(concernsAll)
    .sort((one, other) => ((one.clientsAfter ?? '') < (other.clientsAfter ?? '') ? -1 : 1));
  const next = whole ? await clientsAfter(tx, whole) : [];
  const isOver = next.length < BATCH;
  const done = filledUp(notes.filter((note) => note !== whole || isOver).map(({ id }) => id));
  if (done.length > 0) await tx.run(`DELETE FROM changed_owners WHERE id IN (${placeholders(done)})`, done);
  if (!whole) return [];
  if (!isOver) await tx.updateRow('changed_owners', { clientsAfter: next.at(-1) ?? '' }, { id: whole.id });
  const { agencyId } = whole;
  return [...(whole.clientsAfter === '' ? [agencyId] : []), ...next].map((id) => ({ agencyId, id }));
}

async function clientsAfter(tx: Transaction, { agencyId, clientsAfter }: Note): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(
    `SELECT id FROM clients${tx.indexHint('clients_by_agency')} WHERE agencyId = ? AND id > ? ORDER BY id LIMIT ?`,
    [agencyId, clientsAfter, BATCH],
  );
  return rows.map(({ id }) => id);
}
