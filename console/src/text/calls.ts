import { plural } from './plural';

export * from './common';

export const calls = {
  title: 'Calls',
  to: 'To',
  key: 'Paid with',
  test: 'Test',
  total: (count: number) => `${plural(count, 'call', 'calls')} in the last 30 days`,
  noMatch: 'No call is like this',
  empty: 'No calls yet',
  emptyHint: 'Calls appear here as soon as an agent places one.',
  status: {
    QUEUED: 'Queued',
    RINGING: 'Ringing',
    IN_PROGRESS: 'In progress',
    COMPLETED: 'Completed',
    FAILED: 'Failed',
    NO_ANSWER: 'No answer',
    BUSY: 'Busy',
    CANCELED: 'Canceled',
    UNKNOWN: 'Unknown',
  },
};
