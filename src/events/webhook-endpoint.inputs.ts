import { Field, ID, InputType } from 'type-graphql';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import type { Secret } from '../vault/secret';
import { SecretScalar } from '../vault/secret.scalar';
import { GRACE_HOURS } from './webhook-endpoints';

@InputType({ description: 'A secret to be set by which a provider signs its events.' })
export class SetWebhookSecretInput {
  @Field(() => ID, {
    nullable: true,
    description: "The client whose account it is. It is the agency's own account when not given.",
  })
  clientId?: string | null;

  @Field(() => ProviderEnum, { description: 'The provider that signs with the secret.' })
  provider!: Provider;

  @Field(() => SecretScalar, {
    description: `The secret, as the provider shows it or was given it. It may be sealed like a key. The one before it is good for ${GRACE_HOURS} hours more.`,
  })
  secret!: Secret;
}

@InputType({ description: 'An endpoint that is to get another address.' })
export class RotateWebhookUrlInput {
  @Field(() => ID, {
    nullable: true,
    description: "The client whose account it is. It is the agency's own account when not given.",
  })
  clientId?: string | null;

  @Field(() => ProviderEnum, { description: 'The provider that sends events to it.' })
  provider!: Provider;
}
