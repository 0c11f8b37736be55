import type { TenantDatabase } from '../access/tenant-database';
import { dateOrNull, type RawDate } from '../database/raw';
import type { Reader, Transaction } from '../database/transaction';
import { adapterOf, type Provider } from '../providers';
import type { ProviderAdapter } from '../providers/provider';
import { PROVIDER_ERRORS, type ProviderErrorCode } from '../providers/provider-errors';
import type { ProviderError } from '../providers/refusals';
import type { ApiKeyRow } from './api-key.entity';
import { recordVerdict } from './key-writer';

/** A key is verified because of what is asked for with it once in this time at most. */
const TRAFFIC_EVERY_MS = 60 * 1000;
/** Longer than a verification takes. */
const LONGEST_CHECK_MS = 2 * 60 * 1000;
/** How long an account is left alone that sends too many requests, where its provider does not say it. */
export const RATE_LIMIT_PAUSE_MS = 5 * 60 * 1000;

export function endOfPause({ retryAfterSeconds }: ProviderError, now: Date): Date {
  const pauseMs = retryAfterSeconds === null ? RATE_LIMIT_PAUSE_MS : retryAfterSeconds * 1000;
  return new Date(now.getTime() + Math.max(TRAFFIC_EVERY_MS, pauseMs));
}

/**
 * What only a call shows: providers verify a key without looking at the balance of its account, or at all
 * that the key may do.
 */
export function isShownByCalls(
  code: ProviderErrorCode | null,
): code is 'OUT_OF_FUNDS' | 'INSUFFICIENT_PERMISSIONS' {
  return code === 'OUT_OF_FUNDS' || code === 'INSUFFICIENT_PERMISSIONS';
}

/**
 * Returns until when an account is left alone by whatever works in the background, because its provider takes
 * no more requests of it; null where it is not.
 */
export async function pauseOf(
  read: Reader,
  ownerId: string,
  provider: Provider,
  now: Date,
): Promise<Date | null> {
  const [key] = await read.rows<{ checkAt: RawDate | null }>(
    `SELECT checkAt FROM api_keys
WHERE ownerId = ? AND provider = ? AND errorCode = 'RATE_LIMITED' AND checkCode IS NOT NULL AND checkAt > ?`,
    [ownerId, provider, now],
  );
  return dateOrNull(key?.checkAt ?? null);
}

/** A key in the version with which a provider was asked. */
export interface UsedKey {
  readonly id: string;
  readonly version: number;
}

type Marked = Pick<ApiKeyRow, 'version' | 'status' | 'errorCode' | 'checkCode'> & {
  readonly checkedAt: RawDate | null;
  readonly checkAt: RawDate | null;
};

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
  const [key] = await tx.rows<Marked>(
    'SELECT version, status, errorCode, checkedAt, checkAt, checkCode FROM api_keys WHERE id = ?',
    [id],
  );
  if (key?.version !== version || isMarked(key, code, now)) return;
  const isLimited = code === 'RATE_LIMITED';
  const checkAt = isLimited ? endOfPause(error, now) : earliestCheck(key, now);
  const marked = await tx.run(
    `UPDATE api_keys SET checkAt = ?, checkCode = ? WHERE id = ? AND version = ? AND COALESCE(checkCode, '') = ?`,
    [checkAt, markAfter(key.checkCode, code), id, version, key.checkCode ?? ''],
  );
  if (marked > 0 && isLimited) await recordVerdict(tx, id, version, { status: 'RATE_LIMITED', error });
}

/**
 * Has the key verified again with which a provider was asked, where its refusal tells of the key. It may as
 * well be about what was asked for, e.g. a call of another account, so that nothing but the verification is
 * believed.
 */
export async function noteDoubt(
  database: Pick<TenantDatabase, 'writeWithoutViewer'>,
  key: UsedKey,
  error: ProviderError,
): Promise<void> {
  if (PROVIDER_ERRORS[error.code].verdict === 'UNREACHABLE') return;
  const doubt = error.code === 'RATE_LIMITED' ? error : { ...error, code: 'KEY_INVALID' as const };
  await database.writeWithoutViewer((tx) => noteRefusal(tx, key, doubt));
}

