import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { connectionType, DateTime, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { KeySource } from '../keys/chain';
import { KeySourceEnum } from '../keys/key-enums';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description:
    'One version of what a client pays per minute for calls on one key source. It is never changed, and never applies backwards: a call keeps the rate that was valid when it started.',
})
export class Rate {
  @Field(() => ID, { description: 'The id of the rate.' })
  id!: string;

  @Field(() => KeySourceEnum, { description: 'The rate is for calls on the account of this owner.' })
  keySource!: KeySource;

  @Field(() => String, { description: 'The currency as a code of ISO 4217, e.g. USD.' })
  currency!: string;

  @Field(() => Int, { description: 'The least that is billed of a call that was connected, in seconds.' })
  firstIncrementSeconds!: number;

  @Field(() => Int, {
    description:
      'After the first increment, seconds are billed in steps of this length; a step that was started counts in whole.',
  })
  incrementSeconds!: number;

  @Field(() => DateTime, { description: 'The instant from which it is valid.' })
  validFrom!: Date;
}

export const RateConnection = connectionType('Rate', Rate);

@ObjectType({ simpleResolvers: true, description: 'What came of `setRate`.' })
export class SetRatePayload {
  @Field(() => Rate, { nullable: true, description: 'The new version; null when nothing was stored.' })
  rate!: Rate | null;

  @UserErrorsField()
  userErrors!: UserError[];
}
