import { isEnded, progressOf, type CallFacts } from '../providers/call-facts';
import type { CallRow } from './call.entity';

/** The columns of a call that tell what became of it. */
const KNOWN = [
  'providerCallId',
  'status',
  'startedAt',
  'endedAt',
  'durationMs',
  'endReason',
  'costStatus',
  'costMicros',
  'costCurrency',
  'costFigure',
  'costUnit',
] as const;
export type Known = Pick<CallRow, (typeof KNOWN)[number]>;

export function knownOf(call: Known): Known {
  return Object.fromEntries(KNOWN.map((column) => [column, call[column]])) as unknown as Known;
}

/**
 * Tells what changes in what is known of a call by new facts; nothing for facts of another call. What is
 * known only gets more definite: what was missing is filled in, a call goes on to later statuses, and one
 * that has ended never goes back. Where the facts contradict what is known, they count as a correction by the
 * provider if they are newer, and are out of date otherwise.
 */
export function whatChanges(
  call: Known & Pick<CallRow, 'id' | 'origin'>,
  facts: CallFacts,
  isNewer: boolean,
): Partial<Known> {
  // Latchkey's id was never sent with a call that began at its provider: whatever such a call carries comes
  // from elsewhere, e.g. from another instance of Latchkey.
  const isAnother = facts.latchkeyCallId !== null && facts.latchkeyCallId !== call.id;
  if (isAnother && call.origin !== 'PROVIDER') return {};
  if (isOther(call.providerCallId, facts.providerCallId)) return {};
  const settled = <T>(known: T | null, fact: T | null): T | null =>
    known === null || (fact !== null && isNewer) ? fact : known;
  const outcome = outcomeOf(call, facts, isNewer);
  const isOutOfDate = facts.status !== null && progressOf(facts.status) < progressOf(outcome.status);
  const next: Known = {
    providerCallId: call.providerCallId ?? facts.providerCallId,
    ...outcome,
    startedAt: settled(call.startedAt, facts.startedAt),
    endedAt: isOutOfDate ? call.endedAt : settled(call.endedAt, facts.endedAt),
    ...costOf(call, facts, isNewer, outcome.status !== call.status),
  };
  const changed = KNOWN.filter((column) => !isSame(call[column], next[column]));
  return Object.fromEntries(changed.map((column) => [column, next[column]]));
}

function isOther(known: string | null, fact: string | null): boolean {
  return known !== null && fact !== null && known !== fact;
}

type Outcome = Pick<Known, 'status' | 'durationMs' | 'endReason'>;

// The status, the duration and the reason of a call that has ended belong together: they are taken from one
// answer of the provider, and never mixed with those of another status.
function outcomeOf(call: Outcome, facts: CallFacts, isNewer: boolean): Outcome {
  const { status, durationMs, endReason } = call;
  if (facts.status === null) return { status, durationMs, endReason };
  if (facts.status !== status) {
    const goesOn = progressOf(facts.status) > progressOf(status);
    const isCorrection = isEnded(status) && isEnded(facts.status) && isNewer;
    if (!goesOn && !isCorrection) return { status, durationMs, endReason };
    return { status: facts.status, durationMs: facts.durationMs, endReason: facts.endReason };
  }
  return {
    status,
    durationMs: durationMs === null || isNewer ? (facts.durationMs ?? durationMs) : durationMs,
    endReason: endReason === null || isNewer ? (facts.endReason ?? endReason) : endReason,
  };
}

type Cost = Pick<Known, 'costStatus' | 'costMicros' | 'costCurrency' | 'costFigure' | 'costUnit'>;

const PENDING: Cost = {
  costStatus: 'PENDING',
  costMicros: null,
  costCurrency: null,
  costFigure: null,
  costUnit: null,
};

function costOf(call: Cost, { cost }: CallFacts, isNewer: boolean, isOtherStatus: boolean): Cost {
  const { costStatus, costMicros, costCurrency, costFigure, costUnit } = call;
  // Without a figure of the provider it was only concluded that there was no call.
  const isConcluded = costStatus === 'KNOWN' && costFigure === null;
  if (cost === null && isConcluded && isOtherStatus) return PENDING;
  if (cost === null || (costStatus === 'KNOWN' && !isConcluded && !isNewer))
    return { costStatus, costMicros, costCurrency, costFigure, costUnit };
  return {
    costStatus: 'KNOWN',
    costMicros: cost.micros,
    costCurrency: cost.currency,
    costFigure: cost.figure,
    costUnit: cost.unit,
  };
}

function isSame(one: unknown, other: unknown): boolean {
  return one instanceof Date && other instanceof Date ? one.getTime() === other.getTime() : one === other;
}
