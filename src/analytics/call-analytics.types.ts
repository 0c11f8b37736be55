import { Field, Int, ObjectType } from 'type-graphql';
import { DayScalar, enumOf } from '../graphql/schema-types';
import type { Day } from '../platform/calendar';
import type { KeySource } from '../keys/chain';
import { KeySourceEnum } from '../keys/key-enums';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import { MAX_BUCKETS } from './call-analytics.service';
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

@ObjectType({ simpleResolvers: true, description: 'What the calls that started in a period come to.' })
export class AnalyticsBucket {
  @Field(() => DayScalar, {
    description: "The first day of the bucket that is asked for, in the agency's time zone.",
  })
  from!: Day;

  @Field(() => ProviderEnum, {
    nullable: true,
    description: 'The provider; null unless the calls are split by it.',
  })
  provider!: Provider | null;

  @Field(() => KeySourceEnum, {
    nullable: true,
    description:
      'Whose key was used; null unless the calls are split by it, and for calls for which there was no key.',
  })
  keySource!: KeySource | null;

  @Field(() => Int, { description: 'The number of calls that started, at least 1.' })
  calls!: number;

  @Field(() => Int, { description: 'How many of them were connected and have ended.' })
  connectedCalls!: number;

  @Field(() => Int, {
    description: 'How long they were connected, in seconds; each call is rounded up to a whole second.',
  })
  seconds!: number;
}

@ObjectType({ simpleResolvers: true, description: 'The calls of a period, counted.' })
export class CallAnalytics {
  @Field(() => [AnalyticsBucket], {
    description: `At most ${MAX_BUCKETS} buckets in the order of their days. One without calls is left out.`,
  })
  buckets!: readonly AnalyticsBucket[];
}
