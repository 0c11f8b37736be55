import type { Database } from '../database/database';
import type { Reader, Transaction } from '../database/transaction';
import type { PublicError } from '../graphql/errors';
import type { Viewer } from './viewer';

/** What to tell a viewer who is gone, or has other rights than when its request arrived. Null for one who has the same. */
export type RightsCheck = (tx: Transaction, viewer: Viewer) => Promise<PublicError | null>;

/**
 * The database as services have it. A request can wait for long, for a slow provider or behind other mutations of its document, and rights
 * may be taken away meanwhile: so a service can only write for a viewer who is checked again inside the same transaction.
 */
export class TenantDatabase {
  constructor(
    private readonly database: Database,
    private readonly lostRights: RightsCheck,
  ) {}

  get read(): Reader {
    return this.database.read;
  }

  /** Throws `UNAUTHENTICATED` or `FORBIDDEN`, with nothing written, for a viewer whose rights have changed since its request arrived. */
  write<T>(viewer: Viewer, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.write(async (tx) => {
      const refusal = await this.lostRights(tx, viewer);
      if (refusal) throw refusal;
      return work(tx);
    });
  }

  /**
   * For what nobody asks for now, or someone who is no viewer: what has to be noted down after a provider has acted on a request that was
   * allowed, what expires, and what a one-time link brings.
   */
  writeWithoutViewer<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.write(work);
  }

  /** Inside of `writeWithoutViewer`: whether the viewer whose request began this has the same rights still. */
  async stillHasRights(tx: Transaction, viewer: Viewer): Promise<boolean> {
    return (await this.lostRights(tx, viewer)) === null;
  }
}
