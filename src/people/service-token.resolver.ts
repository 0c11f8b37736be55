import { Arg, Query, Resolver } from 'type-graphql';
import { CurrentViewer } from '../access/context';
import type { ServiceTokenRow } from './service-token.entity';
import type { Viewer } from '../access/viewer';
import { AuditedMutation } from '../audit/audited-mutation';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import type { ServiceTokenService } from './service-token.service';
import {
  CreateServiceTokenInput,
  CreateServiceTokenPayload,
  RevokeServiceTokenInput,
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
    description: 'Of the agency, revoked and expired ones included, in the order of creation.',
  })
  list(@CurrentViewer() viewer: Viewer, @AskedPage() page: PageArguments): Promise<Page<ServiceTokenRow>> {
    return this.serviceTokens.list(viewer, pageArgs(page));
  }

  @AuditedMutation(() => CreateServiceTokenPayload, {
    audit: ['SERVICE_TOKEN_CREATED'],
    rateClass: 'MUTATION',
  })
  createServiceToken(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => CreateServiceTokenInput) input: CreateServiceTokenInput,
  ): Promise<CreateServiceTokenPayload> {
    return this.serviceTokens.create(viewer, input);
  }

  @AuditedMutation(() => RevokeServiceTokenPayload, {
    audit: ['SERVICE_TOKEN_REVOKED'],
    rateClass: 'MUTATION',
    description: 'At once: the very next request with this token is refused.',
  })
  revokeServiceToken(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => RevokeServiceTokenInput) { serviceTokenId }: RevokeServiceTokenInput,
  ): Promise<RevokeServiceTokenPayload> {
    return this.serviceTokens.revoke(viewer, serviceTokenId);
  }
}
