import { Field, InputType, ID } from 'type-graphql';
import { DayScalar } from '../graphql/schema-types';
import type { Day } from '../platform/calendar';

@InputType({ description: 'The statement that is to be made final.' })
export class FinalizeStatementInput {
  @Field(() => ID, { description: 'The client; NOT_FOUND when the agency has no such client.' })
  clientId!: string;

  @Field(() => DayScalar, {
    description: 'The first day. PERIOD_BILLED when a part of the period is in another final statement.',
  })
  from!: Day;

  @Field(() => DayScalar, {
    description:
      'The last day, at most 366 days in all. PERIOD_NOT_OVER until 72 hours after it. TOO_LONG also where the lines are too many to be kept.',
  })
  to!: Day;
}
