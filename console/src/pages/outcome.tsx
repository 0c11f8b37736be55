import * as text from '../text/hand-ins';
import { Badge, Stack, Time, Until, type Tone } from '../ui/parts';
import type { HandIn } from './hand-ins';

const TONES: Readonly<Record<HandIn['status'], Tone>> = {
  PENDING: 'info',
  ACCEPTED: 'ok',
  REFUSED: 'bad',
  REPLACED: 'plain',
  EXPIRED: 'warn',
};

interface OutcomeProps {
  readonly handIn: Pick<HandIn, 'status' | 'reason' | 'decidedAt' | 'expiresAt'>;
  readonly decidedBy: string | null;
}

/** What became of a key that was handed in, for the agency and for the client. */
export function Outcome({ handIn, decidedBy }: OutcomeProps) {
  const { status, reason, decidedAt, expiresAt } = handIn;
  return (
    <Stack
      fine={
        <>
          {status === 'PENDING' ? <Until at={expiresAt} /> : decidedAt !== null && <Time at={decidedAt} />}
          {decidedBy !== null && ` · ${decidedBy}`}
          {reason !== null && <p>{reason}</p>}
        </>
      }
    >
      <Badge tone={TONES[status]}>{text.handIns.status[status]}</Badge>
    </Stack>
  );
}
