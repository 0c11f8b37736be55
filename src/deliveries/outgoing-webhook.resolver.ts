import { Arg, ID, Query, Resolver } from 'type-graphql';
import { CurrentViewer } from '../access/context';
import type { Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import type { DeliveryRow, DeliveryStatus } from './delivery.entity';
import type { DeliveryResult, DeliveryService, RedeliveryResult } from './delivery.service';
import type {
  OutgoingWebhookService,
  SecretResult,
  ShownWebhook,
  WebhookResult,
} from './outgoing-webhook.service';
import { RedeliverFailedWebhooksInput, RedeliverWebhookInput } from './delivery.inputs';
import {
  RedeliverFailedWebhooksPayload,
  RedeliverWebhookPayload,
  WebhookDeliveryConnection,
  WebhookDeliveryStatusEnum,
} from './delivery.types';
import {
  CreateOutgoingWebhookInput,
  DeleteOutgoingWebhookInput,
  RotateOutgoingWebhookSecretInput,
  UpdateOutgoingWebhookInput,
} from './outgoing-webhook.inputs';
import {
  CreateOutgoingWebhookPayload,
  DeleteOutgoingWebhookPayload,
  OutgoingWebhook,
  RotateOutgoingWebhookSecretPayload,
  UpdateOutgoingWebhookPayload,
  WEBHOOKS_DESCRIPTION,
} from './outgoing-webhook.types';

@Resolver()
export class OutgoingWebhookResolver {
  constructor(
    private readonly webhooks: OutgoingWebhookService,
    private readonly deliveries: DeliveryService,
  ) {}

  @Query(() => [OutgoingWebhook], { nullable: true, description: WEBHOOKS_DESCRIPTION })
  outgoingWebhooks(@CurrentViewer() viewer: Viewer): Promise<ShownWebhook[]> {
    return this.webhooks.list(viewer);
  }

  @Query(() => WebhookDeliveryConnection, {
    nullable: true,
    description: 'What was sent to a webhook, or is to be, the newest first.',
  })
  webhookDeliveries(
    @CurrentViewer() viewer: Viewer,
    @Arg('outgoingWebhookId', () => ID, {
      description: 'The webhook. The list is empty for one that the agency does not have.',
    })
    webhookId: string,
    @Arg('status', () => WebhookDeliveryStatusEnum, {
      nullable: true,
      description: 'Only deliveries with this status; all of them when not given.',
    })
    status: DeliveryStatus | null | undefined,
    @AskedPage() page: PageArguments,
  ): Promise<Page<DeliveryRow>> {
    return this.deliveries.list(viewer, pageArgs('WebhookDelivery', page), webhookId, status ?? null);
  }

  @AuditedMutation(() => CreateOutgoingWebhookPayload, {
    audit: ['OUTGOING_WEBHOOK_CREATED'],
    rateClass: 'MUTATION',
    description: 'Creates a webhook. It is told of what happens from then on.',
  })
  createOutgoingWebhook(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => CreateOutgoingWebhookInput) input: CreateOutgoingWebhookInput,
  ): Promise<SecretResult> {
    return this.webhooks.create(viewer, input);
  }

  @AuditedMutation(() => UpdateOutgoingWebhookPayload, {
    audit: ['OUTGOING_WEBHOOK_CHANGED'],
    rateClass: 'MUTATION',
    description: 'Changes where a webhook is, what it is told of, or whether it is on.',
  })
  updateOutgoingWebhook(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => UpdateOutgoingWebhookInput) input: UpdateOutgoingWebhookInput,
  ): Promise<WebhookResult> {
    return this.webhooks.update(viewer, input);
  }

  @AuditedMutation(() => DeleteOutgoingWebhookPayload, {
    audit: ['OUTGOING_WEBHOOK_DELETED'],
    rateClass: 'MUTATION',
    description: 'Deletes a webhook, with its secrets and the list of its deliveries.',
  })
  deleteOutgoingWebhook(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => DeleteOutgoingWebhookInput) { outgoingWebhookId }: DeleteOutgoingWebhookInput,
  ): Promise<WebhookResult> {
    return this.webhooks.delete(viewer, outgoingWebhookId);
  }

  @AuditedMutation(() => RotateOutgoingWebhookSecretPayload, {
    audit: ['OUTGOING_WEBHOOK_SECRET_ROTATED'],
    rateClass: 'MUTATION',
    description: 'Gives a webhook another secret and another key. For a day, messages are signed by both.',
  })
  rotateOutgoingWebhookSecret(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => RotateOutgoingWebhookSecretInput)
    { outgoingWebhookId }: RotateOutgoingWebhookSecretInput,
  ): Promise<SecretResult> {
    return this.webhooks.rotateSecret(viewer, outgoingWebhookId);
  }

  @AuditedMutation(() => RedeliverWebhookPayload, {
    audit: ['WEBHOOK_REDELIVERY_REQUESTED'],
    rateClass: 'MUTATION',
    description: 'Delivers a message again, whether it has failed or not.',
  })
  redeliverWebhook(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => RedeliverWebhookInput) { webhookDeliveryId }: RedeliverWebhookInput,
  ): Promise<DeliveryResult> {
    return this.deliveries.redeliver(viewer, webhookDeliveryId);
  }

  @AuditedMutation(() => RedeliverFailedWebhooksPayload, {
    audit: ['WEBHOOK_REDELIVERY_REQUESTED'],
    rateClass: 'MUTATION',
    description: 'Delivers all messages again that have failed since a time.',
  })
  redeliverFailedWebhooks(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => RedeliverFailedWebhooksInput)
    { outgoingWebhookId, since }: RedeliverFailedWebhooksInput,
  ): Promise<RedeliveryResult> {
    return this.deliveries.redeliverFailed(viewer, outgoingWebhookId, since);
  }
}
