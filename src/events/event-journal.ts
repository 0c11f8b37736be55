import type { TenantDatabase } from '../access/tenant-database';
import { isUnavailable } from '../database/database-errors';
import { ServiceBusy } from '../database/repetition';
import type { Transaction } from '../database/transaction';
import type { ProviderEventRow } from './provider-event.entity';

/** How many events are put on record together at most. */
const MOST_TOGETHER = 100;

interface Waiting {
  readonly event: ProviderEventRow;
  readonly settle: (error: unknown) => void;
}

/**
 * Puts events on record. Those that arrive while others are being written are written together after them:
 * the database is waited for once for all of them, and none is answered before it is committed.
 */
export class EventJournal {
  #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(private readonly database: Pick<TenantDatabase, 'writeWithoutViewer'>) {}

  /** Resolves when the event is on record, as one that was sent before is already. */
  async record(event: ProviderEventRow): Promise<void> {
    const written = new Promise<unknown>((settle) => this.#waiting.push({ event, settle }));
    if (!this.#isWriting) void this.#write();
    const error = await written;
    if (error instanceof Error) throw error;
    if (error !== null) throw new Error('An event was not put on record', { cause: error });
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) await this.#writeTogether(this.#waiting.splice(0, MOST_TOGETHER));
    this.#isWriting = false;
  }

  // What one of them fails by is no reason to refuse the others. A database that is away or busy refuses each
  // of them, and one after the other they would wait for that again and again.
  async #writeTogether(waiting: readonly Waiting[]): Promise<void> {
    const error = await this.#insert(waiting.map(({ event }) => event)).then(
      () => null,
      (reason: unknown) => reason,
    );
    const isOfAll = error === null || isUnavailable(error) || error instanceof ServiceBusy;
    if (isOfAll || waiting.length === 1) for (const { settle } of waiting) settle(error);
    else for (const each of waiting) await this.#writeTogether([each]);
  }

  // The unique index finds an event that was sent before. Only then is it looked for. It says nothing new,
  // but what it says may hold again: it is worked again, so that what contradicts it is asked about.
  #insert(events: readonly ProviderEventRow[]): Promise<void> {
    let attempts = 0;
    return this.database.writeWithoutViewer(async (tx) => {
      attempts += 1;
      const [first, ...others] = await newOf(tx, events, attempts > 1);
      if (first) await tx.insertRows('provider_events', [first, ...others]);
    });
  }
}

async function newOf(
  tx: Transaction,
  events: readonly ProviderEventRow[],
  mayBeThere: boolean,
): Promise<readonly ProviderEventRow[]> {
  if (!mayBeThere) return events;
  const news = new Map<string, ProviderEventRow>();
  for (const event of events)
    if (!(await workAgain(tx, event)))
      news.set([event.ownerId, event.provider, event.digest].join(' '), event);
  return [...news.values()];
}

/** Answers whether the event is on record. */
async function workAgain(
  tx: Transaction,
  { ownerId, provider, digest }: Pick<ProviderEventRow, 'ownerId' | 'provider' | 'digest'>,
): Promise<boolean> {
  const [found] = await tx.rows<{ id: string }>(
    'SELECT id FROM provider_events WHERE ownerId = ? AND provider = ? AND digest = ?',
    [ownerId, provider, digest],
  );
  if (!found) return false;
  await tx.run(
    "UPDATE provider_events SET state = 'WAITING', attempts = 0, dueAt = ? WHERE id = ? AND state = 'DONE'",
    [new Date(), found.id],
  );
  return true;
}
