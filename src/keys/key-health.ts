import { dateOrNull, type RawDate } from '../database/raw';
import type { Transaction } from '../database/transaction';
import type { Provider } from '../providers';
import { PROVIDER_ERRORS, type ProviderErrorCode } from '../providers/provider-errors';
import type { ProviderError } from '../providers/refusals';
import type { ApiKeyRow } from './api-key.entity';
import { recordVerdict } from './key-writer';

/** A key is verified because of a refusal once in this time at most. */
const REFUSALS_EVERY_MS = 60 * 1000;
/** How long an account is left alone that sends too many requests, unless its provider asks for longer. */
export const RATE_LIMIT_PAUSE_MS = 5 * 60 * 1000;

export function endOfPause({ retryAfterSeconds }: ProviderError, now: Date): Date {
  return new Date(now.getTime() + Math.max(RATE_LIMIT_PAUSE_MS, (retryAfterSeconds ?? 0) * 1000));
}

/** A key in the version with which a provider was asked. */
export interface UsedKey {
  readonly id: string;
  readonly version: number;
}

type Marked = Pick<ApiKeyRow, 'version' | 'checkCode'> & { readonly checkedAt: RawDate | null };

/**
 * Asks for the verification of a key, because its provider has refused something for a reason that tells of
 * the key or its account. A worker does it at once, or a minute after the verification before: whoever was
 * refused does not wait. A mark that is there already, or another version of the key, changes nothing.
 */
export async function noteRefusal(
  tx: Transaction,
  { id, version }: UsedKey,
  error: ProviderError,
  now = new Date(),
): Promise<void> {
  const { code } = error;
  if (PROVIDER_ERRORS[code].verdict === 'UNREACHABLE') return;
  // It is read first, so that of many calls that are refused at once only the first ones lock the key.
  const [key] = await tx.rows<Marked>('SELECT version, checkedAt, checkCode FROM api_keys WHERE id = ?', [
    id,
  ]);
  // A key that waits for the end of a pause is verified at once where it is refused for another reason.
  const isLimited = code === 'RATE_LIMITED';
  const isMarked = key && key.checkCode !== null && (isLimited || key.checkCode !== 'RATE_LIMITED');
  if (key?.version !== version || isMarked) return;
  const earliest = (dateOrNull(key.checkedAt)?.getTime() ?? 0) + REFUSALS_EVERY_MS;
  const checkAt = isLimited ? endOfPause(error, now) : new Date(Math.max(now.getTime(), earliest));
  const marked = await tx.run(
    `UPDATE api_keys SET checkAt = ?, checkCode = ? WHERE id = ? AND version = ? AND COALESCE(checkCode, '') = ?`,
    [checkAt, code, id, version, key.checkCode ?? ''],
  );
  if (marked > 0 && isLimited) await recordVerdict(tx, id, version, { status: 'RATE_LIMITED', error });
}

interface Account {
  readonly ownerId: string;
  readonly provider: Provider;
  /** The key with which the account was used. */
  readonly version: number;
}

/** Does so because of what a provider has told of a call that ended at this time. */
export async function noteProblem(
  tx: Transaction,
  { ownerId, provider, version }: Account,
  code: ProviderErrorCode,
  at: Date,
): Promise<void> {
  const [key] = await tx.rows<{ id: string; lastVerifiedAt: RawDate | null }>(
    'SELECT id, lastVerifiedAt FROM api_keys WHERE ownerId = ? AND provider = ? AND version = ?',
    [ownerId, provider, version],
  );
  const lastVerifiedAt = dateOrNull(key?.lastVerifiedAt ?? null);
  if (!key || (lastVerifiedAt !== null && lastVerifiedAt > at)) return;
  await noteRefusal(tx, { id: key.id, version }, { code, httpStatus: null, retryAfterSeconds: null });
}
