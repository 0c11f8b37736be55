import type { Database } from '../database/database';
import { isDuplicate } from '../database/database-errors';
import { Lease } from '../database/lease';
import { filledUp, placeholders } from '../database/raw';
import { ConcurrentChange } from '../database/repetition';
import type { Reader, Transaction } from '../database/transaction';
import { forceIndex } from '../database/typeorm-internals';
import { Rounds } from '../platform/rounds';
import type { AuditTrail } from './audit-trail';
import type { AuditHeadRow } from './audit-head.entity';
import { AuditEventRow, type ChainedEvent } from './audit.entity';

/** How often an instance looks whether there are events to chain. */
const EVERY_MS = 500;
/**
 * Together with the time above, this is how long events can wait after the instance that chains them died.
 */
const LEASE_MS = 1_500;
/** How many events one transaction chains at most. */
const BATCH = 500;

type ChainEnd = Omit<AuditHeadRow, 'seal'>;

/** Tells of what is wrong with the trail. It never holds anything that a row says. */
type Report = (error: Error) => void;

/** Is told of the events that a transaction chains, once of each. */
type OnChained = (tx: Transaction, events: readonly AuditEventRow[]) => Promise<void>;

/**
 * Puts the events that are committed into the chains of their agencies, many in one transaction. Any instance
 * does that; a lease keeps them from doing the same work twice, and its fence from undoing each other's.
 */
export class AuditSealer {
  readonly #lease: Lease;
  /** The ids of events that are not as they were written. */
  readonly #reported = new Set<string>();
  /** The ids of agencies whose end of the chain is not as it was written, until the next start. */
  readonly #leftOut = new Set<string>();
  readonly #rounds = new Rounds(EVERY_MS, () => this.#seal());

  constructor(
    private readonly database: Database,
    private readonly audit: AuditTrail,
    private readonly report: Report,
    private readonly onChained: OnChained,
  ) {
    this.#lease = new Lease(database, 'audit', LEASE_MS);
  }

  start(): void {
    this.#rounds.start();
  }

  /** Chains what is left, as far as that can be done, and leaves the rest to other instances. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
    await this.#seal();
    await this.#lease.release().catch(this.report);
  }

  /** Chains all events that are committed, unless another instance holds the lease. */
  async seal(): Promise<void> {
    if (!(await this.#isBehind()) || !(await this.#lease.take())) return;
    let after: string | null = '';
    while (after !== null) after = await this.#sealAfter(after);
  }

  async #seal(): Promise<void> {
    try {
      await this.seal();
    } catch (error) {
      this.report(error as Error);
    }
  }

  async #isBehind(): Promise<boolean> {
    const [unchained] = await this.database.read.rows(
      'SELECT id FROM audit_events WHERE sequence IS NULL LIMIT 1',
    );
    return unchained !== undefined;
  }

  /** Chains a batch, and returns the id after which the next one begins; null when there is none. */
  async #sealAfter(after: string): Promise<string | null> {
    try {
      return await this.database.write((tx) => this.#chain(tx, after));
    } catch (error) {
      // A chain leads to a number that is taken, because somebody has put an old end back.
      if (!isDuplicate(error)) throw error;
      const batch = await this.#batchAfter(this.database.read, after);
      for (const agencyId of new Set(batch.map((row) => row.agencyId))) await this.#sealOne(agencyId, after);
      return after;
    }
  }

  async #sealOne(agencyId: string, after: string): Promise<void> {
    try {
      await this.database.write((tx) => this.#chain(tx, after, agencyId));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      this.#leaveOut(agencyId);
    }
  }

