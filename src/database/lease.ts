import { Column, Entity, PrimaryColumn } from 'typeorm';
import { newId } from '../platform/ids';
import { PlainIdColumn, TimeColumn } from './columns';
import type { Database } from './dialect';
import { dateOf, type RawDate } from './raw';
import type { Reader, Transaction } from './transaction';

/** Which instance does work that only one of them should do at a time. */
@Entity('leases')
export class LeaseRow {
  @PrimaryColumn('varchar', { length: 32 })
  name!: string;

  @PlainIdColumn()
  holder!: string;

  /** It goes up with each holder, so that one who was away for too long is told from the one after it. */
  @Column('int')
  fence!: number;

  @TimeColumn()
  expiresAt!: Date;
}

/**
 * A lease on work that only one instance should do at a time. That is decided by clocks, which may be wrong,
 * so that each transaction of the work has to `renew` the lease: it is refused where another instance has
 * taken it meanwhile.
 */
export class Lease {
  readonly #holder = newId();
  #fence = 0;

  constructor(
    private readonly database: Database,
    private readonly name: string,
    private readonly lifetimeMs: number,
  ) {}

  /** Takes the lease if it is free or has expired. Tells whether this instance holds it. */
  async take(): Promise<boolean> {
    const seen = await this.#read(this.database.read);
    if (seen && this.#isHeld(seen)) return this.#isMine(seen);
    return this.database.write(async (tx) => {
      const row = await this.#read(tx);
      if (row && this.#isHeld(row)) return this.#isMine(row);
      const next = { holder: this.#holder, fence: (row?.fence ?? 0) + 1, expiresAt: this.#end() };
      if (!row) await tx.insertRow('leases', { name: this.name, ...next });
      else if (!(await tx.updateRow('leases', next, { name: this.name, fence: row.fence }))) return false;
      this.#fence = next.fence;
      return true;
    });
  }

  async #read(reader: Reader): Promise<Pick<LeaseRow, 'holder' | 'fence' | 'expiresAt'> | null> {
    const [row] = await reader.rows<{ holder: string; fence: number; expiresAt: RawDate }>(
      'SELECT holder, fence, expiresAt FROM leases WHERE name = ?',
      [this.name],
    );
    return row ? { ...row, expiresAt: dateOf(row.expiresAt) } : null;
  }

  /**
   * Renews the lease in the transaction of the work. Where it answers false, that transaction must not write.
   */
  renew(tx: Transaction): Promise<boolean> {
    return tx.updateRow('leases', { expiresAt: this.#end() }, this.#mine());
  }

  /** Gives the lease up, so that the next holder need not wait for its end. */
  async release(): Promise<void> {
    if (this.#fence === 0) return;
    await this.database.write((tx) => tx.updateRow('leases', { expiresAt: new Date(0) }, this.#mine()));
  }

  // An end that no holder would have written, because its clock was wrong or somebody else wrote it, must not
  // stop the work. The fence keeps that safe.
  #isHeld({ expiresAt }: Pick<LeaseRow, 'expiresAt'>): boolean {
    const leftMs = expiresAt.getTime() - Date.now();
    return leftMs > 0 && leftMs <= 2 * this.lifetimeMs;
  }

  #end(): Date {
    return new Date(Date.now() + this.lifetimeMs);
  }

  #mine() {
    return { name: this.name, holder: this.#holder, fence: this.#fence };
  }

  #isMine({ holder, fence }: Pick<LeaseRow, 'holder' | 'fence'>): boolean {
    return holder === this.#holder && fence === this.#fence;
  }
}
