import { checkPhoneNumber } from '../graphql/checks';
import { userError, type UserError } from '../graphql/user-error';
import type { AgentToCall } from '../keys/resolution/agent-with-keys';
import type { CallReceipt, ResolvedKey } from '../keys/resolution/key-resolver.service';
import { digest } from '../platform/digest';
import { newId, timeOfId } from '../platform/ids';
import { adapterOf, type Provider } from '../providers';
import { COST_UNITS } from '../providers/call-cost';
import type { CallEndReason } from '../providers/call-facts';
import type { Placement } from '../providers/placement';
import type { WebCallAccess } from '../providers/web-call-access';
import { nextAskAt } from './ask-schedule';
import type { CallDirection } from '../providers/call-facts';
import type { CallRow } from './call.entity';
import { receiptColumns } from './receipt';

/** The most characters that an idempotency key may have. */
export const IDEMPOTENCY_KEY_MAX_LENGTH = 255;

/** The most variables that the caller of an agent may give to it. */
export const MAX_VARIABLES = 50;
/** The most characters that all values of them may have together. */
export const VARIABLES_MAX_LENGTH = 10_000;

export interface CallVariable {
  readonly name: string;
  readonly value: string;
}

export interface CallRequest {
  readonly kind: CallRow['kind'];
  readonly agentId: string;
  /** Null for a web call, which nobody is phoned for. */
  readonly toNumber: string | null;
  readonly idempotencyKey?: string | null;
  readonly variables?: readonly CallVariable[] | null;
}

export interface CallResult {
  readonly call: CallRow | null;
  /** What it takes to join a web call that was just started. */
  readonly access?: WebCallAccess | null;
  readonly userErrors: readonly UserError[];
}

