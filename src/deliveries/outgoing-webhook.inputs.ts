import { Field, ID, InputType } from 'type-graphql';
import type { MessageType } from '../outbox/message-types';
import { WebhookMessageTypeEnum } from './outgoing-webhook.types';
import { URL_MAX_LENGTH } from './receiver-address';

const URL_DESCRIPTION = `The address to which messages are sent: https, on port 443 or 8443, without a user name, a password or a fragment, of at most ${URL_MAX_LENGTH} characters. Its name must lead to public addresses alone.`;

@InputType({ description: 'A webhook to be created.' })
export class CreateOutgoingWebhookInput {
  @Field(() => String, { description: URL_DESCRIPTION })
  url!: string;

  @Field(() => [WebhookMessageTypeEnum], { description: 'What it is told of: one type at least.' })
  types!: MessageType[];
}

@InputType({ description: 'What is to be changed of a webhook. What is not given stays as it is.' })
export class UpdateOutgoingWebhookInput {
  @Field(() => ID, { description: 'The webhook; NOT_FOUND when the agency has no such webhook.' })
  outgoingWebhookId!: string;

  @Field(() => String, { nullable: true, description: URL_DESCRIPTION })
  url?: string | null;

  @Field(() => [WebhookMessageTypeEnum], {
    nullable: true,
    description: 'What it is told of from now on: one type at least.',
  })
  types?: MessageType[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Switches it on or off. What happens while it is off is recorded as failed, and can be delivered later.',
  })
  isOn?: boolean | null;
}

@InputType({ description: 'A webhook to be deleted.' })
export class DeleteOutgoingWebhookInput {
  @Field(() => ID, { description: 'The webhook; NOT_FOUND when the agency has no such webhook.' })
  outgoingWebhookId!: string;
}

@InputType({ description: 'A webhook whose secret is to be replaced.' })
export class RotateOutgoingWebhookSecretInput {
  @Field(() => ID, { description: 'The webhook; NOT_FOUND when the agency has no such webhook.' })
  outgoingWebhookId!: string;
}
