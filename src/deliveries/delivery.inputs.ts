import { Field, ID, InputType } from 'type-graphql';
import { DateTime } from '../graphql/schema-types';
import { KEPT_DAYS } from './delivery-worker';

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
