import { isObjectType, type GraphQLSchema } from 'graphql';
import { buildSchemaSync, type ClassType, type ResolverData } from 'type-graphql';
import { AuditResolver } from '../audit/audit.resolver';
import { AccountResolver } from '../accounts/account.resolver';
import { AgentResolver } from '../agents/agent.resolver';
import { ClientAgentsResolver } from '../agents/client-agents.resolver';
import { AgencyResolver } from '../agencies/agency.resolver';
import { RateResolver } from '../billing/rate.resolver';
import { StatementLineResolver } from '../billing/statement-line.resolver';
import { StatementResolver } from '../billing/statement.resolver';
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
import type { ApiContext, Resolvers } from './context';
import { guard } from './guard';
import { refuseKeysAsText } from './known-key-texts';
import { NodeResolver, nodeSources } from './node.resolver';
import type { Services } from './services';
import { readClientsAhead } from './compiled/read-ahead';

/** Each resolver, and how it is made of the services of an app. */
const RESOLVERS: readonly (readonly [ClassType, (services: Services) => object])[] = [
  [NodeResolver, (services) => new NodeResolver(nodeSources(services))],
  [AgencyResolver, ({ agencies }) => new AgencyResolver(agencies)],
  [ViewerResolver, ({ agencies, clients }) => new ViewerResolver(agencies, clients)],
  [AuditResolver, ({ audit }) => new AuditResolver(audit)],
  [PersonResolver, ({ people }) => new PersonResolver(people)],
  [InvitationResolver, ({ invitations }) => new InvitationResolver(invitations)],
  [ServiceTokenResolver, ({ serviceTokens }) => new ServiceTokenResolver(serviceTokens)],
  [GatewayTokenResolver, ({ gatewayTokens, clients }) => new GatewayTokenResolver(gatewayTokens, clients)],
  [ClientResolver, ({ clients }) => new ClientResolver(clients)],
  [AgentResolver, ({ agents, clients }) => new AgentResolver(agents, clients)],
  [ClientAgentsResolver, ({ agents }) => new ClientAgentsResolver(agents)],
  [UploadKeyResolver, ({ uploadKeys }) => new UploadKeyResolver(uploadKeys)],
  [KeyChangeResolver, (services) => new KeyChangeResolver(services.keys, keyOwnersOf(services))],
  [KeyCheckResolver, (services) => new KeyCheckResolver(services.keyChecks, keyOwnersOf(services))],
  [ClientApiKeysResolver, ({ keys }) => new ClientApiKeysResolver(keys)],
  [AgencyApiKeysResolver, ({ keys }) => new AgencyApiKeysResolver(keys)],
  [KeyResolutionResolver, (services) => new KeyResolutionResolver(services.keyResolver, services.pastChain)],
  [AccountResolver, (services) => new AccountResolver(services.agentImport, services.phoneNumbers)],
  // Those that tell of calls, and of what keeps calls from being placed or known.
  [
    CallResolver,
    ({ calls, callPlacement, callEnd, callContents, agents, clients }) =>
      new CallResolver(calls, callPlacement, callEnd, callContents, agents, clients),
  ],
  [CallReceiptResolver, ({ rates }) => new CallReceiptResolver(rates)],
  [KeyUseResolver, ({ calls }) => new KeyUseResolver(calls)],
  [
    CallAnalyticsResolver,
    ({ callAnalytics, agents, clients }) => new CallAnalyticsResolver(callAnalytics, agents, clients),
  ],
  [PreviewedMoneyResolver, ({ moneyMoved }) => new PreviewedMoneyResolver(moneyMoved)],
  [ClearedMoneyResolver, ({ moneyMoved }) => new ClearedMoneyResolver(moneyMoved)],
  [
    WebhookEndpointResolver,
    ({ webhookEndpoints, clients }) => new WebhookEndpointResolver(webhookEndpoints, clients),
  ],
  [
    OutgoingWebhookResolver,
    ({ outgoingWebhooks, deliveries }) => new OutgoingWebhookResolver(outgoingWebhooks, deliveries),
  ],
  [
    AlertResolver,
    ({ alerts, clients, outgoingWebhooks }) => new AlertResolver(alerts, clients, outgoingWebhooks),
  ],
  // Those that tell what clients owe.
  [TimeZoneResolver, ({ timeZones }) => new TimeZoneResolver(timeZones)],
  [RateResolver, ({ rates, clients }) => new RateResolver(rates, clients)],
  [StatementResolver, ({ statements, clients }) => new StatementResolver(statements, clients)],
  [StatementLineResolver, ({ statements, rates }) => new StatementLineResolver(statements, rates)],
  [
    HandInResolver,
    ({ handIns, handInDecisions, clients }) => new HandInResolver(handIns, handInDecisions, clients),
  ],
  [KeyLinkResolver, ({ keyLinks, clients }) => new KeyLinkResolver(keyLinks, clients)],
];

function keyOwnersOf({ keys, clients, agencies }: Services): KeyOwners {
  return new KeyOwners(keys, clients, agencies);
}

export function createResolvers(services: Services): Resolvers {
  return new Map(RESOLVERS.map(([resolver, make]) => [resolver, make(services)]));
}

/** Builds the schema as it is served. Whose services answer a request, its context says. */
export function buildSchema(): GraphQLSchema {
  return guard(refuseKeysAsText(buildBareSchema()));
}

/** Builds the schema without its guard, for the files that are emitted. */
export function buildBareSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: RESOLVERS.map(([resolver]) => resolver) as [ClassType],
    container: {
      get: (resolver, { context }: ResolverData<ApiContext>) => context.resolvers.get(resolver),
    },
    validate: false,
    // A guard test checks the schema, so that no start has to.
    skipCheck: true,
  });
  countTotals(schema);
  describeRoots(schema);
  readClientsAhead(schema, { apiKeys: ClientApiKeysResolver, agents: ClientAgentsResolver });
  return schema;
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
