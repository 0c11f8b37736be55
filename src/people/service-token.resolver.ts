import { Query, Resolver } from 'type-graphql';
import { CurrentViewer } from '../access/context';
import type { ServiceTokenRow } from './service-token.entity';
import type { Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import type { ServiceTokenService } from './service-token.service';
import { CreateServiceTokenInput, RevokeServiceTokenInput } from './service-token.inputs';
import {
  CreateServiceTokenPayload,
  RevokeServiceTokenPayload,
  ServiceToken,
  ServiceTokenConnection,
} from './service-token.types';

@Resolver(() => ServiceToken)
export class ServiceTokenResolver {
  constructor(private readonly serviceTokens: ServiceTokenService) {}

  @Query(() => ServiceTokenConnection, {
    nullable: true,
    name: 'serviceTokens',
    description:
      'The service tokens of the agency, revoked and expired ones included, in the order of creation.',
  })
  list(@CurrentViewer() viewer: Viewer, @AskedPage() page: PageArguments): Promise<Page<ServiceTokenRow>> {
    return this.serviceTokens.list(viewer, pageArgs('ServiceToken', page));
  }

  @AuditedMutation(() => CreateServiceTokenPayload, {
    audit: ['SERVICE_TOKEN_CREATED'],
    rateClass: 'MUTATION',
    description: 'Creates a service token for an integration of the agency. The token is shown once.',
  })
  createServiceToken(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => CreateServiceTokenInput) input: CreateServiceTokenInput,
  ): Promise<CreateServiceTokenPayload> {
    return this.serviceTokens.create(viewer, input);
  }

  @AuditedMutation(() => RevokeServiceTokenPayload, {
    audit: ['SERVICE_TOKEN_REVOKED'],
    rateClass: 'MUTATION',
    description: 'Revokes a service token. The very next request with it is refused.',
  })
  revokeServiceToken(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => RevokeServiceTokenInput) { serviceTokenId }: RevokeServiceTokenInput,
  ): Promise<RevokeServiceTokenPayload> {
    return this.serviceTokens.revoke(viewer, serviceTokenId);
  }
}
