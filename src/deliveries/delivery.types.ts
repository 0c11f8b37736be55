import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { connectionType, DateTime, enumOf, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { MessageType } from '../outbox/message-types';
import {
  DELIVERY_FAULTS,
  DELIVERY_STATUSES,
  type DeliveryFault,
  type DeliveryStatus,
} from './delivery.entity';
import { KEPT_DAYS } from './delivery-worker';
import { MAX_REDELIVERED } from './delivery.service';
import { WebhookMessageTypeEnum } from './outgoing-webhook.types';

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
