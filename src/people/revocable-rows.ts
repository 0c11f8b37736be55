import { IsNull, MoreThan, type EntityTarget, type FindOptionsOrder, type FindOptionsWhere } from 'typeorm';
import type { OwnedRow } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import type { Reader, Transaction } from '../database/transaction';

/** A row of something that its maker can revoke. */
interface RevocableRow extends OwnedRow {
  readonly createdBy: string | null;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}

/** The tokens that someone has made and that are still in force. */
export function tokensInForce<T extends RevocableRow>(
  read: Reader,
  row: EntityTarget<T>,
  agencyId: string,
  createdBy: string,
): Promise<T[]> {
  const inForce = { agencyId, createdBy, revokedAt: IsNull(), expiresAt: MoreThan(new Date()) };
  return read.find(row, {
    where: inForce as object as FindOptionsWhere<T>,
    order: { id: 'ASC' } as FindOptionsOrder<T>,
  });
}

/** Revokes rows and records each of them; or makes them the viewer's own, where they are kept. */
export async function withdrawRows<T extends RevocableRow>(
  tx: Transaction,
  viewer: Viewer,
  table: 'service_tokens' | 'gateway_tokens' | 'key_links',
  rows: readonly T[],
  keep: boolean,
  record: (revoked: T) => Promise<void>,
): Promise<void> {
  const change = keep ? { createdBy: viewer.id } : { revokedAt: new Date() };
  for (const each of rows) {
    await tx.updateRow(table, change, { id: each.id });
    if (!keep) await record(each);
  }
}
