import { Field, ID, InputType, Int } from 'type-graphql';
import type { Provider } from '../../providers';
import type { ProviderRegion } from '../../providers/provider';
import { ProviderEnum, ProviderRegionEnum, REGION_DESCRIPTION } from '../../providers/provider.types';
import type { Secret } from '../../vault/secret';
import { SecretScalar } from '../../vault/secret.scalar';

@InputType({ description: 'A key that is to be set.' })
export class ApiKeyInput {
  @Field(() => ProviderEnum, { description: 'The provider that the key is for.' })
  provider!: Provider;

  @Field(() => SecretScalar, {
    description:
      'The key: 8-512 printable ASCII characters, or a sealed key. White space around it is trimmed. ' +
      'A masked key is refused.',
  })
  apiKey!: Secret;

  @Field(() => ProviderRegionEnum, { nullable: true, description: REGION_DESCRIPTION })
  region?: ProviderRegion | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The version that this change is based on. If it is not the current one, the request is refused ' +
      'with VERSION_CONFLICT.',
  })
  expectedVersion?: number | null;
}

@InputType({ description: "The agency's own keys that are to be set." })
export class SetAgencyApiKeysInput {
  @Field(() => [ApiKeyInput], {
    description: 'The keys, with each provider at most once. Either all of them are set or none.',
  })
  keys!: ApiKeyInput[];

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether to ask the providers first and to store the keys only if they accept them. It is false ' +
      'when not given.',
  })
  verify?: boolean | null;
}

@InputType({ description: 'The keys of a client that are to be set.' })
export class SetClientApiKeysInput extends SetAgencyApiKeysInput {
  @Field(() => ID, { description: 'The client whose keys are set.' })
  clientId!: string;
}

@InputType({ description: "The agency's own keys that are to be cleared." })
export class ClearAgencyApiKeysInput {
  @Field(() => [ProviderEnum], {
    description: 'The providers, each at most once. Either the keys for all of them are cleared or none.',
  })
  providers!: Provider[];
}

@InputType({ description: 'The keys of a client that are to be cleared.' })
export class ClearClientApiKeysInput extends ClearAgencyApiKeysInput {
  @Field(() => ID, { description: 'The client whose keys are cleared.' })
  clientId!: string;
}
