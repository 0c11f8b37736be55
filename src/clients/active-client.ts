import { lockOwn } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import type { Transaction } from '../database/transaction';
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
