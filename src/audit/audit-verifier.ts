import { IsNull, MoreThan, Not } from 'typeorm';
import { AgencyRow } from '../agencies/agency.entity';
import type { ReadOnlyDatabase } from '../database/database';
import { isTime, type AuditTrail } from './audit-trail';
import { AuditHeadRow } from './audit-head.entity';
import { AuditEventRow, isChained, type ChainedEvent } from './audit.entity';
import { comparePlaces, LastOfPlaces, nameOfEvent, type ReadPlaces } from './place-comparison';

/** An event by its place and its hash, which stands for all that came before it. */
export type ChainLink = Pick<ChainedEvent, 'sequence' | 'hash'>;

export interface AuditReport {
  readonly agencyId: string;
  readonly events: number;
  /** The last event that is chained; null when there is none. */
  readonly end: ChainLink | null;
  /** Events that are not chained yet. If one of them is removed, that is not found. */
  readonly unchained: UnchainedEvents | null;
  /**
   * What is not as it was written, of the events and of the places of keys that they tell of; empty when
   * everything is.
   */
  readonly faults: readonly string[];
}

export interface UnchainedEvents {
  readonly count: number;
  readonly oldestAgeMs: number;
  readonly youngestAgeMs: number;
}

/** The event at which an earlier verification ended, for each agency. */
export type AuditPrintout = ReadonlyMap<string, ChainLink>;

type Reader = Pick<ReadOnlyDatabase, 'read'>;

const BATCH = 1_000;
/** An event is chained within seconds, where an instance runs. */
const LATE_MS = 60_000;

/**
 * Walks every chain there is or was, and compares the places of keys with the events that tell of them. An
 * event that is not chained yet is verified by itself: that it was altered or made up is found, that it was
 * removed is not, unless the place of a key tells of it. Of the others, what was altered, removed, added or
 * put in another order after it was written is a fault. So is what stood in an earlier printout and is gone
 * or different: without a printout, an old end that was put back cannot be told from a true one.
 */
export async function* verifyAuditTrail(
  database: Reader,
  audit: AuditTrail,
  readPlaces: ReadPlaces,
  earlier: AuditPrintout = new Map(),
): AsyncGenerator<AuditReport> {
  for (const id of await agencyIds(database, earlier))
    yield await verifyAgency(database, audit, readPlaces, id, earlier.get(id) ?? null);
}

// It includes agencies of which only events or keys are left: to remove an agency's row must not hide what
// else was done.
async function agencyIds({ read }: Reader, earlier: AuditPrintout): Promise<string[]> {
  const rows = await read.rows<{ id: string }>(
    'SELECT id FROM agencies UNION SELECT agencyId FROM audit_events UNION SELECT id FROM audit_heads UNION SELECT agencyId FROM api_keys',
  );
  return [...new Set([...rows.map(({ id }) => id), ...earlier.keys()])].sort();
}

async function verifyAgency(
  database: Reader,
  audit: AuditTrail,
  readPlaces: ReadPlaces,
  agencyId: string,
  earlier: ChainLink | null,
): Promise<AuditReport> {
  const faults = (await database.read.existsBy(AgencyRow, { id: agencyId })) ? [] : ['the agency is gone'];
  // The end is read first: events that are added meanwhile are verified as well, but it is this end that the
  // chain must reach.
  const head = await database.read.findOneBy(AuditHeadRow, { id: agencyId });
  const hashes = new Map<number, string | null>(
    [head, earlier].filter((link) => link !== null).map(({ sequence }) => [sequence, null]),
  );
  const hadChain = await database.read.existsBy(AuditEventRow, { agencyId, sequence: Not(IsNull()) });
  const stated = await readPlaces(agencyId);
  const lastEvent = stated.lastEvent ?? head?.sequence ?? (hadChain ? null : 0);
  const last = new LastOfPlaces({ ...stated, lastEvent });
  // They are read before the chain, so that an event that is chained meanwhile is seen in one place at least.
  const unchained = await unchainedOf(database, agencyId);
  const seen = new Set(unchained.map(({ id }) => id));
  for (const row of unchained) faults.push(...faultsOfUnchained(audit, row), ...last.add(row));
  let end: ChainLink | null = null;
  let events = unchained.length;
  for await (const row of chainOf(database, agencyId)) {
    faults.push(...faultsOf(audit, row, end));
    if (row.sequence > 0) end = { sequence: row.sequence, hash: row.hash };
    if (hashes.has(row.sequence)) hashes.set(row.sequence, row.hash);
    if (seen.has(row.id)) continue;
    faults.push(...last.add(row));
    events += 1;
  }
  // The chain of a new agency may have begun since its end was looked for.
  if (!head && end && (await database.read.existsBy(AuditHeadRow, { id: agencyId })))
    return verifyAgency(database, audit, readPlaces, agencyId, earlier);
  faults.push(...faultsOfEnd(audit, head, hashes, end, events), ...faultsSince(earlier, hashes));
  const ages = agesOf(unchained);
  faults.push(...comparePlaces(stated.places, last), ...faultsOfAge(ages));
  return { agencyId, events, end, unchained: ages, faults };
}

