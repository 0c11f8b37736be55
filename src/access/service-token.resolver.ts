import { Arg, Int, Mutation, Query, Resolver } from 'type-graphql';
import { pageArgs, type Page } from '../platform/page';
import { CurrentViewer } from './context';
import type { ServiceTokenRow } from './service-token.entity';
import type { ServiceTokenService } from './service-token.service';
import {
  CreateServiceTokenInput,
  CreateServiceTokenPayload,
  RevokeServiceTokenInput,
  RevokeServiceTokenPayload,
  ServiceToken,
  ServiceTokenConnection,
} from './service-token.types';
import type { Viewer } from './viewer';

@Resolver(() => ServiceToken)
export class ServiceTokenResolver {
  constructor(private readonly serviceTokens: ServiceTokenService) {}

  @Query(() => ServiceTokenConnection, { name: 'serviceTokens', description: 'Of the agency, revoked and expired ones included, in the order of creation.' })
  list(
    @CurrentViewer() viewer: Viewer,
    @Arg('first', () => Int, { nullable: true, description: '1-100; 50 when not given.' }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
  ): Promise<Page<ServiceTokenRow>> {
    return this.serviceTokens.list(viewer, pageArgs(first, after));
  }

  @Mutation(() => CreateServiceTokenPayload)
  createServiceToken(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => CreateServiceTokenInput) input: CreateServiceTokenInput,
  ): Promise<CreateServiceTokenPayload> {
    return this.serviceTokens.create(viewer, input);
  }

  @Mutation(() => RevokeServiceTokenPayload, { description: 'At once: the very next request with this token is refused.' })
  revokeServiceToken(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => RevokeServiceTokenInput) { serviceTokenId }: RevokeServiceTokenInput,
  ): Promise<RevokeServiceTokenPayload> {
    return this.serviceTokens.revoke(viewer, serviceTokenId);
  }
}
