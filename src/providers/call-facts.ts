import type { CallCost } from './call-cost';

export const CALL_DIRECTIONS = ['OUTBOUND', 'INBOUND'] as const;
export type CallDirection = (typeof CALL_DIRECTIONS)[number];

export const CALL_STATUSES = [
  'QUEUED',
  'RINGING',
  'IN_PROGRESS',
  'COMPLETED',
  'FAILED',
  'NO_ANSWER',
  'BUSY',
  'CANCELED',
  'UNKNOWN',
] as const;
export type CallStatus = (typeof CALL_STATUSES)[number];

/** The order in which a call goes through the statuses that it does not end with. */
const PROGRESS: readonly CallStatus[] = ['UNKNOWN', 'QUEUED', 'RINGING', 'IN_PROGRESS'];

export function isEnded(status: CallStatus): boolean {
  return !PROGRESS.includes(status);
}

/** Returns 0 for `UNKNOWN`, more for each step of a call, and most for all statuses that a call ends with. */
export function progressOf(status: CallStatus): number {
  return isEnded(status) ? PROGRESS.length : PROGRESS.indexOf(status);
}

export const CALL_END_REASONS = [
  'HUNG_UP_BY_CALLEE',
  'HUNG_UP_BY_AGENT',
  'TRANSFERRED',
  'VOICEMAIL',
  'NO_ANSWER',
  'BUSY',
  'DECLINED',
  'INVALID_NUMBER',
  'MAX_DURATION',
  'INACTIVITY',
  'CANCELED',
  'PROVIDER_REFUSED',
  'PROVIDER_FAULT',
  'OTHER',
] as const;
export type CallEndReason = (typeof CALL_END_REASONS)[number];

/**
 * What a provider tells of a call, in the platform's words. Nothing in it is the provider's text but ids and
 * numbers that were checked. What a provider does not tell, or tells in a way that cannot be true, is null.
 */
export interface CallFacts {
  readonly providerCallId: string | null;
  /** Latchkey's id of the call, which was sent as metadata when it was placed. */
  readonly latchkeyCallId: string | null;
  readonly providerAgentId: string | null;
  readonly direction: CallDirection | null;
  readonly toNumber: string | null;
  readonly fromNumber: string | null;
  readonly status: CallStatus | null;
  /** When the provider put the call on record, which is about when it began, where it tells that. */
  readonly madeAt?: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** The connected part. It is null before the call has ended, and 0 for one that was never connected. */
  readonly durationMs: number | null;
  readonly endReason: CallEndReason | null;
  /** What the end of the call tells of the account that carried it, where it tells anything. */
  readonly accountProblem?: 'OUT_OF_FUNDS';
  /** It is null before the call has ended: until then, no provider's figure is reliable. */
  readonly cost: CallCost | null;
}

/** A provider's own reason said that the balance or plan of the account does not allow calls. */
export const OUT_OF_FUNDS = { accountProblem: 'OUT_OF_FUNDS' } as const;

/** Reads facts that were stored as JSON. */
export function storedFacts(text: string): CallFacts {
  const facts = JSON.parse(text) as CallFacts & Record<'startedAt' | 'endedAt', string | null>;
  const time = (value: string | null) => (value === null ? null : new Date(value));
  const { madeAt } = facts;
  return {
    ...facts,
    ...(madeAt && { madeAt: new Date(madeAt) }),
    startedAt: time(facts.startedAt),
    endedAt: time(facts.endedAt),
  };
}
