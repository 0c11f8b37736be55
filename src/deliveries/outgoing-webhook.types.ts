import { Field, ID, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { DateTime, enumOf, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import { MESSAGE_TYPE_NAMES, MESSAGE_TYPES, type MessageType } from '../outbox/message-types';
import { OFF_REASONS, type OffReason } from './outgoing-webhook.entity';
import { BOTH_SIGN_HOURS, MAX_WEBHOOKS } from './outgoing-webhook.service';

export const WebhookMessageTypeEnum = enumOf(
  'WebhookMessageType',
  MESSAGE_TYPE_NAMES,
  'What a webhook of the agency is told of.',
  MESSAGE_TYPES,
);

export const WebhookOffReasonEnum = enumOf(
  'WebhookOffReason',
  OFF_REASONS,
  'Why nothing is sent to a webhook.',
  {
    BY_ADMIN: 'An admin switched it off.',
    GONE: 'Its receiver answered 410: it wants no more messages.',
    FAILED: 'Everything that was attempted in five days has failed.',
  },
);

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description:
    'An address of the agency that is told of what happens, by messages that are signed by Standard Webhooks 1.0.',
})
export class OutgoingWebhook {
  @Field(() => ID, { description: 'The id of the webhook.' })
  id!: string;

  @Field(() => String, { description: 'The address to which messages are sent.' })
  url!: string;

  @Field(() => [WebhookMessageTypeEnum], { description: 'What it is told of.' })
  types!: readonly MessageType[];

  @Field(() => String, {
    description: 'The Ed25519 key, as `whpk_` and base64, by which the signatures `v1a` are verified.',
  })
  publicKey!: string;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Until then, the secret before the newest one signs as well. It is null where there is none.',
  })
  previousSecretValidUntil!: Date | null;

  @Field(() => WebhookOffReasonEnum, {
    nullable: true,
    description: 'Why nothing is sent to it. It is null while it is on.',
  })
  offReason!: OffReason | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was switched off; null while it is on.' })
  offAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Since when every attempt has failed; null when the last one did not. After five days of failure it is switched off: time in which nothing waited to be sent does not count.',
  })
  failingSince!: Date | null;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When an admin changed it last.' })
  updatedAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: 'What came of `updateOutgoingWebhook`.' })
export class UpdateOutgoingWebhookPayload {
  @Field(() => OutgoingWebhook, {
    nullable: true,
    description: 'The webhook as it is after the change; null when the input was refused.',
  })
  outgoingWebhook!: OutgoingWebhook | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'What came of `deleteOutgoingWebhook`.' })
export class DeleteOutgoingWebhookPayload {
  @Field(() => OutgoingWebhook, {
    nullable: true,
    description: 'The webhook as it was; null when the input was refused.',
  })
  outgoingWebhook!: OutgoingWebhook | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'What came of `createOutgoingWebhook`.' })
export class CreateOutgoingWebhookPayload {
  @Field(() => OutgoingWebhook, {
    nullable: true,
    description: 'The new webhook; null when the input was refused.',
  })
  outgoingWebhook!: OutgoingWebhook | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The secret, as `whsec_` and base64, by which the signatures `v1` are verified. It is shown here and never again.',
  })
  secret!: string | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'What came of `rotateOutgoingWebhookSecret`.' })
export class RotateOutgoingWebhookSecretPayload {
  @Field(() => OutgoingWebhook, {
    nullable: true,
    description: 'The webhook as it is after the change; null when the input was refused.',
  })
  outgoingWebhook!: OutgoingWebhook | null;

  @Field(() => String, {
    nullable: true,
    description: `The new secret, which is shown here and never again. The one before it signs for ${BOTH_SIGN_HOURS} hours more.`,
  })
  secret!: string | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

export const WEBHOOKS_DESCRIPTION = `The agency's own addresses that are told of what happens, the newest first: ${MAX_WEBHOOKS} at most.`;
