import { In, type EntityTarget, type FindOptionsWhere, type ObjectLiteral } from 'typeorm';
import type { Reader, Transaction } from '../database/transaction';
import { isId } from '../platform/ids';
import { inOrderOf } from '../platform/rows-by-id';
import type { Viewer } from './viewer';

/**
 * A row of one agency. `clientId` is that of the client that it belongs to, if any; a client belongs to
 * itself.
 */
export interface OwnedRow extends ObjectLiteral {
  readonly id: string;
  readonly agencyId: string;
  readonly clientId?: string | null;
}

/**
 * A condition for queries of rows that belong to an agency or to one of its clients: it keeps the rows that
 * the viewer may know of.
 */
export function visibleTo({ agencyId, clientId }: Viewer): { agencyId: string; clientId?: string } {
  return clientId === null ? { agencyId } : { agencyId, clientId };
}

/** The same condition for queries of the clients themselves. */
export function clientsVisibleTo({ agencyId, clientId }: Viewer): { agencyId: string; id?: string } {
  return clientId === null ? { agencyId } : { agencyId, id: clientId };
}

/**
 * Returns those of these client ids that the viewer may know of: a portal user knows of no client but its
 * own.
 */
export function ownClientIds({ clientId }: Viewer, ids: readonly string[]): string[] {
  return ids.filter((id) => isId(id) && (clientId === null || clientId === id));
}

/**
 * Locks a row, so that others who lock it wait until the transaction ends. The result is null for a row that
 * the viewer may not know of, as it is for an id that was never given out.
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

/** Reads a row in the same way, without a lock. */
export async function findOwn<T extends OwnedRow>(
  reader: Reader,
  viewer: Viewer,
  row: EntityTarget<T>,
  id: string,
): Promise<T | null> {
  const found = isId(id) ? await reader.findOneBy(row, { id } as FindOptionsWhere<T>) : null;
  return found && isVisible(viewer, found) ? found : null;
}

/** Reads many rows in the same way by one statement, in the order of the ids. */
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
