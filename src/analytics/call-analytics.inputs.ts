import { enumOf } from '../graphql/schema-types';
import { ANALYTICS_INTERVALS } from './periods';
import type { Dimension } from './statements';

export const AnalyticsIntervalEnum = enumOf(
  'AnalyticsInterval',
  ANALYTICS_INTERVALS,
  "What a bucket stands for, by the agency's calendar.",
  {
    DAY: 'A day.',
    WEEK: 'A week from Monday to Sunday. The first and the last one have no more days than are asked for.',
    MONTH: 'A month. The first and the last one have no more days than are asked for.',
    TOTAL: 'The whole period.',
  },
);

const SPLITS = ['AGENT', 'CLIENT', 'PROVIDER', 'KEY_SOURCE'] as const;
export type AnalyticsSplit = (typeof SPLITS)[number];
export const AnalyticsSplitEnum = enumOf(
  'AnalyticsSplit',
  SPLITS,
  'What the calls of a bucket have in common.',
  {
    AGENT: 'The agent.',
    CLIENT: "The agent's client at the time of the call.",
    PROVIDER: 'The provider.',
    KEY_SOURCE: 'Whose key was used. Only agency admins may ask for it: others get FORBIDDEN.',
  },
);

export const DIMENSION_OF: Readonly<Record<AnalyticsSplit, Dimension>> = {
  AGENT: 'agentId',
  CLIENT: 'clientId',
  PROVIDER: 'provider',
  KEY_SOURCE: 'keySource',
};
