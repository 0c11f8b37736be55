import { placeholders } from '../database/raw';
import type { Reader } from '../database/transaction';
import type { Provider } from '../providers';
import { CALL_STATUSES, isEnded } from '../providers/call-facts';
import type { KeyOwner } from './place';

const GOING_ON = CALL_STATUSES.filter((status) => !isEnded(status));

/**
 * Counts the calls on an owner's account of which the end is not known, and is still asked for. Once the key
 * is cleared, nobody can ask any more.
 */
export async function countCallsInProgress(
  read: Reader,
  { id, agencyId }: KeyOwner,
  provider: Provider,
): Promise<number> {
  const [row] = await read.rows<{ count: number }>(
    `SELECT COUNT(*) AS count FROM calls${read.indexHint('calls_by_outcome')}
WHERE agencyId = ? AND status IN (${placeholders(GOING_ON)}) AND provider = ?
AND (keyOwnerId = ? OR otherOwnerId = ?) AND askAt IS NOT NULL`,
    [agencyId, ...GOING_ON, provider, id, id],
  );
  return row?.count ?? 0;
}