/**
 * Why a key is verified next. What only calls show stays the reason beside any other: the verification that
 * another one leads to would not see it, and the key would count as good.
 */
export function markAfter(before: ProviderErrorCode | null, code: ProviderErrorCode): ProviderErrorCode {
  return isShownByCalls(before) && !isShownByCalls(code) ? before : code;
}

/**
 * Whether a refusal was noted before. What only calls show stays noted for longer than its verification
 * takes, and so does what a provider could not be asked about. A key that waits for the end of a pause is
 * verified at once where it is refused for another reason.
 */
function isMarked(
  { status, errorCode, checkCode, checkAt }: Marked,
  code: ProviderErrorCode,
  now: Date,
): boolean {
  const dueAt = dateOrNull(checkAt)?.getTime() ?? 0;
  const isFar = dueAt > now.getTime() + LONGEST_CHECK_MS;
  if (checkCode === null) return false;
  if (code === 'RATE_LIMITED') return !isFar || errorCode === code;
  if (checkCode === 'RATE_LIMITED' || (isShownByCalls(code) && !isShownByCalls(checkCode))) return false;
  return !isFar || (checkCode === code && status === code);
}

/**
 * Whether a provider has refused a key as far as is known, and would not have placed a call if that still
 * held.
 */
export function isRefutedByPlacing(provider: Provider, status: ApiKeyRow['status']): boolean {
  if (status === 'OUT_OF_FUNDS') return !takesUnpaidCalls(provider);
  return status === 'INVALID' || status === 'INSUFFICIENT_PERMISSIONS';
}

/** Whether only the end of a call tells that an account of the provider can pay, or cannot. */
export function takesUnpaidCalls(provider: Provider): boolean {
  const adapter: ProviderAdapter = adapterOf(provider);
  return adapter.takesUnpaidCalls === true;
}

/** When a key may be verified next because of its traffic. */
function earliestCheck({ checkedAt }: Pick<Marked, 'checkedAt'>, now: Date): Date {
  const earliest = (dateOrNull(checkedAt)?.getTime() ?? 0) + TRAFFIC_EVERY_MS;
  return new Date(Math.max(now.getTime(), earliest));
}

/**
 * Has a key verified again that counts as refused, because its provider has taken it for a call meanwhile.
 * What only calls show counts no more. A key that a provider takes for calls may count as refused for ever,
 * because it may not read agents.
 */
export async function noteAcceptance(
  tx: Transaction,
  { id, version, status }: UsedKey & Pick<ApiKeyRow, 'status'>,
  now = new Date(),
): Promise<void> {
  const [key] = await tx.rows<Pick<Marked, 'checkedAt'>>('SELECT checkedAt FROM api_keys WHERE id = ?', [id]);
  if (!key) return;
  const checkAt = earliestCheck(key, now);
  await tx.run(
    `UPDATE api_keys SET checkAt = CASE WHEN checkAt > ? THEN ? ELSE checkAt END, checkCode = NULL
WHERE id = ? AND version = ? AND status = ? AND checkAt > ? AND (checkAt > ? OR checkCode IS NOT NULL)`,
    [checkAt, checkAt, id, version, status, now, checkAt],
  );
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

/** A call was connected that was asked for at this time: an account that could not pay can pay again. */
export async function notePaidCall(
  tx: Transaction,
  { ownerId, provider, version }: Account,
  askedForAt: Date,
): Promise<void> {
  const [key] = await tx.rows<{ id: string; lastVerifiedAt: RawDate | null }>(
    `SELECT id, lastVerifiedAt FROM api_keys
WHERE ownerId = ? AND provider = ? AND version = ? AND status = 'OUT_OF_FUNDS'`,
    [ownerId, provider, version],
  );
  const lastVerifiedAt = dateOrNull(key?.lastVerifiedAt ?? null);
  if (key && (lastVerifiedAt === null || lastVerifiedAt <= askedForAt))
    await noteAcceptance(tx, { id: key.id, version, status: 'OUT_OF_FUNDS' });
}
