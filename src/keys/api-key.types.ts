import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { DateTime } from '../graphql/schema-types';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { ProviderErrorType } from '../providers/provider-error.types';
import { ProviderEnum, ProviderRegionEnum } from '../providers/provider.types';
import type { KeyStatus } from './chain';
import { KeyStatusEnum } from './key-enums';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description:
    "The place where one owner's key for one provider is kept, and what is known of that key. The key itself is never shown.",
})
export class ApiKey {
  @Field(() => ID, {
    description:
      'The id belongs to the place. It is the same before a key is set for the first time and after the key is cleared.',
  })
  id!: string;

  @Field(() => ProviderEnum, { description: 'The provider that the key is for.' })
  provider!: Provider;

  @Field(() => Boolean, { description: 'Whether a key is set.' })
  isSet!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'Eight dots and the last four characters of the key, or the dots alone if the key is shorter than 16 characters. It is null when no key is set.',
  })
  maskedKey!: string | null;

  @Field(() => ProviderRegionEnum, {
    nullable: true,
    description: "The region of the key's account. It is null when no key is set.",
  })
  region!: ProviderRegion | null;

  @Field(() => KeyStatusEnum, { description: 'What is known of the key.' })
  status!: KeyStatus;

  @Field(() => Int, {
    description: 'The version goes up with every set and every clear. It is 0 when no key was ever set.',
  })
  version!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the key was last set or cleared. It is null when no key was ever set.',
  })
  updatedAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the provider last gave a definitive answer about this key. It is null when it never did.',
  })
  lastVerifiedAt!: Date | null;

  @Field(() => ProviderErrorType, {
    nullable: true,
    description:
      'What the provider answered to the last verification. It is null when the provider simply accepted the key.',
  })
  lastError!: ProviderErrorType | null;
}
