import { MoreThan } from 'typeorm';
import { AgencyRow } from '../agencies/agency.entity';
import type { Database } from '../platform/database';
import type { AuditTrail } from './audit-trail';
import { AuditEventRow, AuditHeadRow } from './audit.entity';

export interface AuditReport {
  readonly agencyId: string;
  readonly events: number;
  /** What is wrong with the chain, the first fault of each kind of place; empty when every event is as it was written. */
  readonly faults: readonly string[];
}

const BATCH = 1_000;

/** Walks the chain of every agency. What was altered, removed, added or put in another order after it was written is a fault. */
export async function* verifyAuditTrail(database: Database, audit: AuditTrail): AsyncGenerator<AuditReport> {
  const agencies = await database.read.find(AgencyRow, { select: { id: true }, order: { id: 'ASC' } });
  for (const { id } of agencies) yield await verifyChain(database, audit, id);
}

async function verifyChain(database: Database, audit: AuditTrail, agencyId: string): Promise<AuditReport> {
  const faults: string[] = [];
  // Read first: events that are added meanwhile are verified, too, but it is this end that the chain must reach.
  const head = await database.read.findOneBy(AuditHeadRow, { id: agencyId });
  let last = { sequence: 0, hash: '' };
  let hashAtHead = '';
  let events = 0;
  for (let rows = await readAfter(database, agencyId, 0); rows.length > 0; rows = await readAfter(database, agencyId, last.sequence)) {
    for (const row of rows) {
      faults.push(...faultsOf(audit, row, last));
      last = row;
      events += 1;
      if (row.sequence === head?.sequence) hashAtHead = row.hash;
    }
  }
  if (!head) faults.push(events > 0 ? 'the end of the chain is not on record' : 'there is not one event');
  else if (head.seal !== audit.sealOf(head)) faults.push('the end of the chain is not as it was written');
  else if (hashAtHead !== head.hash) faults.push(`the chain does not reach event ${head.sequence}, which is on record as its end`);
  return { agencyId, events, faults };
}

function readAfter(database: Database, agencyId: string, sequence: number): Promise<AuditEventRow[]> {
  return database.read.find(AuditEventRow, { where: { agencyId, sequence: MoreThan(sequence) }, order: { sequence: 'ASC' }, take: BATCH });
}

function faultsOf(audit: AuditTrail, row: AuditEventRow, last: { readonly sequence: number; readonly hash: string }): string[] {
  if (row.sequence !== last.sequence + 1) return [`events ${last.sequence + 1} to ${row.sequence - 1} are missing`];
  return row.hash === audit.hashOf(row, last.hash) ? [] : [`event ${row.sequence} is not as it was written`];
}
