import { plural } from './plural';

interface Words {
  readonly minutes: string;
  readonly cost: string | null;
  /** Calls of which the cost or the duration is not known. */
  readonly unknownCosts: number;
  readonly unknownDurations: number;
}

export const moved = {
  payer: { CLIENT: 'the client’s account', AGENCY: 'the agency’s account' },
  sentence: (
    { minutes, cost, unknownCosts, unknownDurations }: Words,
    before: 'CLIENT' | 'AGENCY',
    after: 'CLIENT' | 'AGENCY' | null,
  ) =>
    [
      `In the last 30 days, ${minutes} minutes were on ${moved.payer[before]}`,
      unknownDurations > 0 && ` (without ${plural(unknownDurations, 'call', 'calls')} of unknown duration)`,
      cost !== null && ` and cost ${cost}`,
      unknownCosts > 0 && `, without ${plural(unknownCosts, 'call', 'calls')} of unknown cost`,
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
