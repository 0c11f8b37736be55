import { Field, Int, ObjectType } from 'type-graphql';
import { DayScalar } from '../graphql/schema-types';
import type { Day } from '../platform/calendar';
import type { KeySource } from '../keys/chain';
import { KeySourceEnum } from '../keys/key-enums';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import { MAX_BUCKETS } from './call-analytics.service';

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

  @Field(() => Int, {
    description:
      'Calls of which it is not known how long they were connected, which `seconds` lacks: calls that go on, and calls that nobody has told the end of.',
  })
  callsOfUnknownDuration!: number;
}

@ObjectType({ simpleResolvers: true, description: 'The calls of a period, counted.' })
export class CallAnalytics {
  @Field(() => [AnalyticsBucket], {
    description: `At most ${MAX_BUCKETS} buckets in the order of their days. One without calls is left out.`,
  })
  buckets!: readonly AnalyticsBucket[];
}
