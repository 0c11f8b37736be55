import { TenantDatabase } from './access/tenant-database';
import { AlertService } from './alerts/alert.service';
import { AgencyService } from './agencies/agency.service';
import { AgentImportService } from './accounts/agent-import.service';
import { PhoneNumberService } from './accounts/phone-number.service';
import { AgentService } from './agents/agent.service';
import type { Services } from './api/services';
import type { AuditTrail } from './audit/audit-trail';
import { RateService } from './billing/rate.service';
import { StatementService } from './billing/statement.service';
import { CallAnalyticsService } from './analytics/call-analytics.service';
import { MoneyMovedService } from './analytics/money-moved.service';
import { TimeZoneService } from './billing/time-zone.service';
import { CallContentService } from './calls/call-content.service';
import { CallEndService } from './calls/call-end.service';
import { CallFactsService } from './calls/call-facts.service';
import { CallInquiry } from './calls/call-inquiry';
import { CallHistoryService } from './calls/call-history.service';
import { CallPlacementService } from './calls/call-placement.service';
import { ClientService } from './clients/client.service';
import type { Config } from './config';
import { noteDoubt } from './keys/key-health';
import { ApiKeyService } from './keys/changes/api-key.service';
import { KeyCheckService } from './keys/checks/key-check.service';
import { KeyResolverService } from './keys/resolution/key-resolver.service';
import { PastChainService } from './keys/resolution/past-chain.service';
import { Metrics } from './platform/metrics';
import { InvitationService } from './people/invitation.service';
import { lostRights } from './people/lost-rights';
import { PersonService } from './people/person.service';
import { ServiceTokenService } from './people/service-token.service';
import { GatewayAccess } from './gateway/gateway-access';
import { GatewayPlacementService } from './gateway/gateway-placement.service';
import { GatewayResolution } from './gateway/gateway-resolution';
import { GatewayService } from './gateway/gateway.service';
import { GatewayTokenService } from './gateway/gateway-token.service';
import { HandInDecisionService } from './intake/hand-in-decision.service';
import { HandInService } from './intake/hand-in.service';
import { KeyLinkFormService } from './intake/key-link-form.service';
import { EventIntakeService } from './events/event-intake.service';
import { RefusedCounts } from './events/refused-counts';
import { WebhookEndpointService } from './events/webhook-endpoint.service';
import { DeliveryService } from './deliveries/delivery.service';
import { OutgoingWebhookService } from './deliveries/outgoing-webhook.service';
import { dnsResolver } from './deliveries/receiver-address';
import { Sender } from './deliveries/sender';
import type { Provider } from './providers';
import { KeyLinkService } from './intake/key-link.service';
import { Reconciler } from './reconciliation/reconciler';
import { ProviderApi } from './providers/provider-api';
import type { Store } from './store';
import type { Cipher } from './vault/cipher';

/** What the resolvers call, the routes and what runs in the background. */
export type AppServices = Services & {
  readonly callFacts: CallFactsService;
  readonly backgroundInquiry: CallInquiry;
  readonly reconciler: Reconciler;
  readonly keyLinkForm: KeyLinkFormService;
  readonly eventIntake: EventIntakeService;
  readonly gateway: GatewayService;
  readonly refusedEvents: RefusedCounts;
  readonly webhookSender: Sender;
  readonly providers: ProviderApi;
};

