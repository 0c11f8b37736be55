import { Field, Int, ObjectType } from 'type-graphql';
import { DateTime } from '../graphql/schema-types';
import { KeySourceEnum } from '../keys/key-enums';
import type { KeySource } from '../keys/chain';
import { KeyResolutionStep } from '../keys/resolution/key-resolution.types';

@ObjectType('CallReceipt', {
  simpleResolvers: true,
  description:
    'What decided who pays for a call, as it was when the call was started. It is written once and never changed.',
})
export class CallReceiptType {
  @Field(() => DateTime, { description: 'When the chain was walked for the call.' })
  resolvedAt!: Date;

  @Field(() => KeySourceEnum, {
    nullable: true,
    description: 'Whose key the call used. It is null when there was none.',
  })
  source!: KeySource | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The version of that key. It is null when there was none.',
  })
  version!: number | null;

  @Field(() => [KeyResolutionStep], {
    description: 'The steps of the chain in their order, with the one that was taken.',
  })
  steps!: readonly KeyResolutionStep[];

  @Field(() => String, {
    description: 'Which key the call used, and why, for people to read. It never contains a key.',
  })
  explanation!: string;
}
