import { In, type EntityTarget, type FindOptionsWhere, type ObjectLiteral } from 'typeorm';
import type { Reader, Transaction } from '../database/transaction';
import { inOrderOf, isId } from '../platform/ids';
import type { Viewer } from './viewer';

/** A row of one agency. `clientId` is that of the client that it belongs to, if any; a client belongs to itself. */
export interface OwnedRow extends ObjectLiteral {
  readonly id: string;
  readonly agencyId: string;
  readonly clientId?: string | null;
}

/** The values of columns that a row has if it is there for the viewer, to narrow a query of rows that belong to clients. */
export function visibleTo({ agencyId, clientId }: Viewer): { agencyId: string; clientId?: string } {
  return clientId === null ? { agencyId } : { agencyId, clientId };
}

/** The same of clients themselves. */
export function clientsVisibleTo({ agencyId, clientId }: Viewer): { agencyId: string; id?: string } {
  return clientId === null ? { agencyId } : { agencyId, id: clientId };
}

/** Those of these ids of clients that may be there for the viewer: to a portal user, no client but its own is. */
export function ownClientIds({ clientId }: Viewer, ids: readonly string[]): string[] {
  return ids.filter((id) => isId(id) && (clientId === null || clientId === id));
}

/**
 * Locks a row, so that others who lock it wait until the transaction ends. Null for what is not there for the viewer: it is answered as
 * an id that was never given out.
 */
export async function lockOwn<T extends OwnedRow>(
  tx: Transaction,
  viewer: Viewer,
  row: EntityTarget<T>,
  id: string,
): Promise<T | null> {
  const found = isId(id) ? await tx.lock(row, id) : null;
  return found && isVisible(viewer, found) ? found : null;
}

/** The same, without a lock. */
export async function findOwn<T extends OwnedRow>(
  reader: Reader,
  viewer: Viewer,
  row: EntityTarget<T>,
  id: string,
): Promise<T | null> {
  const found = isId(id) ? await reader.findOneBy(row, { id } as FindOptionsWhere<T>) : null;
  return found && isVisible(viewer, found) ? found : null;
}

/** Many in one statement, in the order of the ids. */
export async function findOwnMany<T extends OwnedRow>(
  reader: Reader,
  viewer: Viewer,
  row: EntityTarget<T>,
  ids: readonly string[],
): Promise<(T | null)[]> {
  const where = { ...visibleTo(viewer), id: In(ids.filter(isId)) } as object as FindOptionsWhere<T>;
  return inOrderOf(ids, await reader.findBy(row, where));
}

function isVisible({ agencyId, clientId }: Viewer, row: OwnedRow): boolean {
  return row.agencyId === agencyId && (clientId === null || row.clientId === clientId || row.id === clientId);
}
