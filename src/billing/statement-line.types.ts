import { Field, Int, ObjectType } from 'type-graphql';
import { Money } from '../graphql/money.types';
import type { KeySource } from '../keys/chain';
import { KeySourceEnum } from '../keys/key-enums';
import type { StatedMoney } from './statement-form';

@ObjectType({
  simpleResolvers: true,
  description:
    'What the calls on one key source and at one rate come to, or what has changed of an earlier statement.',
})
export class StatementLine {
  @Field(() => KeySourceEnum, {
    nullable: true,
    description:
      'Whose account the calls ran on; null for calls that began at the provider while there was no key.',
  })
  keySource!: KeySource | null;

  @Field(() => Int, { description: 'The calls that it counts. It can be negative where it adjusts.' })
  calls!: number;

  @Field(() => Int, { description: 'The seconds that are billed, by the increments of the rate.' })
  billedSeconds!: number;

  @Field(() => Money, {
    description:
      'Billed seconds times the price, divided by 60, rounded once, half away from zero, to the places of the currency.',
  })
  amount!: StatedMoney;
}
