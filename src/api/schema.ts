import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync, type ClassType, type NonEmptyArray } from 'type-graphql';
import { ServiceTokenResolver } from '../access/service-token.resolver';
import type { ServiceTokenService } from '../access/service-token.service';
import { AgentResolver, ClientAgentsResolver } from '../agents/agent.resolver';
import type { AgentService } from '../agents/agent.service';
import type { AgencyService } from '../agencies/agency.service';
import { CallResolver } from '../calls/call.resolver';
import type { CallService } from '../calls/call.service';
import { ClientResolver } from '../clients/client.resolver';
import type { ClientService } from '../clients/client.service';
import { AgencyApiKeysResolver, ApiKeyResolver, ClientApiKeysResolver, KeyResolutionResolver } from '../keys/api-key.resolver';
import type { ApiKeyService } from '../keys/api-key.service';
import type { KeyCheckService } from '../keys/key-check.service';
import type { KeyResolverService } from '../keys/key-resolver.service';
import { ViewerResolver } from '../portal/viewer.resolver';

export interface Services {
  readonly serviceTokens: ServiceTokenService;
  readonly agencies: AgencyService;
  readonly clients: ClientService;
  readonly agents: AgentService;
  readonly keys: ApiKeyService;
  readonly keyChecks: KeyCheckService;
  readonly keyResolver: KeyResolverService;
  readonly calls: CallService;
}

/** The schema without its guard: for the emitted files and for `guard` alone. */
export function buildBareSchema(services: Services): GraphQLSchema {
  const { serviceTokens, agencies, clients, agents, keys, keyChecks, keyResolver, calls } = services;
  const resolvers = [
    new ViewerResolver(agencies, clients),
    new ServiceTokenResolver(serviceTokens),
    new ClientResolver(clients),
    new AgentResolver(agents, clients),
    new ClientAgentsResolver(agents),
    new ApiKeyResolver(keys, keyChecks),
    new ClientApiKeysResolver(keys),
    new AgencyApiKeysResolver(keys),
    new KeyResolutionResolver(keyResolver),
    new CallResolver(calls, agents, clients),
  ];
  const byClass = new Map<unknown, object>(resolvers.map((resolver) => [resolver.constructor, resolver]));
  return buildSchemaSync({
    resolvers: [...byClass.keys()] as NonEmptyArray<ClassType>,
    container: { get: (resolver) => byClass.get(resolver) },
    validate: false,
  });
}
