import type { Database } from '../database/database';
import { isDuplicate } from '../database/database-errors';
import { Lease } from '../database/lease';
import { placeholders } from '../database/raw';
import { ConcurrentChange } from '../database/repetition';
import type { Transaction } from '../database/transaction';
import { forceIndex } from '../database/typeorm-internals';
import type { AuditTrail } from './audit-trail';
import { AuditEventRow, type AuditHeadRow, type ChainedEvent } from './audit.entity';

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

/**
 * Puts the events that are committed into the chains of their agencies, many in one transaction. Any instance
 * does that; a lease keeps them from doing the same work twice, and its fence from undoing each other's.
 */
export class AuditSealer {
  readonly #lease: Lease;
  readonly #reported = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly audit: AuditTrail,
    private readonly report: Report,
  ) {
    this.#lease = new Lease(database, 'audit', LEASE_MS);
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#round = this.#seal().finally(() => this.#timer && this.start());
    }, EVERY_MS).unref();
  }

  /** Chains what is left, as far as that can be done, and leaves the rest to other instances. */
  async stop(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#round;
    await this.#seal();
    await this.#lease.release().catch(this.report);
  }

  /** Chains all events that are committed, unless another instance holds the lease. */
  async seal(): Promise<void> {
    if (!(await this.#isBehind()) || !(await this.#lease.take())) return;
    for (let after: string | null = ''; after !== null;) after = await this.#sealAfter(after);
  }

  async #seal(): Promise<void> {
    try {
      await this.seal();
    } catch (error) {
      this.report(error as Error);
    }
  }

  async #isBehind(): Promise<boolean> {
    return (
      (await this.database.read.rows('SELECT id FROM audit_events WHERE sequence IS NULL LIMIT 1')).length > 0
    );
  }

  /** Chains a batch, and returns the id after which the next one begins; null when there is none. */
  async #sealAfter(after: string): Promise<string | null> {
    const batch = await unchainedAfter(this.database.read, after);
    const events = batch.filter((row) => this.#isGenuine(row));
    if (events.length > 0 && !(await this.#chainAll(events))) return null;
    return batch.length < BATCH ? null : (batch.at(-1)?.id ?? null);
  }

  /** Tells whether this instance still holds the lease. */
  async #chainAll(events: readonly AuditEventRow[]): Promise<boolean> {
    try {
      return await this.database.write((tx) => this.#chain(tx, events));
    } catch (error) {
      // The end of a chain that somebody has removed or put back leads to a number that is taken. That must
      // not stop the chains of other agencies.
      if (!isDuplicate(error)) throw error;
      const [id, ...others] = new Set(events.map(({ agencyId }) => agencyId));
      if (id === undefined || others.length === 0) {
        this.#reportOnce(String(id), 'The events of an agency cannot be chained: audit:verify tells more');
        return true;
      }
      for (const one of [id, ...others])
        if (!(await this.#chainAll(events.filter(({ agencyId }) => agencyId === one)))) return false;
      return true;
    }
  }

  async #chain(tx: Transaction, events: readonly AuditEventRow[]): Promise<boolean> {
    if (!(await this.#lease.renew(tx))) return false;
    const agencyIds = [...new Set(events.map(({ agencyId }) => agencyId))];
    const found = await tx.lockRows<ChainEnd>(
      `SELECT id, sequence, hash FROM audit_heads WHERE id IN (${placeholders(agencyIds)})`,
      agencyIds,
    );
    const ends = new Map(found.map((end) => [end.id, end]));
    const chained = events.map((event) => this.#link(event, ends));
    await updateRows(tx, 'audit_events', ['sequence', 'hash'], chained, 'sequence IS NULL');
    const known = new Set(found.map(({ id }) => id));
    const heads = [...ends.values()].map((end) => ({ ...end, seal: this.audit.sealOf(end) }));
    await updateRows(
      tx,
      'audit_heads',
      ['sequence', 'hash', 'seal'],
      heads.filter(({ id }) => known.has(id)),
    );
    for (const head of heads) if (!known.has(head.id)) await tx.insertRow('audit_heads', head);
    return true;
  }

  /** Gives an event its place after the end of its chain, which it becomes. */
  #link(event: AuditEventRow, ends: Map<string, ChainEnd>): ChainedEvent {
    const { agencyId: id } = event;
    const end = ends.get(id);
    const sequence = (end?.sequence ?? 0) + 1;
    const hash = this.audit.hashOf(event, sequence, end?.hash ?? '');
    ends.set(id, { id, sequence, hash });
    return { ...event, sequence, hash };
  }

  #isGenuine(row: AuditEventRow): boolean {
    const genuine = this.audit.isGenuine(row);
    if (!genuine) this.#reportOnce(row.id, 'An event is not chained, because it is not as it was written');
    return genuine;
  }

  #reportOnce(id: string, text: string): void {
    if (!this.#reported.has(id)) this.report(new Error(text));
    this.#reported.add(id);
  }
}

function unchainedAfter(read: Database['read'], after: string): Promise<AuditEventRow[]> {
  const query = read.createQueryBuilder(AuditEventRow, 'event');
  forceIndex(query, read.indexHint('audit_events_in_order'));
  return query
    .where('event.sequence IS NULL AND event.id > :after', { after })
    .orderBy('event.id', 'ASC')
    .limit(BATCH)
    .getMany();
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
    // There are only eight lengths, so that each statement is prepared once. The last row stands for the
    // rest.
    const length = 2 ** Math.ceil(Math.log2(some.length));
    const filled = Array.from({ length }, (_, index) => some[Math.min(index, some.length - 1)] as T);
    const settings = columns.map((column) => `${column} = CASE id ${'WHEN ? THEN ? '.repeat(length)}END`);
    const values = columns.flatMap((column) => filled.flatMap((row) => [row.id, row[column]]));
    const ids = filled.map(({ id }) => id);
    const changed = await tx.run(
      `UPDATE ${table} SET ${settings.join(', ')} WHERE id IN (${placeholders(ids)}) AND ${condition}`,
      [...values, ...ids],
    );
    if (changed !== some.length) throw new ConcurrentChange();
  }
}
