import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import { loadClient } from '../clients/client.resolver';
import type { ClientService, ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import type { EndpointResult, ShownEndpoint, WebhookEndpointService } from './webhook-endpoint.service';
import { RotateWebhookUrlInput, SetWebhookSecretInput } from './webhook-endpoint.inputs';
import { RotateWebhookUrlPayload, SetWebhookSecretPayload, WebhookEndpoint } from './webhook-endpoint.types';

@Resolver(() => WebhookEndpoint)
export class WebhookEndpointResolver {
  constructor(
    private readonly endpoints: WebhookEndpointService,
    private readonly clients: ClientService,
  ) {}

  @Query(() => [WebhookEndpoint], {
    nullable: true,
    description:
      "Where providers send the events of an account, one endpoint for each provider. The list is empty for a client that the viewer's agency does not have.",
  })
  webhookEndpoints(
    @CurrentViewer() viewer: Viewer,
    @Arg('clientId', () => ID, {
      nullable: true,
      description: "The client whose accounts they are. The agency's own accounts when not given.",
    })
    clientId: string | null | undefined,
  ): Promise<ShownEndpoint[]> {
    return this.endpoints.list(viewer, clientId ?? null);
  }

  @FieldResolver(() => Client, {
    nullable: true,
    description: "The client whose account it is. It is null for the agency's own.",
  })
  client(
    @Root() endpoint: ShownEndpoint,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownClient | null> | null {
    return loadClient(context, this.clients, viewer, endpoint.clientId);
  }

  @AuditedMutation(() => SetWebhookSecretPayload, {
    audit: ['WEBHOOK_SECRET_SET'],
    rateClass: 'KEY_OPERATION',
    description: 'Sets the secret by which a provider signs the events of an account.',
  })
  setWebhookSecret(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => SetWebhookSecretInput) input: SetWebhookSecretInput,
  ): Promise<EndpointResult> {
    return this.endpoints.setSecret(viewer, input);
  }

  @AuditedMutation(() => RotateWebhookUrlPayload, {
    audit: ['WEBHOOK_URL_ROTATED'],
    rateClass: 'MUTATION',
    description: 'Gives an endpoint another address, which is then to be entered at the provider.',
  })
  rotateWebhookUrl(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => RotateWebhookUrlInput) input: RotateWebhookUrlInput,
  ): Promise<EndpointResult> {
    return this.endpoints.rotateUrl(viewer, input);
  }
}
