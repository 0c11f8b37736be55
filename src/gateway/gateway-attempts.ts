import type { CallRow } from '../calls/call.entity';
import { dateOf, dateOrNull, type RawDate } from '../database/raw';
import type { Reader, Transaction } from '../database/transaction';
import type { AttemptKey } from './attempt-key';
import type { GatewayAttemptRow } from './gateway-attempt.entity';

const SECOND_MS = 1000;
/** For so long an idempotency key of an integration is honoured. */
export const KEY_HONOURED_MS = 24 * 60 * 60 * SECOND_MS;
/** For so long a repetition that says it is one is taken for one. */
const MARKED_MS = 10 * 60 * SECOND_MS;
/**
 * The clients of the providers repeat a request twice, and wait for at most a minute each time. For so long a
 * request that says nothing is taken for a repetition of one whose outcome is unknown.
 */
const UNMARKED_MS = 2 * 60 * SECOND_MS;

type Call = Pick<CallRow, 'status' | 'providerCallId'>;

/** An attempt, and what is known of its call now. */
export type Attempt = GatewayAttemptRow & Call;

type RawAttempt = Omit<Attempt, 'createdAt' | 'answeredAt' | 'isUndelivered'> & {
  readonly createdAt: RawDate;
  readonly answeredAt: RawDate | null;
  readonly isUndelivered: boolean | number;
};

const FIND = `SELECT t.digest, t.bodyDigest, t.callId, t.createdAt, t.answeredAt, t.httpStatus, t.isUndelivered,
c.status, c.providerCallId FROM gateway_attempts t JOIN calls c ON c.id = t.callId WHERE t.digest = ?`;

export async function findAttempt(read: Reader | Transaction, key: string): Promise<Attempt | null> {
  const [row] = await read.rows<RawAttempt>(FIND, [key]);
  return (
    (row && {
      ...row,
      createdAt: dateOf(row.createdAt),
      answeredAt: dateOrNull(row.answeredAt),
      isUndelivered: Boolean(row.isUndelivered),
    }) ??
    null
  );
}

/** `UNKNOWN` means that the call may have been placed, also while the provider is still asked. */
export function outcomeOfAttempt({ status, providerCallId }: Call): 'PLACED' | 'REFUSED' | 'UNKNOWN' {
  if (providerCallId !== null) return 'PLACED';
  return status === 'UNKNOWN' ? 'UNKNOWN' : 'REFUSED';
}

/**
 * Tells whether a request is a repetition of an attempt, so that nothing may be sent. Where the provider has
 * refused, nothing was dialled, and the request is a new one. Where the integration has got no definite
 * answer, also a call that an event has told of meanwhile counts as unknown to it. Where it has, only a
 * client that says soon that it repeats itself can mean the same call.
 */
export function isRepetition(attempt: Attempt, key: AttemptKey, now: Date): boolean {
  const { answeredAt, createdAt, httpStatus, isUndelivered } = attempt;
  const since = now.getTime() - (key.hasIdempotencyKey ? createdAt : (answeredAt ?? createdAt)).getTime();
  const lifetime = key.hasIdempotencyKey ? KEY_HONOURED_MS : key.isMarked ? MARKED_MS : UNMARKED_MS;
  if (since > lifetime) return false;
  if (outcomeOfAttempt(attempt) === 'REFUSED') return false;
  const isDefinite = answeredAt !== null && httpStatus !== null && httpStatus < 400 && !isUndelivered;
  return !isDefinite || key.hasIdempotencyKey || (key.isMarked && since <= UNMARKED_MS);
}
