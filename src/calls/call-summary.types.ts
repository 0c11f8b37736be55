import { Field, Int, ObjectType } from 'type-graphql';
import { DateTime } from '../graphql/schema-types';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import type { CallStatus } from '../providers/call-facts';
import { CallStatusEnum } from './call-enums';

@ObjectType({ simpleResolvers: true, description: 'The number of calls of one provider with one outcome.' })
export class CallCount {
  @Field(() => CallStatusEnum, { description: 'The outcome of these calls.' })
  status!: CallStatus;

  @Field(() => ProviderEnum, { description: 'The provider of these calls.' })
  provider!: Provider;

  @Field(() => Int, { description: 'The number of these calls, at least 1.' })
  count!: number;
}

@ObjectType('CallSummary', { simpleResolvers: true, description: 'The number of calls in a span of time.' })
export class CallSummaryType {
  @Field(() => DateTime, {
    description: 'The beginning of the span: calls of this time and later are counted.',
  })
  since!: Date;

  @Field(() => DateTime, { description: 'The end of the span: calls before this time are counted.' })
  until!: Date;

  @Field(() => Int, { description: 'The number of calls in the span.' })
  total!: number;

  @Field(() => [CallCount], {
    description: 'The number of calls for each outcome and provider of which there was at least one.',
  })
  counts!: readonly CallCount[];
}
