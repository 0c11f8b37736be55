import { PROVIDER_ID_MAX_LENGTH } from '../graphql/checks';
import { isId } from '../platform/ids';
import { plainText, wholeTimes } from '../platform/decimal';
import { field, textField } from './json';

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

/** The units in which providers state what a call costs, with the millionths of the currency in one. */
export const COST_UNITS = {
  US_DOLLAR: { currency: 'USD', millionths: 1_000_000 },
  US_CENT: { currency: 'USD', millionths: 10_000 },
} as const;
export type CostUnit = keyof typeof COST_UNITS;

/** What the provider takes for a call. */
export interface CallCost {
  /** Whole millionths of the currency unit: rounded once, half away from zero, from the figure. */
  readonly micros: number;
  readonly currency: string;
  /** The provider's own figure, in its own unit. */
  readonly figure: string;
  readonly unit: CostUnit;
}

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

// In a URL the names `.` and `..` lead to another path, however they are encoded. What JSON escapes, which
// would take twice the room there, is in no id.
const ID = /^(?!\.{1,2}$)(?!.*["\\])[\x21-\x7E]+$/;
const E164 = /^\+[1-9]\d{6,14}$/;

export function isProviderId(text: string): boolean {
  return text.length <= PROVIDER_ID_MAX_LENGTH && ID.test(text);
}

export function readId(json: unknown, ...names: readonly string[]): string | null {
  const ids = names.map((name) => textField(json, name));
  return ids.find(isProviderId) ?? null;
}

export function readNumber(json: unknown, name: string): string | null {
  const number = textField(json, name);
  return E164.test(number) ? number : null;
}

/** Reads the property of metadata that Latchkey sends with each call. */
export function readLatchkeyId(metadata: unknown): string | null {
  const id = textField(metadata, 'latchkey_call_id');
  return isId(id) ? id : null;
}

/** Translates a provider's word. The result is null for a word that is not in the table. */
export function readWord<W>(words: Readonly<Record<string, W>>, word: string): W | null {
  return Object.hasOwn(words, word) ? (words[word] ?? null) : null;
}

// No call of any provider lies outside of this span. A database keeps all times in it.
const FIRST_TIME = Date.UTC(2000, 0);
const LAST_TIME = Date.UTC(2100, 0);
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
const ZONE = /(Z|[+-]\d\d:?\d\d)$/;

/**
 * Reads a number of milliseconds since 1970, or a text in the form of ISO 8601. A time without a zone is in
 * UTC, wherever this machine is.
 */
export function readTime(json: unknown, name: string): Date | null {
  const value = field(json, name);
  const ms =
    typeof value === 'string' && ISO.test(value)
      ? Date.parse(ZONE.test(value) ? value : `${value}Z`)
      : wholeTimes(value, 1, LAST_TIME);
  return ms !== null && ms >= FIRST_TIME && ms < LAST_TIME ? new Date(ms) : null;
}

/** The clock of a provider may be so much ahead, and a time without a zone may be that of any zone. */
const AHEAD_MS = 24 * 60 * 60 * 1000;

/** Reads when a call began, or ended. What is still to come has not happened. */
export function readPastTime(json: unknown, name: string): Date | null {
  const time = readTime(json, name);
  return time !== null && time.getTime() <= Date.now() + AHEAD_MS ? time : null;
}

/** The longest duration that is taken for true, in milliseconds: a week. */
const LONGEST_MS = 7 * 24 * 60 * 60 * 1000;

/** Reads a duration in a unit of so many milliseconds. */
export function readDuration(value: unknown, unitMs: number): number | null {
  return wholeTimes(value, unitMs, LONGEST_MS);
}

export function durationBetween(start: Date | null, end: Date | null): number | null {
  return start && end && readDuration(end.getTime() - start.getTime(), 1);
}

/** The highest cost of one call that is taken for true, in millionths: a hundred thousand. */
const MOST_MICROS = 100_000 * 1_000_000;

export function readCost(value: unknown, unit: CostUnit): CallCost | null {
  const { currency, millionths } = COST_UNITS[unit];
  const micros = wholeTimes(value, millionths, MOST_MICROS);
  const figure = plainText(value);
  if (micros === null || figure === null || figure.length > FIGURE_MAX_LENGTH) return null;
  return { micros, currency, figure, unit };
}

/** A number below the highest cost is never longer than this, unless it is too small to be any cost. */
export const FIGURE_MAX_LENGTH = 32;

type Outcome = Pick<CallFacts, 'status' | 'durationMs' | 'endReason'>;

export function goingOn(status: CallStatus | null): Outcome {
  return { status, durationMs: null, endReason: null };
}

/** With these reasons a call was never connected, however long its phone rang. */
const NEVER_CONNECTED: Readonly<Partial<Record<CallEndReason, CallStatus>>> = {
  NO_ANSWER: 'NO_ANSWER',
  DECLINED: 'NO_ANSWER',
  BUSY: 'BUSY',
  INVALID_NUMBER: 'FAILED',
};
/** With these it was connected before. */
const CONNECTED: ReadonlySet<CallEndReason> = new Set([
  'HUNG_UP_BY_CALLEE',
  'HUNG_UP_BY_AGENT',
  'TRANSFERRED',
  'VOICEMAIL',
  'MAX_DURATION',
  'INACTIVITY',
]);

/**
 * What became of a call that has ended. `seemsConnected` tells whether the provider's own status says so,
 * which decides where neither the reason nor the duration does.
 */
export function ended(
  endReason: CallEndReason | null,
  durationMs: number | null,
  seemsConnected: boolean,
): Outcome {
  const never = endReason && NEVER_CONNECTED[endReason];
  if (never) return { status: never, durationMs: 0, endReason };
  const wasConnected =
    (endReason !== null && CONNECTED.has(endReason)) ||
    (durationMs === null ? seemsConnected : durationMs > 0);
  if (wasConnected) return { status: 'COMPLETED', durationMs, endReason };
  return { status: endReason === 'CANCELED' ? 'CANCELED' : 'FAILED', durationMs: 0, endReason };
}
