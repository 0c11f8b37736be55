import { Field, Int, ObjectType } from 'type-graphql';
import { Decimal, Money } from '../graphql/money.types';
import { KeySourceEnum } from '../keys/key-enums';
import type { KeySource } from '../keys/chain';

@ObjectType({
  simpleResolvers: true,
  description:
    'What a change of keys moves from one account to another, by the calls of the last 30 days that the account which pays until then has carried.',
})
export class MoneyMoved {
  @Field(() => Decimal, {
    description: 'How long these calls were connected, in minutes, rounded to two decimal places.',
  })
  minutes!: string;

  @Field(() => Int, {
    description: 'Calls of which it is not known how long they were connected, which `minutes` lacks.',
  })
  callsOfUnknownDuration!: number;

  @Field(() => Money, {
    nullable: true,
    description:
      'What the provider took for them, as far as it is known. Null where no cost is known, and where costs are in several currencies.',
  })
  providerCost!: Money | null;

  @Field(() => Int, {
    description: 'Calls whose cost is not known, which `providerCost` lacks.',
  })
  callsOfUnknownCost!: number;

  @Field(() => KeySourceEnum, {
    nullable: true,
    description: 'Whose account pays until then; null where there is no key.',
  })
  payerBefore!: KeySource | null;

  @Field(() => KeySourceEnum, {
    nullable: true,
    description: 'Whose account pays from then on; null where there is no key, so that no call is placed.',
  })
  payerAfter!: KeySource | null;

  @Field(() => Boolean, {
    description:
      'Whether there is no rate for calls on the key source that pays from then on, so that the client would owe nothing for them: set one by `setRate`. For the key of an agency its default rate counts.',
  })
  rateMissing!: boolean;
}
