import { Field, ID, InputType, Int } from 'type-graphql';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { ProviderEnum, ProviderRegionEnum, REGION_DESCRIPTION } from '../providers/provider.types';
import type { Secret } from '../vault/secret';
import { SecretScalar } from '../vault/secret.scalar';

@InputType({ description: "A key to be handed in for the viewer's own client." })
export class HandInApiKeyInput {
  @Field(() => ProviderEnum, { description: 'The provider of the key.' })
  provider!: Provider;

  @Field(() => SecretScalar, { description: 'The key, as in `ApiKeyInput.apiKey`.' })
  apiKey!: Secret;

  @Field(() => ProviderRegionEnum, {
    nullable: true,
    description: REGION_DESCRIPTION,
  })
  region?: ProviderRegion | null;
}

@InputType({ description: 'A hand-in to be looked at.' })
export class PreviewKeyHandInInput {
  @Field(() => ID, { description: 'The hand-in; NOT_FOUND when the agency has no such hand-in.' })
  keyHandInId!: string;
}

@InputType({ description: 'A hand-in to be accepted.' })
export class AcceptKeyHandInInput extends PreviewKeyHandInInput {
  @Field(() => Int, {
    nullable: true,
    description:
      "The version of the client's key that the decision is based on; refused with VERSION_CONFLICT if it is not the current one.",
  })
  expectedVersion?: number | null;
}

@InputType({ description: 'A hand-in to be refused, and why.' })
export class RefuseKeyHandInInput extends PreviewKeyHandInInput {
  @Field(() => String, {
    description: 'Why the key is refused, in 1-500 characters, for the portal user to read.',
  })
  reason!: string;
}
