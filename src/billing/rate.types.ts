import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Decimal } from '../graphql/money.types';
import { Node } from '../graphql/node';
import { connectionType, DateTime, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { KeySource } from '../keys/chain';
import { KeySourceEnum } from '../keys/api-key.types';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description:
    'One version of what a client pays per minute for calls on one key source. It is never changed, and never applies backwards: a call keeps the rate that was valid when it started.',
})
export class Rate {
  @Field(() => ID, { description: 'The id of the rate.' })
  id!: string;

  @Field(() => KeySourceEnum, { description: 'Whose account the calls run on that it is for.' })
  keySource!: KeySource;

  @Field(() => String, { description: 'The currency as a code of ISO 4217, e.g. USD.' })
  currency!: string;

  @Field(() => Int, { description: 'The least that is billed of a call that was connected, in seconds.' })
  firstIncrementSeconds!: number;

  @Field(() => Int, { description: 'What is billed in whole behind that, in seconds: each started one.' })
  incrementSeconds!: number;

  @Field(() => DateTime, { description: 'The instant from which it is valid.' })
  validFrom!: Date;
}

export const RateConnection = connectionType('Rate', Rate);

@InputType({ description: 'What a client is to pay per minute.' })
export class SetRateInput {
  @Field(() => ID, {
    nullable: true,
    description:
      "The client that pays. Without it, the rate is the agency's default, for clients that have none of their own for this key source. NOT_FOUND when the agency has no such client, CLIENT_ARCHIVED when it is archived.",
  })
  clientId?: string | null;

  @Field(() => KeySourceEnum, { description: 'Whose account the calls run on that it is for.' })
  keySource!: KeySource;

  @Field(() => Decimal, {
    description: 'The price of a minute in the unit of the currency, with at most 6 decimal places.',
  })
  pricePerMinute!: string;

  @Field(() => String, { description: 'The currency as a code of ISO 4217, e.g. USD.' })
  currency!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'The least that is billed of a call that was connected: 1 to 3600 seconds, 1 when not given.',
  })
  firstIncrementSeconds?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The seconds that are billed in whole behind that: 1 to 3600, 1 when not given.',
  })
  incrementSeconds?: number | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'The instant from which it is valid: now when not given, at most ten years ahead; IN_THE_PAST when it has passed.',
  })
  validFrom?: Date | null;
}

@ObjectType({ simpleResolvers: true, description: 'What came of `setRate`.' })
export class SetRatePayload {
  @Field(() => Rate, { nullable: true, description: 'The new version; null when nothing was stored.' })
  rate!: Rate | null;

  @UserErrorsField()
  userErrors!: UserError[];
}
