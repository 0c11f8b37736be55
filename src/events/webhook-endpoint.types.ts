import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { DateTime, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import { KEPT_DAYS } from './event-retention';
import { GRACE_HOURS } from './webhook-endpoints';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'Where a provider sends the events of one account: of the agency, or of a client.',
})
export class WebhookEndpoint {
  @Field(() => ID, { description: 'The id, which stays when the address is rotated.' })
  id!: string;

  @Field(() => ProviderEnum, { description: 'The provider that sends the events.' })
  provider!: Provider;

  @Field(() => String, {
    description:
      'The address to enter at the provider. Nobody can guess it; whoever knows it can send events to it, which are believed only with the signature.',
  })
  url!: string;

  @Field(() => Boolean, {
    description:
      'Whether a secret is set by which events are verified. Without one, an event is only taken as a sign to ask the provider for its call.',
  })
  isSecretSet!: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description: `When the last event was accepted. It is null when there was none in the last ${KEPT_DAYS} days.`,
  })
  lastEventAt!: Date | null;

  @Field(() => Int, {
    description:
      'How many events were refused because their signature was wrong, old or missing. A number that grows means that the provider has another secret.',
  })
  refusedEventCount!: number;
}

@ObjectType({ simpleResolvers: true, description: 'What came of `setWebhookSecret`.' })
export class SetWebhookSecretPayload {
  @Field(() => WebhookEndpoint, {
    nullable: true,
    description: 'The endpoint as it is after the change; null when the input was refused.',
  })
  endpoint!: WebhookEndpoint | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'What came of `rotateWebhookUrl`.' })
export class RotateWebhookUrlPayload {
  @Field(() => WebhookEndpoint, {
    nullable: true,
    description: `The endpoint with its new address; null when the input was refused. The address before it is answered for ${GRACE_HOURS} hours more.`,
  })
  endpoint!: WebhookEndpoint | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}