  async #chain(tx: Transaction, after: string, agencyId?: string): Promise<string | null> {
    if (!(await this.#lease.renew(tx))) return null;
    const batch = await this.#batchAfter(tx, after, agencyId);
    // The ends are looked for by genuine events alone: one that was made up may hold the id of an agency in
    // capitals, which MariaDB takes for the same id and this process does not.
    const genuine = batch.filter((row) => this.#isGenuine(row));
    const found = await this.#ends(tx, [...new Set(genuine.map((row) => row.agencyId))]);
    const ends = new Map<string, ChainEnd>();
    const chained = genuine
      .filter((row) => found.has(row.agencyId))
      .map((event) => this.#link(event, ends, ends.get(event.agencyId) ?? found.get(event.agencyId) ?? null));
    await updateRows(tx, 'audit_events', ['sequence', 'hash'], chained, 'sequence IS NULL');
    await this.onChained(tx, chained);
    const heads = [...ends.values()].map((end) => ({ ...end, seal: this.audit.sealOf(end) }));
    const old = heads.filter(({ id }) => found.get(id));
    await updateRows(tx, 'audit_heads', ['sequence', 'hash', 'seal'], old);
    for (const head of heads) if (!found.get(head.id)) await tx.insertRow('audit_heads', head);
    return batch.length < BATCH ? null : (batch.at(-1)?.id ?? null);
  }

  /**
   * The ends of chains, null for one that has not begun. An agency whose end is not as it was written, or is
   * gone, is left out: to go on from there would hide that.
   */
  async #ends(tx: Transaction, agencyIds: readonly string[]): Promise<Map<string, ChainEnd | null>> {
    const ends = new Map<string, ChainEnd | null>();
    if (agencyIds.length === 0) return ends;
    const found = await tx.lockRows<AuditHeadRow>(
      `SELECT id, sequence, hash, seal FROM audit_heads WHERE id IN (${placeholders(agencyIds)})`,
      agencyIds,
    );
    for (const id of agencyIds) {
      const head = found.find((row) => row.id === id) ?? null;
      const isSound = head ? head.seal === this.audit.sealOf(head) : !(await hasChain(tx, id));
      if (isSound) ends.set(id, head);
      else this.#leaveOut(id);
    }
    return ends;
  }

  #leaveOut(agencyId: string): void {
    if (this.#leftOut.has(agencyId)) return;
    this.#leftOut.add(agencyId);
    this.report(new Error('The events of an agency cannot be chained: audit:verify tells more'));
  }

  #batchAfter(read: Reader, after: string, agencyId?: string): Promise<AuditEventRow[]> {
    const query = read.createQueryBuilder(AuditEventRow, 'event');
    forceIndex(query, read.indexHint('audit_events_in_order'));
    query.where('event.sequence IS NULL AND event.id > :after', { after });
    if (agencyId !== undefined) query.andWhere('event.agencyId = :agencyId', { agencyId });
    const leftOut = [...this.#leftOut];
    if (leftOut.length > 0) query.andWhere('event.agencyId NOT IN (:...leftOut)', { leftOut });
    return query.orderBy('event.id', 'ASC').limit(BATCH).getMany();
  }

  /** Gives an event its place after the end of its chain, and makes it the end. */
  #link(event: AuditEventRow, ends: Map<string, ChainEnd>, end: ChainEnd | null): ChainedEvent {
    const { agencyId: id } = event;
    const sequence = (end?.sequence ?? 0) + 1;
    const hash = this.audit.hashOf(event, sequence, end?.hash ?? '');
    ends.set(id, { id, sequence, hash });
    return { ...event, sequence, hash };
  }

  #isGenuine(row: AuditEventRow): boolean {
    const isGenuine = this.audit.isGenuine(row);
    if (!isGenuine && !this.#reported.has(row.id)) {
      this.#reported.add(row.id);
      this.report(new Error('An event is not chained, because it is not as it was written'));
    }
    return isGenuine;
  }
}

async function hasChain(tx: Transaction, agencyId: string): Promise<boolean> {
  const sql = 'SELECT id FROM audit_events WHERE agencyId = ? AND sequence IS NOT NULL LIMIT 1';
  return (await tx.rows(sql, [agencyId])).length > 0;
}

/** As many rows are changed by one statement at most: the database looks for a row's values one by one. */
const ROWS_AT_ONCE = 128;

/** Gives each of these rows its own values. Throws `ConcurrentChange` where one is not there any more. */
async function updateRows<T extends { readonly id: string }>(
  tx: Transaction,
  table: string,
  columns: readonly (string & keyof T)[],
  rows: readonly T[],
  condition = '1 = 1',
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const some = rows.slice(start, start + ROWS_AT_ONCE);
    const filled = filledUp(some);
    const settings = columns.map(
      (column) => `${column} = CASE id ${'WHEN ? THEN ? '.repeat(filled.length)}END`,
    );
    const values = columns.flatMap((column) => filled.flatMap((row) => [row.id, row[column]]));
    const ids = filled.map(({ id }) => id);
    const changed = await tx.run(
      `UPDATE ${table} SET ${settings.join(', ')} WHERE id IN (${placeholders(ids)}) AND ${condition}`,
      [...values, ...ids],
    );
    if (changed !== some.length) throw new ConcurrentChange();
  }
}