/**
 * Begins with the lowest number, whatever it is, so that an event that was put before the first is found as
 * well.
 */
async function* chainOf({ read }: Reader, agencyId: string): AsyncGenerator<ChainedEvent> {
  for (let after: number | null = null; ;) {
    const sequence = after === null ? Not(IsNull()) : MoreThan(after);
    const rows: AuditEventRow[] = await read.find(AuditEventRow, {
      where: { agencyId, sequence },
      order: { sequence: 'ASC' },
      take: BATCH,
    });
    const chained = rows.filter(isChained);
    yield* chained;
    const last = chained.at(-1);
    if (!last) return;
    after = last.sequence;
  }
}

function unchainedOf({ read }: Reader, agencyId: string): Promise<AuditEventRow[]> {
  return read.find(AuditEventRow, { where: { agencyId, sequence: IsNull() }, order: { id: 'ASC' } });
}

function agesOf(unchained: readonly AuditEventRow[]): UnchainedEvents | null {
  const ages = unchained
    .filter(({ at }) => isTime(at))
    .map(({ at }) => Math.max(0, Date.now() - at.getTime()));
  if (ages.length === 0) return null;
  return { count: unchained.length, oldestAgeMs: Math.max(...ages), youngestAgeMs: Math.min(...ages) };
}

// Until an event is chained, nobody would miss it.
function faultsOfAge(unchained: UnchainedEvents | null): string[] {
  return unchained && unchained.oldestAgeMs > LATE_MS
    ? [`events are not chained for more than ${LATE_MS / 1_000} s: does an instance run that can chain them?`]
    : [];
}

function faultsOfUnchained(audit: AuditTrail, row: AuditEventRow): string[] {
  return audit.isGenuine(row) ? [] : [`${nameOfEvent(row)} is not as it was written`];
}

function faultsOf(audit: AuditTrail, row: ChainedEvent, last: ChainLink | null): string[] {
  const { sequence } = row;
  const next = (last?.sequence ?? 0) + 1;
  if (sequence < 1) return [`event ${sequence} was never written: the first is 1`];
  if (sequence !== next) return [`events ${next} to ${sequence - 1} are missing`];
  return isTime(row.at) && row.hash === audit.hashOf(row, sequence, last?.hash ?? '')
    ? []
    : [`event ${sequence} is not as it was written`];
}

function faultsOfEnd(
  audit: AuditTrail,
  head: AuditHeadRow | null,
  hashes: ReadonlyMap<number, string | null>,
  end: ChainLink | null,
  events: number,
): string[] {
  if (!head && end) return ['the end of the chain is not on record'];
  if (!head) return events > 0 ? [] : ['there is not one event'];
  if (head.seal !== audit.sealOf(head)) return ['the end of the chain is not as it was written'];
  return hashes.get(head.sequence) === head.hash
    ? []
    : [`the chain does not reach event ${head.sequence}, which is on record as its end`];
}

function faultsSince(earlier: ChainLink | null, hashes: ReadonlyMap<number, string | null>): string[] {
  if (!earlier) return [];
  const hash = hashes.get(earlier.sequence) ?? null;
  if (hash === null) return [`event ${earlier.sequence}, which stood in the earlier printout, is gone`];
  return hash === earlier.hash
    ? []
    : [`event ${earlier.sequence} is not the one that stood in the earlier printout`];
}
