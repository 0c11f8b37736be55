import type { Viewer } from '../sign-in/viewer';
import { amountText } from '../text/amount';
import * as text from '../text/calls';
import { Badge, type Tone } from '../ui/parts';

export type CallStatus = keyof typeof text.calls.status;

const TONES: Readonly<Record<CallStatus, Tone>> = {
  QUEUED: 'info',
  RINGING: 'info',
  IN_PROGRESS: 'info',
  COMPLETED: 'ok',
  FAILED: 'bad',
  NO_ANSWER: 'warn',
  BUSY: 'warn',
  CANCELED: 'plain',
  UNKNOWN: 'warn',
};

const GOING_ON: readonly CallStatus[] = ['QUEUED', 'RINGING', 'IN_PROGRESS', 'UNKNOWN'];

/** Whether anything may still become of the call. */
export const isGoingOn = (status: CallStatus) => GOING_ON.includes(status);

export function CallState({ status }: { status: CallStatus }) {
  return <Badge tone={TONES[status]}>{text.calls.status[status]}</Badge>;
}

/** Whether somebody who sees the cost is still to be told it. */
export const awaitsCost = (viewer: Viewer, { costStatus }: Pick<Cost, 'costStatus'>) =>
  costStatus === 'PENDING' && viewer.canManageBilling;

interface Cost {
  readonly costStatus: 'PENDING' | 'KNOWN' | 'UNKNOWN';
  readonly providerCost?: { readonly amount: string; readonly currency: string } | null;
}

/** What a call costs, which is never shown as zero because it is not known. Null where it is not for this person. */
export function costOf({ costStatus, providerCost }: Cost) {
  if (costStatus !== 'KNOWN')
    return (
      <Badge tone={costStatus === 'UNKNOWN' ? 'warn' : 'plain'}>{text.calls.costStatus[costStatus]}</Badge>
    );
  if (!providerCost) return null;
  return amountText(Number(providerCost.amount), providerCost.currency);
}

/** How long a call was connected; null where that is not known. */
export const lengthOf = (durationMs: number | null) =>
  durationMs === null ? null : text.call.connected(Math.ceil(durationMs / 1000));
