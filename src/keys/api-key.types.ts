import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { DateTime, enumOf } from '../graphql/schema-types';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { ProviderErrorType } from '../providers/provider-error.types';
import { ProviderEnum, ProviderRegionEnum } from '../providers/provider.types';
import { KEY_SOURCES, KEY_STATUSES, type KeySource, type KeyStatus } from './chain';

export const KeySourceEnum = enumOf(
  'KeySource',
  KEY_SOURCES,
  'The owner of the key that a call uses, and so of the account that pays for the call.',
  {
    CLIENT: "The call uses the key of the agent's client.",
    AGENCY: "The call uses the agency's own key.",
  } satisfies Record<KeySource, string>,
);

export const KeyStatusEnum = enumOf(
  'KeyStatus',
  KEY_STATUSES,
  'What is known of a key. Only a definitive answer of the provider makes a key INVALID; an outage never does.',
  {
    NOT_SET: 'No key is set.',
    UNVERIFIED: 'The key is set, and its provider has not been asked about it yet.',
    VALID: 'The provider accepted the key when it was last asked.',
    INVALID: 'The provider does not accept the key: it is wrong, expired or revoked.',
    INSUFFICIENT_PERMISSIONS:
      'The provider accepts the key, but not for what the platform has to do with it (a restricted or a public key).',
    RATE_LIMITED:
      'The provider answered that the account sends too many requests, and nothing else is known of the key.',
    OUT_OF_FUNDS:
      'The provider accepts the key, but the balance or plan of its account does not allow calls.',
    UNREACHABLE: 'The provider gave no definitive answer, and nothing is known of the key.',
    UNREADABLE:
      'The stored key cannot be decrypted: its row was altered, or its master key is gone. No other key takes its place.',
  } satisfies Record<KeyStatus, string>,
);

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
