import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import { loadClient } from '../clients/client.resolver';
import type { ClientService, ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import type { OutgoingWebhookService, ShownWebhook } from '../deliveries/outgoing-webhook.service';
import { OutgoingWebhook } from '../deliveries/outgoing-webhook.types';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import { clientOf, type AlertKind, type AlertRow } from './alert.entity';
import type { AlertService } from './alert.service';
import { AcknowledgeAlertInput } from './alert.inputs';
import { AcknowledgeAlertPayload, Alert, AlertConnection, AlertKindEnum } from './alert.types';
import { messageOf } from './message';

@Resolver(() => Alert)
export class AlertResolver {
  constructor(
    private readonly alerts: AlertService,
    private readonly clients: ClientService,
    private readonly webhooks: OutgoingWebhookService,
  ) {}

  @Query(() => AlertConnection, {
    nullable: true,
    name: 'alerts',
    description:
      'Alerts of the agency, the newest first. With `open: true` and the kinds of keys that fail, it names every client that is down because of its own key.',
  })
  async list(
    @CurrentViewer() viewer: Viewer,
    @Arg('open', () => Boolean, {
      nullable: true,
      description: 'Only alerts that are open, or only those that are closed. Both when not given.',
    })
    open: boolean | null | undefined,
    @Arg('clientId', () => ID, {
      nullable: true,
      description:
        'Only alerts that concern this client. The list is empty for a client that the viewer does not have.',
    })
    clientId: string | null | undefined,
    @Arg('kinds', () => [AlertKindEnum], {
      nullable: true,
      description: 'Only alerts of these kinds. All kinds when not given.',
    })
    kinds: AlertKind[] | null | undefined,
    @AskedPage() page: PageArguments,
  ): Promise<Page<Alert>> {
    const filter = { open: open ?? null, clientId: clientId ?? null, kinds: kinds ?? null };
    return (await this.alerts.list(viewer, pageArgs('Alert', page), filter)).map(toAlert);
  }

  @FieldResolver(() => Client, {
    nullable: true,
    description: "The client whose key or agents it is about. It is null for the agency's own.",
  })
  client(
    @Root() alert: AlertRow,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownClient | null> | null {
    return loadClient(context, this.clients, viewer, clientOf(alert));
  }

  @FieldResolver(() => OutgoingWebhook, {
    nullable: true,
    description:
      'The webhook that is off. It is null for any other kind of alert, and once the webhook is deleted; `message` still names its host.',
  })
  outgoingWebhook(
    @Root() { outgoingWebhookId: id }: AlertRow,
    @CurrentViewer() viewer: Viewer,
    @Ctx() { loaders }: RequestContext,
  ): Promise<ShownWebhook | null> | null {
    if (id === null) return null;
    return loaders.load('outgoingWebhook', id, (ids) => this.webhooks.findMany(viewer, ids));
  }

  @AuditedMutation(() => AcknowledgeAlertPayload, {
    audit: ['ALERT_ACKNOWLEDGED'],
    rateClass: 'MUTATION',
    description:
      'Notes that an admin knows of an alert. It stays open until its cause is gone. Doing so again changes nothing.',
  })
  async acknowledgeAlert(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => AcknowledgeAlertInput) { alertId }: AcknowledgeAlertInput,
  ): Promise<AcknowledgeAlertPayload> {
    const { alert, userErrors } = await this.alerts.acknowledge(viewer, alertId);
    return { alert: alert && toAlert(alert), userErrors };
  }
}

export function toAlert(row: AlertRow): Alert & AlertRow {
  return { ...row, message: messageOf(row) };
}
