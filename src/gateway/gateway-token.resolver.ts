import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import { loadClient } from '../clients/client.resolver';
import type { ClientService, ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import type { GatewayTokenRow } from './gateway-token.entity';
import type { GatewayTokenService } from './gateway-token.service';
import { CreateGatewayTokenInput, RevokeGatewayTokenInput } from './gateway-token.inputs';
import {
  CreateGatewayTokenPayload,
  GatewayToken,
  GatewayTokenConnection,
  RevokeGatewayTokenPayload,
} from './gateway-token.types';

@Resolver(() => GatewayToken)
export class GatewayTokenResolver {
  constructor(
    private readonly gatewayTokens: GatewayTokenService,
    private readonly clients: ClientService,
  ) {}

  @Query(() => GatewayTokenConnection, {
    nullable: true,
    name: 'gatewayTokens',
    description:
      'The gateway tokens of the agency, revoked and expired ones included, in the order of creation.',
  })
  list(
    @CurrentViewer() viewer: Viewer,
    @Arg('clientId', () => ID, {
      nullable: true,
      description:
        'Only tokens that reach this client alone. The list is empty for a client that the viewer does not have.',
    })
    clientId: string | null | undefined,
    @AskedPage() page: PageArguments,
  ): Promise<Page<GatewayTokenRow>> {
    return this.gatewayTokens.list(viewer, pageArgs('GatewayToken', page), clientId ?? null);
  }

  @FieldResolver(() => Client, {
    nullable: true,
    description:
      'The only client whose agents and keys the token reaches. It is null where it reaches all of the agency.',
  })
  client(
    @Root() token: GatewayTokenRow,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownClient | null> | null {
    return loadClient(context, this.clients, viewer, token.clientId);
  }

  @AuditedMutation(() => CreateGatewayTokenPayload, {
    audit: ['GATEWAY_TOKEN_CREATED'],
    rateClass: 'MUTATION',
    description:
      "Creates a gateway token, with which an integration uses a provider's own API through Latchkey. The token is shown once.",
  })
  createGatewayToken(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => CreateGatewayTokenInput) input: CreateGatewayTokenInput,
  ): Promise<CreateGatewayTokenPayload> {
    return this.gatewayTokens.create(viewer, input);
  }

  @AuditedMutation(() => RevokeGatewayTokenPayload, {
    audit: ['GATEWAY_TOKEN_REVOKED'],
    rateClass: 'MUTATION',
    description: 'Revokes a gateway token. The very next request with it is refused.',
  })
  revokeGatewayToken(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => RevokeGatewayTokenInput) { gatewayTokenId }: RevokeGatewayTokenInput,
  ): Promise<RevokeGatewayTokenPayload> {
    return this.gatewayTokens.revoke(viewer, gatewayTokenId);
  }
}
