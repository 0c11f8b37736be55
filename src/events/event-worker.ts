import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../database/database';
import { placeholders } from '../database/raw';
import type { Transaction } from '../database/transaction';
import { newId } from '../platform/ids';
import { Rounds } from '../platform/rounds';
import type { Provider } from '../providers';
import { ProviderEventRow } from './provider-event.entity';

/** How often an instance looks for events that wait. */
const EVERY_MS = 100;
/** How long an instance has for the events that it has taken, before another one may take them. */
const CLAIM_MS = 30_000;
/** How many events are taken together at most. */
const BATCH = 100;
/**
 * How many events are worked by one transaction, and how many such transactions run at the same time. With
 * one writer, an event that arrives waits for those that are being worked, so that these are few.
 */
const PACE = { one: { together: 5, atOnce: 1 }, several: { together: 20, atOnce: 4 } };
/**
 * With one writer, a process that takes requests rests after each transaction, for as long as they take more
 * than half of its time, and at most so many times as long as the transaction took. Events on record can
 * wait, while a provider gives up those that it cannot deliver.
 */
const MOST_REST = 4;
/** How long it rests before it looks whether requests have come. */
const REST_MS = 2;
/** An event that fails waits twice as long each time, from the first of these times to the second. */
const RETRY_MS = [1_000, 60 * 60 * 1000] as const;

/** Does what events ask for, in their order, inside the transaction that also notes them as done. */
export type EventEffect = (tx: Transaction, events: readonly ProviderEventRow[]) => Promise<void>;

/** What is told of the work: an event was worked, or failed and is put off. */
export interface WorkReport {
  worked(provider: Provider, outcome: 'DONE' | 'FAILED'): void;
}

/**
 * Works the events that are on record, each at least once and with one effect: an event is noted as done in
 * the transaction of its effect, by whoever has it then. Any instance works any event. None is locked while
 * it waits, so that this holds on every node of a cluster as well.
 */
export class EventWorker {
  readonly #rounds = new Rounds(EVERY_MS, () => this.work().catch(this.report));
  readonly #pace: { readonly together: number; readonly atOnce: number };
  #isStopping = false;

  constructor(
    private readonly database: Database,
    private readonly effect: EventEffect,
    private readonly report: (error: unknown) => void,
    private readonly metrics: WorkReport | null = null,
  ) {
    this.#pace = database.hasOneWriter ? PACE.one : PACE.several;
  }

  start(): void {
    this.#rounds.start();
  }

  /** Ends with the events that it has taken: other instances may go on to put events on record. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#rounds.stop();
    this.#isStopping = false;
  }

  /** Works the events that are due, until there are none or it is told to stop. */
  async work(): Promise<void> {
    while (!this.#isStopping) {
      const events = await this.#take();
      if (events.length === 0) return;
      await this.#workAll(groupsOf(events, this.#pace.together));
    }
  }

  // Whoever changes a row has it. A claim that has run out is taken over in the same way.
  async #take(): Promise<ProviderEventRow[]> {
    const { read } = this.database;
    const now = new Date();
    const due = await read.rows<{ id: string }>(
      "SELECT id FROM provider_events WHERE state = 'WAITING' AND dueAt <= ? ORDER BY dueAt LIMIT ?",
      [now, BATCH],
    );
    if (due.length === 0) return [];
    const ids = due.map(({ id }) => id);
    const claim = newId();
    await this.database.write((tx) =>
      tx.run(
        `UPDATE provider_events SET claim = ?, dueAt = ? WHERE id IN (${placeholders(ids)}) AND state = 'WAITING' AND dueAt <= ?`,
        [claim, new Date(now.getTime() + CLAIM_MS), ...ids, now],
      ),
    );
    return read.find(ProviderEventRow, { where: { claim }, order: { id: 'ASC' } });
  }

  async #workAll(groups: ProviderEventRow[][]): Promise<void> {
    const workNext = async (): Promise<void> => {
      for (let group = groups.shift(); group; group = groups.shift()) {
        const began = performance.now();
        await this.#workTogether(group);
        if (this.database.hasOneWriter) await restWhileBusy(MOST_REST * (performance.now() - began));
      }
    };
    await Promise.all(Array.from({ length: this.#pace.atOnce }, workNext));
  }

  // What one of them fails by is undone for all of them, which are then worked one by one.
  async #workTogether(events: readonly ProviderEventRow[]): Promise<void> {
    try {
      const mine = await this.database.write((tx) => this.#workIn(tx, events));
      for (const { provider } of mine) this.metrics?.worked(provider, 'DONE');
    } catch (error) {
      const [event, ...others] = events;
      if (others.length > 0) for (const each of events) await this.#workTogether([each]);
      else if (event) await this.#failed(event, error);
    }
  }

  async #workIn(tx: Transaction, events: readonly ProviderEventRow[]): Promise<ProviderEventRow[]> {
    const mine = await heldOf(tx, events);
    if (mine.length === 0) return mine;
    const ids = mine.map(({ id }) => id);
    await tx.run(
      `UPDATE provider_events SET state = 'DONE', claim = NULL, dueAt = ? WHERE id IN (${placeholders(ids)})`,
      [new Date(), ...ids],
    );
    await this.effect(tx, mine);
    return mine;
  }

  async #failed(event: ProviderEventRow, error: unknown): Promise<void> {
    this.report(error);
    this.metrics?.worked(event.provider, 'FAILED');
    await this.#putOff(event).catch(this.report);
  }

  #putOff({ id, claim, attempts }: ProviderEventRow): Promise<unknown> {
    const [first, longest] = RETRY_MS;
    const pause = Math.min(first * 2 ** attempts, longest);
    const change = { attempts: attempts + 1, dueAt: new Date(Date.now() + pause), claim: null };
    return this.database.write((tx) => tx.updateRow('provider_events', change, { id, claim }));
  }
}

/** Rests until requests leave the process half of its time, and no longer than so many milliseconds. */
async function restWhileBusy(mostMs: number): Promise<void> {
  const until = performance.now() + mostMs;
  for (let isBusy = true; isBusy && performance.now() < until;) {
    const before = performance.eventLoopUtilization();
    await pause(REST_MS);
    isBusy = performance.eventLoopUtilization(before).utilization > 0.5;
  }
}

/** Locks the events, and leaves out those that somebody else has taken over or worked since. */
async function heldOf(tx: Transaction, events: readonly ProviderEventRow[]): Promise<ProviderEventRow[]> {
  const rows = await tx.lockRows<Pick<ProviderEventRow, 'id' | 'claim' | 'state'>>(
    `SELECT id, claim, state FROM provider_events WHERE id IN (${placeholders(events)})`,
    events.map(({ id }) => id),
  );
  const held = new Map(rows.map((row) => [row.id, row]));
  return events.filter(({ id, claim }) => {
    const row = held.get(id);
    return row?.state === 'WAITING' && row.claim === claim;
  });
}

/**
 * The events of one call are worked one after the other, so that they do not wait for each other's locks, and
 * the calls in the order in which they were told of first.
 */
function groupsOf(events: readonly ProviderEventRow[], together: number): ProviderEventRow[][] {
  const byCall = new Map<string, ProviderEventRow[]>();
  for (const event of events) {
    const call = `${event.ownerId} ${event.providerCallId ?? ''}`;
    const earlier = byCall.get(call);
    if (earlier) earlier.push(event);
    else byCall.set(call, [event]);
  }
  const ordered = [...byCall.values()].flat();
  const groups: ProviderEventRow[][] = [];
  for (let start = 0; start < ordered.length; start += together)
    groups.push(ordered.slice(start, start + together));
  return groups;
}
