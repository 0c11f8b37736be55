import { Field, Int, ObjectType } from 'type-graphql';
import { KeySourceEnum, KeyStatusEnum } from '../key-enums';
import type { KeySource, KeyStatus } from '../chain';

@ObjectType({ simpleResolvers: true, description: 'One step of the fallback chain.' })
export class KeyResolutionStep {
  @Field(() => KeySourceEnum, { description: 'Whose key this step looks for.' })
  source!: KeySource;

  @Field(() => Boolean, { description: 'Whether such a key is set.' })
  isSet!: boolean;

  @Field(() => Boolean, { description: 'Whether calls use the key of this step.' })
  taken!: boolean;

  @Field(() => String, { description: 'Why this step was taken or not, for people to read.' })
  reason!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: "The fallback chain for one agent: the client's key, else the agency's key, else no key.",
})
export class KeyResolution {
  @Field(() => KeySourceEnum, {
    nullable: true,
    description: 'Whose key the next call uses. It is null when there is no key, and then calls are refused.',
  })
  source!: KeySource | null;

  @Field(() => KeyStatusEnum, {
    description: 'What is known of the key that the next call uses. It is NOT_SET when there is no key.',
  })
  status!: KeyStatus;

  @Field(() => Int, {
    nullable: true,
    description: 'The version of the key that the next call uses. It is null when there is no key.',
  })
  version!: number | null;

  @Field(() => [KeyResolutionStep], {
    description: 'The steps of the chain in their order, with the one that was taken.',
  })
  steps!: readonly KeyResolutionStep[];

  @Field(() => String, {
    description: 'What the next call does, and why, for people to read. It never contains a key.',
  })
  explanation!: string;

  @Field(() => KeySourceEnum, {
    nullable: true,
    description:
      "Whose key calls would use if the client's key were cleared. It is null when there would be no key.",
  })
  sourceIfClientKeyCleared!: KeySource | null;
}