export function checkInput({ toNumber, idempotencyKey, variables }: CallRequest): UserError[] {
  const number = toNumber === null ? '' : checkPhoneNumber(toNumber, ['input', 'toNumber']);
  const errors = typeof number === 'string' ? [] : [number];
  const key = idempotencyKey?.trim();
  if (key === '') errors.push(userError('REQUIRED', ['input', 'idempotencyKey']));
  if (key && key.length > IDEMPOTENCY_KEY_MAX_LENGTH)
    errors.push(
      userError('TOO_LONG', ['input', 'idempotencyKey'], `At most ${IDEMPOTENCY_KEY_MAX_LENGTH} characters.`),
    );
  return [...errors, ...checkVariables(variables ?? [])];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

function checkVariables(variables: readonly CallVariable[]): UserError[] {
  const field = ['input', 'variables'];
  if (variables.length > MAX_VARIABLES)
    return [userError('TOO_LONG', field, `At most ${MAX_VARIABLES} variables.`)];
  const length = variables.reduce((sum, { value }) => sum + value.length, 0);
  if (length > VARIABLES_MAX_LENGTH)
    return [userError('TOO_LONG', field, `At most ${VARIABLES_MAX_LENGTH} characters in all values.`)];
  const names = variables.map(({ name }) => name);
  return names.flatMap((name, index) => {
    const at = [...field, index, 'name'];
    if (!NAME.test(name))
      return userError('INVALID_FORMAT', at, 'Letters, digits and `_`, at most 64, and no digit first.');
    return names.indexOf(name) < index ? userError('DUPLICATE', at) : [];
  });
}

/** The digest of an idempotency key is compared exactly on every database, which the text is not. */
export function digestOf({ idempotencyKey }: CallRequest): string | null {
  return idempotencyKey == null ? null : digest(idempotencyKey.trim());
}

export function refused(...userErrors: UserError[]): CallResult {
  return { call: null, userErrors };
}

/** The variables as each provider takes them. */
export function valuesOf(variables: CallRequest['variables']): Readonly<Record<string, string>> {
  return Object.fromEntries((variables ?? []).map(({ name, value }) => [name, value]));
}

function numberOf({ toNumber }: CallRequest): string | null {
  return toNumber?.trim() ?? null;
}

function variablesDigestOf({ variables }: CallRequest): string | null {
  const entries = Object.entries(valuesOf(variables)).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.length === 0 ? null : digest(JSON.stringify(entries));
}

/** Answers a request whose idempotency key was used before. */
export function repetition(earlier: CallRow, request: CallRequest): CallResult {
  const same =
    earlier.kind === request.kind &&
    earlier.agentId === request.agentId &&
    earlier.toNumber === numberOf(request) &&
    earlier.variablesDigest === variablesDigestOf(request);
  const field = ['input', 'idempotencyKey'];
  if (!same) return refused(userError('IDEMPOTENCY_CONFLICT', field));
  const userErrors = request.toNumber === null ? [userError('ACCESS_GIVEN_ONCE', field)] : [];
  return { call: earlier, userErrors };
}

/** The agent of a call with the key that counts for it, which is open. */
export interface AgentWithKey {
  readonly agent: AgentToCall;
  readonly key: ResolvedKey;
  readonly receipt: CallReceipt;
}

const PENDING_COST = {
  costStatus: 'PENDING',
  costMicros: null,
  costCurrency: null,
  costFigure: null,
  costUnit: null,
} as const;

/** Makes the row of a call that its provider has not been asked for yet. */
export function newCall({ agent, key, receipt }: AgentWithKey, request: CallRequest, rateId: string | null) {
  return {
    ...unknownCall(agent, receipt),
    kind: request.kind,
    origin: 'API' as const,
    // In a web call it is a person who comes to the agent.
    direction: request.toNumber === null ? ('INBOUND' as const) : ('OUTBOUND' as const),
    keySource: key.source,
    keyVersion: key.version,
    keyOwnerId: key.source === 'CLIENT' ? agent.clientId : agent.agencyId,
    rateId,
    toNumber: numberOf(request),
    idempotencyDigest: digestOf(request),
    variablesDigest: variablesDigestOf(request),
  } satisfies CallRow;
}

/** Makes the row of a call that an integration asks for through the gateway. It has a number where that is in
 * E.164 form. */
export function newGatewayCall(
  { agent, key, receipt }: AgentWithKey,
  direction: CallDirection,
  toNumber: string | null,
  rateId: string | null,
) {
  return {
    ...unknownCall(agent, receipt),
    kind: 'LIVE' as const,
    origin: 'GATEWAY' as const,
    direction,
    keySource: key.source,
    keyVersion: key.version,
    keyOwnerId: key.source === 'CLIENT' ? agent.clientId : agent.agencyId,
    rateId,
    toNumber,
  } satisfies CallRow;
}

export type GatewayCall = ReturnType<typeof newGatewayCall>;

/** What is recorded of every call before anything is known of it. */
export function unknownCall(
  { id: agentId, agencyId, clientId, provider }: AgentToCall,
  receipt: CallReceipt,
  id = newId(),
) {
  const createdAt = timeOfId(id);
  const now = new Date();
  return {
    id,
    agencyId,
    clientId,
    agentId,
    provider,
    providerCallId: null,
    status: 'UNKNOWN',
    isOtherAccount: false,
    otherOwnerId: null,
    ...receiptColumns(receipt),
    idempotencyDigest: null,
    variablesDigest: null,
    errorCode: null,
    errorHttpStatus: null,
    errorRetryAfterSeconds: null,
    startedAt: null,
    endedAt: null,
    durationMs: null,
    endReason: null,
    ...PENDING_COST,
    revision: 0,
    knownAt: null,
    askAt: nextAskAt(createdAt, now),
    createdAt,
    updatedAt: now,
  } as const;
}

/** A call that Latchkey placed, so that it has a key. */
export type PlacedCall = ReturnType<typeof newCall>;

/** Names a call as the audit trail does, with the key that was used. */
export function eventOf(
  { id: callId, agentId, clientId, provider }: CallRow,
  { source: keySource, version }: Pick<ResolvedKey, 'source' | 'version'>,
) {
  return { callId, agentId, clientId, provider, keySource, version };
}

/** What is recorded of a call that never took place: it costs nothing, and nobody was connected. */
export function noCall(provider: Provider, endReason: CallEndReason) {
  const { currency } = COST_UNITS[adapterOf(provider).costUnit];
  const cost = { costStatus: 'KNOWN', costMicros: 0, costCurrency: currency } as const;
  return { status: 'FAILED', endReason, durationMs: 0, ...cost } as const;
}

type Outcome = Partial<CallRow> &
  Pick<CallRow, 'status' | 'providerCallId' | 'errorCode' | 'errorHttpStatus' | 'errorRetryAfterSeconds'>;

/** Turns the provider's answer into what is recorded of the call. */
export function outcomeOf(provider: Provider, placement: Placement): Outcome {
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
  if (placement.outcome === 'UNKNOWN') return { ...none, ...error, status: 'UNKNOWN' };
  return { ...none, ...error, ...noCall(provider, 'PROVIDER_REFUSED'), askAt: null };
}
