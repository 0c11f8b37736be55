import * as text from '../text/common';
import { Badge, type Tone } from '../ui/parts';

export type KeyStatus = keyof typeof text.keyStatus;

const TONES: Readonly<Record<KeyStatus, Tone>> = {
  NOT_SET: 'plain',
  UNVERIFIED: 'info',
  VALID: 'ok',
  INVALID: 'bad',
  INSUFFICIENT_PERMISSIONS: 'bad',
  RATE_LIMITED: 'warn',
  OUT_OF_FUNDS: 'bad',
  UNREACHABLE: 'warn',
  UNREADABLE: 'bad',
};

export function KeyState({ status }: { status: KeyStatus }) {
  return <Badge tone={TONES[status]}>{text.keyStatus[status]}</Badge>;
}

interface Place {
  readonly provider: string;
  readonly isSet: boolean;
  readonly status: KeyStatus;
}

/** Whose key counts for one provider, and in what state it is: the chain at a glance. */
export function WhoseKey({ own, agencys }: { own: Place; agencys: Place | undefined }) {
  if (!own.isSet && agencys?.isSet !== true) return <Badge tone="bad">{text.source.none}</Badge>;
  const [source, { status }] = own.isSet
    ? ([text.source.CLIENT, own] as const)
    : [text.source.AGENCY, agencys ?? own];
  return (
    <span class="whose">
      <span class={own.isSet ? 'own' : 'inherited'}>{source}</span>
      <KeyState status={status} />
    </span>
  );
}
