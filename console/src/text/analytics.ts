import { plural } from './plural';

export * from './common';

export const analytics = {
  title: 'Analytics',
  lead: (zone: string) => `Calls by the day on which they started, in the agency’s time zone, ${zone}.`,
  period: 'Period',
  periods: { 7: 'The last 7 days', 30: 'The last 30 days', 90: 'The last 90 days', 366: 'The last year' },
  measure: 'What is counted',
  measures: { calls: 'Calls', minutes: 'Minutes', cost: 'Cost on the agency’s account' },
  split: 'Split by',
  whole: 'Nothing',
  splits: { PROVIDER: 'Provider', CLIENT: 'Client', AGENT: 'Agent', KEY_SOURCE: 'Whose key paid' },
  all: 'All calls',
  others: 'All others',
  noClient: 'No client',
  noAgent: 'An agent that you do not see',
  from: 'From',
  connected: 'Connected',
  unknownCost: (calls: number) => `without ${plural(calls, 'call', 'calls')} of unknown cost`,
  unknownDuration: (calls: number) => `without ${plural(calls, 'call', 'calls')} of unknown duration`,
  plot: (measure: string, total: string, from: string, to: string) =>
    `${measure} from ${from} to ${to}: ${total} in all. The table below has each figure.`,
  table: 'The figures',
  empty: 'No calls in this period',
};
