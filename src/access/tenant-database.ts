import type { Database } from '../database/database';
import type { Beginning, Reader, Transaction } from '../database/transaction';
import type { PublicError } from '../graphql/errors';
import type { Viewer } from './viewer';

/**
 * Returns the error for a viewer who is gone or whose rights have changed since its request arrived, and null
 * for any other viewer.
 */
export type RightsCheck = (tx: Beginning, viewer: Viewer) => Promise<PublicError | null>;

/**
 * The database as services use it. A request can take long, because it waits for a slow provider or for other
 * mutations of its document, and rights may be taken away meanwhile. Therefore a service can only write for a
 * viewer who is checked again inside the same transaction.
 */
export class TenantDatabase {
  constructor(
    private readonly database: Database,
    private readonly lostRights: RightsCheck,
  ) {}

  get read(): Reader {
    return this.database.read;
  }

  /**
   * Throws `UNAUTHENTICATED` or `FORBIDDEN`, with nothing written, for a viewer whose rights have changed
   * since its request arrived.
   */
  write<T>(viewer: Viewer, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.writeLocked(viewer, () => Promise.resolve(), work);
  }

  /** Writes in the same way with what `lock` has read, which is asked for together with the check. */
  writeLocked<L, T>(
    viewer: Viewer,
    lock: (tx: Beginning) => Promise<L>,
    work: (tx: Transaction, locked: L) => Promise<T>,
  ): Promise<T> {
    return this.database.writeAfter(
      (tx) => Promise.all([this.lostRights(tx, viewer), lock(tx)]),
      async (tx, [refusal, locked]) => {
        if (refusal) throw refusal;
        return work(tx, locked);
      },
    );
  }

  /**
   * Throws in the same way, and writes nothing. It is for what cannot be undone, e.g. showing a key to its
   * provider.
   */
  requireRights(viewer: Viewer): Promise<void> {
    return this.write(viewer, () => Promise.resolve());
  }

  /**
   * Writes what came of a request to a provider. That the provider was asked, and what it answered, stands
   * whatever became of the viewer meanwhile. `work` is told whether the viewer still has its rights, and
   * writes nothing else without them. Throws like `write`, but afterwards.
   */
  writeOutcome<T>(viewer: Viewer, work: (tx: Transaction, hasRights: boolean) => Promise<T>): Promise<T> {
    return this.writeLockedOutcome(viewer, () => Promise.resolve(), work);
  }

  /** Writes in the same way with what `lock` has read, which is asked for together with the check. */
  async writeLockedOutcome<L, T>(
    viewer: Viewer,
    lock: (tx: Beginning) => Promise<L>,
    work: (tx: Transaction, hasRights: boolean, locked: L) => Promise<T>,
  ): Promise<T> {
    const { result, refusal } = await this.database.writeAfter(
      (tx) => Promise.all([this.lostRights(tx, viewer), lock(tx)]),
      async (tx, [refusal, locked]) => ({ result: await work(tx, refusal === null, locked), refusal }),
    );
    if (refusal) throw refusal;
    return result;
  }

  /**
   * Writes without such a check. It is for the outcome of a request to a provider that was allowed when it
   * was sent, for what expires by itself, and for people who are no viewers: those who use a one-time link or
   * decide on an invitation.
   */
  writeWithoutViewer<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.write(work);
  }

  /** Writes in the same way by one UPDATE, as `Database.updateRow` does. */
  updateWithoutViewer(table: string, change: object, where: object): Promise<boolean> {
    return this.database.updateRow(table, change, where);
  }

  /**
   * Tells, inside of `writeWithoutViewer`, whether the viewer whose request began the work still has the same
   * rights.
   */
  async stillHasRights(tx: Transaction, viewer: Viewer): Promise<boolean> {
    return (await this.lostRights(tx, viewer)) === null;
  }
}
