import { lockOwn } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import { placeholders } from '../database/raw';
import type { Reader, Transaction } from '../database/transaction';
import { userError, type UserError } from '../graphql/user-error';
import { ClientRow } from './client.entity';

/**
 * A client for which something new is made. It is locked, so that it is not archived before that is there.
 */
export async function lockActiveClient(
  tx: Transaction,
  viewer: Viewer,
  clientId: string,
): Promise<ClientRow | UserError> {
  const client = await lockOwn(tx, viewer, ClientRow, clientId);
  if (!client) return userError('NOT_FOUND', ['input', 'clientId']);
  return client.archivedAt
    ? userError('CLIENT_ARCHIVED', ['input', 'clientId'], 'The client is archived.')
    : client;
}

/** Returns the ids of those clients that are archived. */
export async function archivedClients(reader: Reader, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await reader.rows<{ readonly id: string }>(
    `SELECT id FROM clients WHERE id IN (${placeholders(ids)}) AND archivedAt IS NOT NULL`,
    ids,
  );
  return new Set(rows.map(({ id }) => id));
}
