import { Field, ID, InputType, Int } from 'type-graphql';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { ProviderEnum, ProviderRegionEnum, REGION_DESCRIPTION } from '../providers/provider.types';

@InputType({ description: 'A one-time link to be created.' })
export class CreateKeyLinkInput {
  @Field(() => ID, {
    description: 'The client for which a key can be handed in; NOT_FOUND when the agency has no such client.',
  })
  clientId!: string;

  @Field(() => ProviderEnum, { description: 'The provider for which a key can be handed in.' })
  provider!: Provider;

  @Field(() => ProviderRegionEnum, {
    nullable: true,
    description: REGION_DESCRIPTION,
  })
  region?: ProviderRegion | null;

  @Field(() => Int, {
    nullable: true,
    description: 'After how many hours the link expires: 1-168, and 72 when not given.',
  })
  expiresInHours?: number | null;
}

@InputType({ description: 'A one-time link to be revoked.' })
export class RevokeKeyLinkInput {
  @Field(() => ID, {
    description: 'The one-time link that is to be revoked; NOT_FOUND when the agency has no such link.',
  })
  keyLinkId!: string;
}
