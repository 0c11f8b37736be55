import { Field, ID, InputType, Int } from 'type-graphql';
import { Decimal } from '../graphql/money.types';
import { DateTime } from '../graphql/schema-types';
import type { KeySource } from '../keys/chain';
import { KeySourceEnum } from '../keys/key-enums';

@InputType({ description: 'What a client is to pay per minute.' })
export class SetRateInput {
  @Field(() => ID, {
    nullable: true,
    description:
      "The client that pays. Without it, the rate is the agency's default, for clients that have none of their own for this key source. NOT_FOUND when the agency has no such client, CLIENT_ARCHIVED when it is archived.",
  })
  clientId?: string | null;

  @Field(() => KeySourceEnum, { description: 'The rate is for calls on the account of this owner.' })
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
    description:
      'After the first increment, seconds are billed in steps of this length, and a step that was started counts in whole: 1 to 3600 seconds, 1 when not given.',
  })
  incrementSeconds?: number | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'The instant from which it is valid: now when not given, at most ten years ahead; IN_THE_PAST when it has passed.',
  })
  validFrom?: Date | null;
}
