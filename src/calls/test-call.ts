import { checkPhoneNumber } from '../graphql/checks';
import { userError, type UserError } from '../graphql/user-error';
import type { AgentToCall } from '../keys/resolution/agent-with-keys';
import type { ResolvedKey } from '../keys/resolution/key-resolver.service';
import { digest, newId } from '../platform/ids';
import type { Placement } from '../providers/requests';
import type { CallRow } from './call.entity';

/** The most characters that an idempotency key may have. */
export const IDEMPOTENCY_KEY_MAX_LENGTH = 255;

export interface TestCall {
  readonly agentId: string;
  readonly toNumber: string;
  readonly idempotencyKey?: string | null;
}

export interface CallResult {
  readonly call: CallRow | null;
  readonly userErrors: readonly UserError[];
}

export function checkInput({ toNumber, idempotencyKey }: TestCall): UserError[] {
  const number = checkPhoneNumber(toNumber, ['input', 'toNumber']);
  const errors = typeof number === 'string' ? [] : [number];
  const key = idempotencyKey?.trim();
  if (key === '') errors.push(userError('REQUIRED', ['input', 'idempotencyKey']));
  if (key && key.length > IDEMPOTENCY_KEY_MAX_LENGTH)
    errors.push(userError('TOO_LONG', ['input', 'idempotencyKey']));
  return errors;
}

/** The digest of an idempotency key is compared exactly on every database, which the text is not. */
export function digestOf({ idempotencyKey }: TestCall): string | null {
  return idempotencyKey == null ? null : digest(idempotencyKey.trim());
}

export function refused(...userErrors: UserError[]): CallResult {
  return { call: null, userErrors };
}

/** Answers a request whose idempotency key was used before. */
export function repetition(earlier: CallRow, { agentId, toNumber }: TestCall): CallResult {
  const same = earlier.agentId === agentId && earlier.toNumber === toNumber.trim();
  return same
    ? { call: earlier, userErrors: [] }
    : { call: null, userErrors: [userError('IDEMPOTENCY_CONFLICT', ['input', 'idempotencyKey'])] };
}

/** Makes the row of a call that its provider has not been asked for yet. */
export function newCall(agent: AgentToCall, key: ResolvedKey, input: TestCall): CallRow {
  const now = new Date();
  return {
    id: newId(),
    agencyId: agent.agencyId,
    clientId: agent.clientId,
    agentId: agent.id,
    provider: agent.provider,
    providerCallId: null,
    kind: 'TEST',
    direction: 'OUTBOUND',
    status: 'UNKNOWN',
    keySource: key.source,
    keyVersion: key.version,
    toNumber: input.toNumber.trim(),
    idempotencyDigest: digestOf(input),
    errorCode: null,
    errorHttpStatus: null,
    errorRetryAfterSeconds: null,
    createdAt: now,
    updatedAt: now,
  };
}

/** Names a call as the audit trail does. */
export function eventOf({
  id: callId,
  agentId,
  clientId,
  provider,
  keySource,
  keyVersion: version,
}: CallRow) {
  return { callId, agentId, clientId, provider, keySource, version };
}

type Outcome = Pick<
  CallRow,
  'status' | 'providerCallId' | 'errorCode' | 'errorHttpStatus' | 'errorRetryAfterSeconds' | 'updatedAt'
>;

/** Turns the provider's answer into what is recorded of the call. */
export function outcomeOf(placement: Placement): Outcome {
  const none = {
    providerCallId: null,
    errorCode: null,
    errorHttpStatus: null,
    errorRetryAfterSeconds: null,
    updatedAt: new Date(),
  };
  if (placement.outcome === 'PLACED')
    return { ...none, status: 'QUEUED', providerCallId: placement.providerCallId };
  const { code, httpStatus, retryAfterSeconds } = placement.error;
  const error = { errorCode: code, errorHttpStatus: httpStatus, errorRetryAfterSeconds: retryAfterSeconds };
  return { ...none, ...error, status: placement.outcome === 'REFUSED' ? 'FAILED' : 'UNKNOWN' };
}
