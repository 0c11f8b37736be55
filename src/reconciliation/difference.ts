import type { CallRow } from '../calls/call.entity';
import { millionthsText } from '../platform/decimal';
import type { CallFacts } from '../providers/call-facts';

/** How a call in the list of a provider can differ from what Latchkey knows, and what follows from it. */
export const DIFFERENCES = {
  UNKNOWN_TO_US: 'the account has a call that Latchkey had not heard of',
  UNKNOWN_TO_THEM: 'the account has no such call',
  OTHER_COST: 'the account states another cost, which counts from now on',
  OTHER_ACCOUNT: 'the call is in the list of another account than the one that is to have carried it',
} as const;

export interface Difference {
  readonly kind: keyof typeof DIFFERENCES;
  /** It is null for a call that is not recorded: its agent is not one of the agency's. */
  readonly callId: string | null;
  readonly providerCallId: string | null;
  readonly startedAt: Date | null;
  /** What the call costs, as Latchkey knew it and as the provider says. Null where that is not known. */
  readonly ourCost: string | null;
  readonly theirCost: string | null;
}

type Cost = Pick<CallRow, 'costFigure' | 'costUnit' | 'costMicros' | 'costCurrency'>;

export function differenceOf(
  kind: Difference['kind'],
  call: (Cost & Pick<CallRow, 'id' | 'providerCallId' | 'startedAt'>) | null,
  facts: CallFacts | null,
): Difference {
  return {
    kind,
    callId: call?.id ?? null,
    providerCallId: facts?.providerCallId ?? call?.providerCallId ?? null,
    startedAt: facts?.startedAt ?? call?.startedAt ?? null,
    ourCost: call && costText(call.costMicros, call.costCurrency),
    theirCost: facts && costText(facts.cost?.micros ?? null, facts.cost?.currency ?? null),
  };
}

function costText(micros: number | null, currency: string | null): string | null {
  return micros === null || currency === null ? null : `${millionthsText(micros)} ${currency}`;
}
