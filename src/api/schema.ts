import { isObjectType, type GraphQLSchema } from 'graphql';
import { buildSchemaSync, type ClassType, type NonEmptyArray } from 'type-graphql';
import { AuditResolver } from '../audit/audit.resolver';
import type { AuditTrail } from '../audit/audit-trail';
import { AgentResolver, ClientAgentsResolver } from '../agents/agent.resolver';
import type { AgentService } from '../agents/agent.service';
import { AgencyResolver } from '../agencies/agency.resolver';
import type { AgencyService } from '../agencies/agency.service';
import { CallResolver } from '../calls/call.resolver';
import type { CallService } from '../calls/call.service';
import { ClientResolver } from '../clients/client.resolver';
import type { ClientService } from '../clients/client.service';
import {
  AgencyApiKeysResolver,
  ApiKeyResolver,
  ClientApiKeysResolver,
  KeyResolutionResolver,
} from '../keys/api-key.resolver';
import type { ApiKeyService } from '../keys/changes/api-key.service';
import type { KeyCheckService } from '../keys/checks/key-check.service';
import type { KeyResolverService } from '../keys/resolution/key-resolver.service';
import { PersonResolver } from '../people/person.resolver';
import type { PersonService } from '../people/person.service';
import { ServiceTokenResolver } from '../people/service-token.resolver';
import type { ServiceTokenService } from '../people/service-token.service';
import { UploadKeyResolver } from '../intake/upload-key.resolver';
import type { Page } from '../graphql/page';
import { HandInResolver } from '../intake/hand-in.resolver';
import type { HandInDecisionService } from '../intake/hand-in-decision.service';
import type { HandInService } from '../intake/hand-in.service';
import { KeyLinkResolver } from '../intake/key-link.resolver';
import type { KeyLinkService } from '../intake/key-link.service';
import { ViewerResolver } from '../people/viewer.resolver';
import type { UploadKeys } from '../vault/upload-keys';
import { readClientsAhead } from './compiled/read-ahead';

export interface Services {
  readonly audit: AuditTrail;
  readonly people: PersonService;
  readonly serviceTokens: ServiceTokenService;
  readonly agencies: AgencyService;
  readonly clients: ClientService;
  readonly agents: AgentService;
  readonly uploadKeys: UploadKeys;
  readonly keys: ApiKeyService;
  readonly keyChecks: KeyCheckService;
  readonly keyResolver: KeyResolverService;
  readonly calls: CallService;
  readonly handIns: HandInService;
  readonly handInDecisions: HandInDecisionService;
  readonly keyLinks: KeyLinkService;
}

/** The schema without its guard: for the emitted files and for `guard` alone. */
export function buildBareSchema(services: Services): GraphQLSchema {
  const {
    audit,
    people,
    serviceTokens,
    agencies,
    clients,
    agents,
    uploadKeys,
    keys,
    keyChecks,
    keyResolver,
    calls,
    handIns,
    handInDecisions,
    keyLinks,
  } = services;
  const clientApiKeys = new ClientApiKeysResolver(keys);
  const clientAgents = new ClientAgentsResolver(agents);
  const resolvers = [
    new AgencyResolver(agencies),
    new ViewerResolver(agencies, clients),
    new AuditResolver(audit),
    new PersonResolver(people),
    new ServiceTokenResolver(serviceTokens),
    new ClientResolver(clients),
    new AgentResolver(agents, clients),
    clientAgents,
    new UploadKeyResolver(uploadKeys),
    new ApiKeyResolver(keys, keyChecks, clients, agencies),
    clientApiKeys,
    new AgencyApiKeysResolver(keys),
    new KeyResolutionResolver(keyResolver),
    new CallResolver(calls, agents, clients),
    new HandInResolver(handIns, handInDecisions, clients),
    new KeyLinkResolver(keyLinks, clients),
  ];
  const byClass = new Map<unknown, object>(resolvers.map((resolver) => [resolver.constructor, resolver]));
  const schema = buildSchemaSync({
    resolvers: [...byClass.keys()] as NonEmptyArray<ClassType>,
    container: { get: (resolver) => byClass.get(resolver) },
    validate: false,
    // A guard test checks the schema, once.
    skipCheck: true,
  });
  countTotals(schema);
  readClientsAhead(schema, [clientApiKeys.field, clientAgents.field]);
  return schema;
}

// A compiled operation calls what has a resolver, and takes everything else for a value.
function countTotals(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    const total = isObjectType(type) ? type.getFields().totalCount : undefined;
    if (total) total.resolve = (page: Page<{ id: string }>) => page.totalCount();
  }
}
