import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { connectionType, DateTime, enumOf, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import { MESSAGE_TYPE_NAMES, MESSAGE_TYPES, type MessageType } from '../outbox/message-types';
import {
  DELIVERY_FAULTS,
  DELIVERY_STATUSES,
  type DeliveryFault,
  type DeliveryStatus,
} from './delivery.entity';
import { KEPT_DAYS } from './delivery-worker';
import { MAX_REDELIVERED } from './delivery.service';
import { OFF_REASONS, type OffReason } from './outgoing-webhook.entity';
import { BOTH_SIGN_HOURS, MAX_WEBHOOKS } from './outgoing-webhook.service';
import { URL_MAX_LENGTH } from './receiver-address';

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

export const WebhookDeliveryStatusEnum = enumOf(
  'WebhookDeliveryStatus',
  DELIVERY_STATUSES,
  'How far a delivery is.',
  {
    WAITING: 'It is to be attempted, for the first time or again.',
    DELIVERED: 'The receiver answered 2xx.',
    FAILED: 'It is not attempted any more, unless somebody asks for that.',
  },
);

export const WebhookDeliveryFaultEnum = enumOf(
  'WebhookDeliveryFault',
  DELIVERY_FAULTS,
  'Why the last attempt of a delivery failed.',
  {
    STATUS: 'The receiver answered, and not 2xx. Redirects are not followed.',
    TIMEOUT: 'The receiver did not answer within 15 seconds.',
    UNREACHABLE: 'The receiver could not be connected to, or broke the connection off.',
    CERTIFICATE: 'The certificate of the receiver is not valid for its name.',
    NAME_NOT_RESOLVED: 'DNS gave no address for the name.',
    ADDRESS_REFUSED:
      'The address, or one of those to which its name leads, is no public one: nothing was sent.',
    SECRET_UNREADABLE: 'The stored secret does not open, so that nothing can be signed. Rotate it.',
    SWITCHED_OFF: 'The webhook was off: nothing was sent.',
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

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: `One message to one webhook, with what became of it. It is kept for ${KEPT_DAYS} days.`,
})
export class WebhookDelivery {
  @Field(() => ID, { description: 'The id of the delivery.' })
  id!: string;

  @Field(() => ID, {
    description: 'The id of the message, which its receiver knows as `webhook-id`. It stays the same.',
  })
  messageId!: string;

  @Field(() => WebhookMessageTypeEnum, { description: 'What the message tells of.' })
  type!: MessageType;

  @Field(() => String, { description: 'The message as it is sent: JSON.' })
  body!: string;

  @Field(() => WebhookDeliveryStatusEnum, { description: 'How far it is.' })
  status!: DeliveryStatus;

  @Field(() => Int, {
    description: 'How often it was attempted since it was made, or was asked for again: ten times at most.',
  })
  attempts!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it is attempted next, unless its receiver needs a pause; null when it is not.',
  })
  dueAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was attempted last; null before that.' })
  attemptedAt!: Date | null;

  @Field(() => WebhookDeliveryFaultEnum, {
    nullable: true,
    description: 'Why the last attempt failed; null when it did not, or there was none.',
  })
  fault!: DeliveryFault | null;

  @Field(() => Int, { nullable: true, description: 'The status of the last answer, if there was one.' })
  httpStatus!: number | null;

  @Field(() => Int, { nullable: true, description: 'How long the last attempt took, in milliseconds.' })
  durationMs!: number | null;

  @Field(() => DateTime, { description: 'When it was made, within seconds of what it tells of.' })
  createdAt!: Date;
}

export const WebhookDeliveryConnection = connectionType('WebhookDelivery', WebhookDelivery);

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

@InputType({ description: 'A delivery to be made again.' })
export class RedeliverWebhookInput {
  @Field(() => ID, { description: 'The delivery; NOT_FOUND when the agency has no such delivery.' })
  webhookDeliveryId!: string;
}

@InputType({ description: 'Deliveries to be made again.' })
export class RedeliverFailedWebhooksInput {
  @Field(() => ID, { description: 'The webhook; NOT_FOUND when the agency has no such webhook.' })
  outgoingWebhookId!: string;

  @Field(() => DateTime, {
    description: `Deliveries that have failed, and were made, attempted last or given up at this time or later. None is older than ${KEPT_DAYS} days.`,
  })
  since!: Date;
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

@ObjectType({ simpleResolvers: true, description: 'What came of `redeliverWebhook`.' })
export class RedeliverWebhookPayload {
  @Field(() => WebhookDelivery, {
    nullable: true,
    description: 'The delivery, which waits to be attempted; null when the input was refused.',
  })
  delivery!: WebhookDelivery | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'What came of `redeliverFailedWebhooks`.' })
export class RedeliverFailedWebhooksPayload {
  @Field(() => Int, {
    description: `How many deliveries wait to be attempted again: at most ${MAX_REDELIVERED.toLocaleString('en')} by one request.`,
  })
  redeliveredCount!: number;

  @Field(() => Boolean, { description: 'Whether there are more of them: the same request takes the next.' })
  hasMore!: boolean;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

export const WEBHOOKS_DESCRIPTION = `The agency's own addresses that are told of what happens, the newest first: ${MAX_WEBHOOKS} at most.`;
