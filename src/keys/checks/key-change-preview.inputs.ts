import { Field, ID, InputType } from 'type-graphql';
import type { Provider } from '../../providers';
import type { ProviderRegion } from '../../providers/provider';
import { ProviderEnum, ProviderRegionEnum, REGION_DESCRIPTION } from '../../providers/provider.types';
import type { Secret } from '../../vault/secret';
import { SecretScalar } from '../../vault/secret.scalar';

@InputType({
  description:
    "A change of one of the agency's own keys. With a candidate key, it asks what setting that key " +
    'would do; without one, what clearing would do.',
})
export class PreviewAgencyApiKeyChangeInput {
  @Field(() => ProviderEnum, { description: 'The provider whose key would be changed.' })
  provider!: Provider;

  @Field(() => SecretScalar, {
    nullable: true,
    description: 'The candidate key, in the form that a set takes it. It is not stored.',
  })
  apiKey?: Secret | null;

  @Field(() => ProviderRegionEnum, { nullable: true, description: REGION_DESCRIPTION })
  region?: ProviderRegion | null;
}

@InputType({
  description:
    "A change of one of a client's keys. With a candidate key, it asks what setting that key would " +
    'do; without one, what clearing would do.',
})
export class PreviewClientApiKeyChangeInput extends PreviewAgencyApiKeyChangeInput {
  @Field(() => ID, { description: 'The client whose key would be changed.' })
  clientId!: string;
}