/** Makes every service once, and is the only place that does so. */
export function createServices(
  config: Config,
  { database: bare, vault, audit }: Store,
  metrics: Metrics | null,
  addressOf: (path: string) => string,
  sendsToLoopback: boolean,
  report: (error: unknown) => void,
): AppServices {
  const database = new TenantDatabase(bare, lostRights);
  const providers = new ProviderApi(config.baseUrls, config.providerTimeoutMs, metrics);
  const clients = new ClientService(database, audit);
  const granters = grantersOf(database, audit, providers, addressOf);
  const deliveries = deliveryServices(database, audit, vault.cipher, sendsToLoopback);
  const { outgoingWebhooks } = deliveries;
  const eventAddress = (provider: Provider, token: string) =>
    addressOf(`/webhooks/${provider.toLowerCase()}/${token}`);
  const keyResolver = new KeyResolverService(database, vault);
  const callFacts = new CallFactsService(database);
  const callInquiry = new CallInquiry(keyResolver, providers, callFacts);
  const callPlacement = new CallPlacementService(database, audit, keyResolver, providers, metrics, report);
  const refusedEvents = new RefusedCounts(bare, report);
  const keyChecks = new KeyCheckService(database, audit, vault, providers);
  const keys = new ApiKeyService(database, audit, vault, providers, clients, keyChecks);
  const handInDecisions = new HandInDecisionService(database, audit, vault, keys, keyChecks);
  const shown = [database, audit, vault, providers, keyChecks] as const;
  const handIns = new HandInService(...shown, handInDecisions, config.handInLifetime);
  return {
    audit,
    people: new PersonService(database, audit, clients, { ...granters, outgoingWebhooks }),
    ...granters,
    agencies: new AgencyService(database),
    clients,
    agents: new AgentService(database, audit),
    uploadKeys: vault.uploads,
    keys,
    keyChecks,
    keyResolver,
    pastChain: new PastChainService(database, vault.placeMacs),
    agentImport: new AgentImportService(database, audit, vault, providers),
    phoneNumbers: new PhoneNumberService(database, vault, providers),
    handIns,
    handInDecisions,
    keyLinkForm: new KeyLinkFormService(...shown, handIns),
    calls: new CallHistoryService(database),
    ...moneyServices(database, audit),
    webhookEndpoints: new WebhookEndpointService(database, audit, vault, providers, clients, eventAddress),
    eventIntake: new EventIntakeService(database, vault, refusedEvents, metrics),
    refusedEvents,
    ...deliveries,
    callPlacement,
    callEnd: new CallEndService(database, audit, providers, callInquiry, callFacts),
    callContents: new CallContentService(database, callInquiry, providers, addressOf),
    callFacts,
    backgroundInquiry: new CallInquiry(keyResolver, providers.inBackground(), callFacts),
    gateway: gatewayOf(config, database, audit, keyResolver, callPlacement, providers, report),
    reconciler: new Reconciler(database, vault, keyResolver, providers.inBackground()),
    providers,
    alerts: new AlertService(database, audit),
  };
}

/** The services through which admins let others in. */
function grantersOf(
  database: TenantDatabase,
  audit: AuditTrail,
  providers: ProviderApi,
  addressOf: (path: string) => string,
) {
  return {
    serviceTokens: new ServiceTokenService(database, audit),
    gatewayTokens: new GatewayTokenService(database, audit),
    invitations: new InvitationService(database, audit),
    keyLinks: new KeyLinkService(database, audit, providers, (token) => addressOf(`/key/${token}`)),
  };
}

function moneyServices(database: TenantDatabase, audit: AuditTrail) {
  return {
    timeZones: new TimeZoneService(database, audit),
    rates: new RateService(database, audit),
    statements: new StatementService(database, audit),
    callAnalytics: new CallAnalyticsService(database),
    moneyMoved: new MoneyMovedService(database),
  };
}

function gatewayOf(
  { providerTimeoutMs }: Config,
  database: TenantDatabase,
  audit: AuditTrail,
  keyResolver: KeyResolverService,
  calls: CallPlacementService,
  providers: ProviderApi,
  report: (error: unknown) => void,
): GatewayService {
  const resolution = new GatewayResolution(database, keyResolver);
  const placement = new GatewayPlacementService(
    database,
    audit,
    resolution,
    calls,
    providers,
    providerTimeoutMs,
  );
  return new GatewayService(new GatewayAccess(database), resolution, placement, providers, (key, error) =>
    noteDoubt(database, key, error).catch(report),
  );
}

function deliveryServices(
  database: TenantDatabase,
  audit: AuditTrail,
  cipher: Cipher,
  sendsToLoopback: boolean,
) {
  return {
    outgoingWebhooks: new OutgoingWebhookService(database, audit, cipher, sendsToLoopback),
    deliveries: new DeliveryService(database, audit),
    webhookSender: new Sender(dnsResolver(), sendsToLoopback),
  };
}
