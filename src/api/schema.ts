import { isObjectType, type GraphQLSchema } from 'graphql';
import { buildSchemaSync, type ClassType, type NonEmptyArray } from 'type-graphql';
import { AuditResolver } from '../audit/audit.resolver';
import { AccountResolver } from '../accounts/account.resolver';
import { AgentResolver, ClientAgentsResolver } from '../agents/agent.resolver';
import { AgencyResolver } from '../agencies/agency.resolver';
import { RateResolver } from '../billing/rate.resolver';
import { StatementLineResolver, StatementResolver } from '../billing/statement.resolver';
import { CallAnalyticsResolver } from '../analytics/call-analytics.resolver';
import { ClearedMoneyResolver, PreviewedMoneyResolver } from '../analytics/money-moved.resolver';
import { TimeZoneResolver } from '../billing/time-zone.resolver';
import { CallReceiptResolver } from '../calls/call-receipt.resolver';
import { CallResolver } from '../calls/call.resolver';
import { KeyUseResolver } from '../calls/key-use.resolver';
import { WebhookEndpointResolver } from '../events/webhook-endpoint.resolver';
import { OutgoingWebhookResolver } from '../deliveries/outgoing-webhook.resolver';
import { ClientResolver } from '../clients/client.resolver';
import { AgencyApiKeysResolver, ClientApiKeysResolver } from '../keys/api-key.resolver';
import { KeyChangeResolver } from '../keys/changes/key-change.resolver';
import { KeyCheckResolver } from '../keys/checks/key-check.resolver';
import { KeyOwners } from '../keys/key-owners';
import { KeyResolutionResolver } from '../keys/resolution/key-resolution.resolver';
import { InvitationResolver } from '../people/invitation.resolver';
import { PersonResolver } from '../people/person.resolver';
import { ServiceTokenResolver } from '../people/service-token.resolver';
import { GatewayTokenResolver } from '../gateway/gateway-token.resolver';
import { UploadKeyResolver } from '../intake/upload-key.resolver';
import type { Page } from '../graphql/page';
import { HandInResolver } from '../intake/hand-in.resolver';
import { KeyLinkResolver } from '../intake/key-link.resolver';
import { AlertResolver } from '../alerts/alert.resolver';
import { ViewerResolver } from '../people/viewer.resolver';
import { NodeResolver, nodeSources } from './node.resolver';
import type { Services } from './services';
import { readClientsAhead } from './compiled/read-ahead';

/** Builds the schema without its guard. Only `guard` and the emitted files use it. */
export function buildBareSchema(services: Services): GraphQLSchema {
  const {
    audit,
    people,
    invitations,
    serviceTokens,
    gatewayTokens,
    agencies,
    clients,
    agents,
    keys,
    keyChecks,
    keyResolver,
    handIns,
    handInDecisions,
    keyLinks,
  } = services;
  const keyOwners = new KeyOwners(keys, clients, agencies);
  const clientApiKeys = new ClientApiKeysResolver(keys);
  const clientAgents = new ClientAgentsResolver(agents);
  const resolvers = [
    new NodeResolver(nodeSources(services)),
    new AgencyResolver(agencies),
    new ViewerResolver(agencies, clients),
    new AuditResolver(audit),
    new PersonResolver(people),
    new InvitationResolver(invitations),
    new ServiceTokenResolver(serviceTokens),
    new GatewayTokenResolver(gatewayTokens, clients),
    new ClientResolver(clients),
    new AgentResolver(agents, clients),
    clientAgents,
    new UploadKeyResolver(services.uploadKeys),
    new KeyChangeResolver(keys, keyOwners),
    new KeyCheckResolver(keyChecks, keyOwners),
    clientApiKeys,
    new AgencyApiKeysResolver(keys),
    new KeyResolutionResolver(keyResolver, services.pastChain),
    new AccountResolver(services.agentImport, services.phoneNumbers),
    ...resolversOfCalls(services),
    ...resolversOfBilling(services),
    new HandInResolver(handIns, handInDecisions, clients),
    new KeyLinkResolver(keyLinks, clients),
  ];
  const schema = schemaOf(resolvers);
  countTotals(schema);
  describeRoots(schema);
  readClientsAhead(schema, [clientApiKeys.field, clientAgents.field]);
  return schema;
}

function schemaOf(resolvers: readonly object[]): GraphQLSchema {
  const byClass = new Map<unknown, object>(resolvers.map((resolver) => [resolver.constructor, resolver]));
  return buildSchemaSync({
    resolvers: [...byClass.keys()] as NonEmptyArray<ClassType>,
    container: { get: (resolver) => byClass.get(resolver) },
    validate: false,
    // A guard test checks the schema, so that no start has to.
    skipCheck: true,
  });
}

/** Those that tell of calls, and of what keeps calls from being placed or known. */
function resolversOfCalls(services: Services): readonly object[] {
  const { calls, callPlacement, callEnd, callContents, agents, clients, webhookEndpoints, alerts } = services;
  const { outgoingWebhooks, deliveries } = services;
  return [
    new CallResolver(calls, callPlacement, callEnd, callContents, agents, clients),
    new CallReceiptResolver(services.rates),
    new KeyUseResolver(calls),
    new CallAnalyticsResolver(services.callAnalytics, agents, clients),
    new PreviewedMoneyResolver(services.moneyMoved),
    new ClearedMoneyResolver(services.moneyMoved),
    new WebhookEndpointResolver(webhookEndpoints, clients),
    new OutgoingWebhookResolver(outgoingWebhooks, deliveries),
    new AlertResolver(alerts, clients, outgoingWebhooks),
  ];
}

/** Those that tell what clients owe. */
function resolversOfBilling({ clients, rates, statements, timeZones }: Services): readonly object[] {
  return [
    new TimeZoneResolver(timeZones),
    new RateResolver(rates, clients),
    new StatementResolver(statements, clients),
    new StatementLineResolver(statements, rates),
  ];
}

// A compiled operation calls fields that have a resolver, and takes everything else for a value.
function countTotals(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    const total = isObjectType(type) ? type.getFields().totalCount : undefined;
    if (total) total.resolve = (page: Page<{ id: string }>) => page.totalCount();
  }
}

function describeRoots(schema: GraphQLSchema): void {
  const [query, mutation] = [schema.getQueryType(), schema.getMutationType()];
  if (query) query.description = 'What can be asked for. Nothing is changed by it.';
  if (mutation)
    mutation.description =
      'What can be done. The mutations of one request run one after the other; when one of them is refused for lack of rights, none runs.';
}
