import { plural } from './plural';

interface Words {
  readonly minutes: string;
  readonly cost: string | null;
  readonly unknown: number;
  /** Calls of which no duration is known. */
  readonly endless: number;
}

export const moved = {
  payer: { CLIENT: 'the client’s account', AGENCY: 'the agency’s account' },
  sentence: (
    { minutes, cost, unknown, endless }: Words,
    before: 'CLIENT' | 'AGENCY',
    after: 'CLIENT' | 'AGENCY' | null,
  ) =>
    [
      `In the last 30 days, ${minutes} minutes were on ${moved.payer[before]}`,
      endless > 0 && ` (without ${plural(endless, 'call', 'calls')} of unknown duration)`,
      cost !== null && ` and cost ${cost}`,
      unknown > 0 && `, without ${plural(unknown, 'call', 'calls')} of unknown cost`,
      after === null
        ? '. Nobody pays for such calls then.'
        : `. Such calls are on ${moved.payer[after]} then.`,
    ]
      .filter(Boolean)
      .join(''),
  rateMissing: {
    CLIENT: 'There is no rate for calls on the client’s account. Set one under Billing.',
    AGENCY: 'There is no rate for calls on the agency’s account. Set one under Billing.',
  },
};
