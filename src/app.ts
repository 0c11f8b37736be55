import { isIPv6, type AddressInfo } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { createIdentityVerifier, type IdentityVerifier } from './people/identity';
import { TenantDatabase } from './access/tenant-database';
import { AuditSealer } from './audit/audit-sealer';
import { AgencyService } from './agencies/agency.service';
import { AgentService } from './agents/agent.service';
import { guard } from './api/guard';
import { MAX_MUTATIONS } from './api/rules/document-limits';
import { COMPILED_FROM_RUN } from './api/compiled/compiled-queries';
import { graphql } from './http/graphql';
import { health } from './http/health';
import { keyLinkPage } from './http/pages/key-link';
import { browserConsole } from './http/pages/console';
import { playground, type PlaygroundTokens } from './http/pages/playground';
import { MetricsEndpoint } from './http/metrics';
import { RateLimitStore } from './http/rate-limit-store';
import { RateLimits } from './http/rate-limits';
import { refuseKeysAsText } from './api/known-key-texts';
import { buildBareSchema } from './api/schema';
import type { Services } from './api/services';
import { createServer, REQUEST_TIMEOUT_MS, type Server } from './http/server';
import { CallAsker } from './calls/call-asker';
import { CallEndService } from './calls/call-end.service';
import { CallFactsService } from './calls/call-facts.service';
import { CallInquiry } from './calls/call-inquiry';
import { CallHistoryService } from './calls/call-history.service';
import { CallPlacementService } from './calls/call-placement.service';
import { ClientService } from './clients/client.service';
import { ConfigError, type Config } from './config';
import { ApiKeyService } from './keys/changes/api-key.service';
import { KeyCheckService } from './keys/checks/key-check.service';
import { LOOKUPS_TIME_MS } from './keys/checks/key-examination';
import { containKnownKeys } from './keys/known-keys';
import { KeyResolverService } from './keys/resolution/key-resolver.service';
import { givenUp, ping } from './database/database';
import { createLog, type LogStream } from './platform/log';
import { Metrics } from './platform/metrics';
import { InvitationService } from './people/invitation.service';
import { lostRights } from './people/lost-rights';
import { PersonService } from './people/person.service';
import { ServiceTokenService } from './people/service-token.service';
import { SignIn } from './people/sign-in';
import { HandInDecisionService } from './intake/hand-in-decision.service';
import { HandInService } from './intake/hand-in.service';
import { KeyLinkFormService } from './intake/key-link-form.service';
import { eventEffect } from './events/event-effect';
import { EventWorker } from './events/event-worker';
import { EventIntakeService } from './events/event-intake.service';
import { WebhookEndpointService } from './events/webhook-endpoint.service';
import { webhooks } from './http/webhooks';
import type { Provider } from './providers';
import { KeyLinkService } from './intake/key-link.service';
import { ProviderApi } from './providers/provider-api';
import { openStore, type Store } from './store';

export interface App extends Store {
  readonly server: Server;
  readonly sealer: AuditSealer;
  readonly worker: EventWorker;
  readonly callAsker: CallAsker;
  /** Null where nothing is measured. */
  readonly metrics: MetricsEndpoint | null;
  /** Finishes the requests that are in flight, and then closes the database. */
  close(): Promise<void>;
  /** The longest time that closing can take, in milliseconds. */
  readonly drainMs: number;
}

export interface AppOptions {
  /** The stream to which log lines go. It is standard output when not given. */
  readonly logStream?: LogStream;
  readonly playgroundTokens?: PlaygroundTokens;
  /**
   * Answers only requests that name this machine as their host. The demo needs this, because it hands out
   * tokens.
   */
  readonly loopbackOnly?: boolean;
  /** A query is compiled at this run. */
  readonly compiledFromRun?: number;
}

/**
 * After this time, an instance looks again whether upload keys have to be renewed and whether anything that
 * has expired has to be destroyed.
 */
const TIDIED_UP_EVERY_MS = 60 * 60 * 1000;

/** Wires the whole product together, and is the only place that does so. It does not listen yet. */
export async function createApp(config: Config, options: AppOptions = {}): Promise<App> {
  const identities = createIdentityVerifier(config.auth);
  // The issuer is checked first, before the database is opened and brought up to date.
  await identities.check();
  const log = createLog(config.logLevel, options.logStream);
  const metrics = config.metrics && (await Metrics.open());
  const store = await openStore(config, metrics);
  const { database } = store;
  if (metrics) database.onRetry = () => metrics.retry();
  let rateLimitStore: RateLimitStore | null = null;
  try {
    rateLimitStore = config.rateLimitStore && (await RateLimitStore.open(config.rateLimitStore, log));
    const addressOf = (path: string) => `${config.publicUrl ?? ownAddress(server, config)}${path}`;
    const logFault = (error: unknown) => server.log.error({ err: error });
    const services = createServices(config, store, metrics, addressOf, logFault);
    const server: Server = await createServerOf(config, options, {
      log,
      metrics,
      store,
      services,
      identities,
      rateLimits: new RateLimits(config.http.perMinute, rateLimitStore),
    });
    const upkeep = await startUpkeep(store, services, logFault);
    const endpoint = metrics && new MetricsEndpoint(metrics, database, log);
    const close = async () => {
      upkeep.stopTidying();
      await server.close();
      rateLimitStore?.close();
      await upkeep.worker.stop();
      await services.callAsker.stop();
      await upkeep.sealer.stop();
      // Until here it can be seen how the instance ends.
      await endpoint?.close();
      await database.close();
    };
    const { sealer, worker } = upkeep;
    const working = { server, sealer, worker, callAsker: services.callAsker, metrics: endpoint };
    return { ...store, ...working, close, drainMs: drainMsOf(config) };
  } catch (error) {
    rateLimitStore?.close();
    metrics?.close();
    throw await givenUp(database, error);
  }
}

type AppServices = Services & {
  readonly callAsker: CallAsker;
  readonly keyLinkForm: KeyLinkFormService;
  readonly eventIntake: EventIntakeService;
};

interface Parts {
  readonly log: FastifyBaseLogger;
  readonly metrics: Metrics | null;
  readonly store: Store;
  readonly services: AppServices;
  readonly identities: IdentityVerifier;
  readonly rateLimits: RateLimits;
}

async function createServerOf(
  config: Config,
  options: AppOptions,
  { log, metrics, store: { database, vault, audit }, services, identities, rateLimits }: Parts,
): Promise<Server> {
  const signIn = new SignIn(database, identities, audit, services.invitations);
  const server = await createServer({
    ...config.http,
    log,
    loopbackOnly: options.loopbackOnly ?? false,
    metrics,
    routes: [
      health({
        isReady: () => ping(database),
        issuerProblem: () => identities.problem(),
      }),
      graphql({
        ...config.http,
        schema: guard(
          refuseKeysAsText(buildBareSchema(services), (...texts) =>
            containKnownKeys(database.read, vault.fingerprints, ...texts),
          ),
        ),
        identify: (credentials, origin) => signIn.identify(credentials, origin),
        rateLimits,
        introspection: config.playground,
        isMeasured: metrics !== null,
        compiledFromRun: options.compiledFromRun ?? COMPILED_FROM_RUN,
      }),
      keyLinkPage(services.keyLinkForm, rateLimits),
      webhooks(services.eventIntake),
      ...(config.playground ? [playground(options.playgroundTokens ?? {})] : []),
      ...(config.console ? [browserConsole(config.console)] : []),
    ],
  });
  for (const warning of config.warnings) server.log.warn(warning);
  server.addHook('onListen', (done) => {
    const problem = identities.problem();
    if (problem !== null) server.log.warn(`Nobody can sign in yet: ${problem}`);
    done();
  });
  return server;
}

/** Begins with what an instance does without being asked. */
async function startUpkeep(
  { database, vault, audit }: Store,
  { handInDecisions, keyResolver, callAsker }: AppServices,
  logFault: (error: unknown) => void,
): Promise<{ readonly sealer: AuditSealer; readonly worker: EventWorker; stopTidying(): void }> {
  // When something cannot be destroyed now, the next round tries again. That is no reason not to serve.
  const expireHandIns = () => handInDecisions.expire(logFault).catch(logFault);
  await expireHandIns();
  const tidyUp = () => Promise.all([vault.uploads.rotate().catch(logFault), expireHandIns()]);
  const tidying = setInterval(() => void tidyUp(), TIDIED_UP_EVERY_MS).unref();
  const sealer = new AuditSealer(database, audit, logFault);
  const worker = new EventWorker(database, eventEffect(keyResolver), logFault);
  for (const each of [sealer, worker, callAsker]) each.start();
  return { sealer, worker, stopTidying: () => clearInterval(tidying) };
}

// When a call is cut off, it may have been placed and nobody learns its id. A mutation asks whether a key is
// accepted, and then looks agents up until its time is over and the last answer has come. The mutations of
// one document run one after the other.
function drainMsOf({ providerTimeoutMs, http }: Config): number {
  return (
    REQUEST_TIMEOUT_MS +
    Math.max(http.queryTimeoutMs, MAX_MUTATIONS * (2 * providerTimeoutMs + LOOKUPS_TIME_MS))
  );
}

/** Throws `ConfigError` when the server, or its metrics, cannot listen there. */
export async function listen({ server, metrics }: App, config: Config): Promise<void> {
  const { host, port } = config;
  if (metrics && config.metrics)
    await metrics.listen(config.metrics).catch((error: unknown) => {
      throw cannotListen('METRICS_HOST and METRICS_PORT: the metrics cannot be served there', error);
    });
  await server.listen({ host, port }).catch((error: unknown) => {
    throw cannotListen('HOST and PORT: the server cannot listen there', error);
  });
}

function cannotListen(problem: string, error: unknown): ConfigError {
  return new ConfigError(`${problem} (${(error as NodeJS.ErrnoException).code ?? 'it failed'})`);
}

/** Returns the address of a server that listens, as it is reached from this machine. */
export function ownAddress(server: Server, { host }: Config): string {
  const { port } = server.server.address() as AddressInfo;
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${isIPv6(name) ? `[${name}]` : name}:${port}`;
}

function createServices(
  config: Config,
  { database: bare, vault, audit }: Store,
  metrics: Metrics | null,
  addressOf: (path: string) => string,
  report: (error: unknown) => void,
): AppServices {
  const database = new TenantDatabase(bare, lostRights);
  const providers = new ProviderApi(config.baseUrls, config.providerTimeoutMs, metrics);
  const clients = new ClientService(database, audit);
  const serviceTokens = new ServiceTokenService(database, audit);
  const invitations = new InvitationService(database, audit);
  const keyLinks = new KeyLinkService(database, audit, providers, (token) => addressOf(`/key/${token}`));
  const eventAddress = (provider: Provider, token: string) =>
    addressOf(`/webhooks/${provider.toLowerCase()}/${token}`);
  const agents = new AgentService(database, audit);
  const keyResolver = new KeyResolverService(database, vault);
  const callFacts = new CallFactsService(database);
  const callInquiry = new CallInquiry(keyResolver, providers, callFacts);
  const keyChecks = new KeyCheckService(database, audit, vault, providers);
  const keys = new ApiKeyService(database, audit, vault, providers, clients, keyChecks);
  const handInDecisions = new HandInDecisionService(database, audit, vault, keys, keyChecks);
  const handIns = new HandInService(
    database,
    audit,
    vault,
    providers,
    keyChecks,
    handInDecisions,
    config.handInLifetime,
  );
  return {
    audit,
    people: new PersonService(database, audit, clients, { serviceTokens, keyLinks, invitations }),
    invitations,
    serviceTokens,
    agencies: new AgencyService(database),
    clients,
    agents,
    uploadKeys: vault.uploads,
    keys,
    keyChecks,
    keyResolver,
    handIns,
    handInDecisions,
    keyLinks,
    keyLinkForm: new KeyLinkFormService(database, audit, vault, providers, keyChecks, handIns),
    calls: new CallHistoryService(database),
    webhookEndpoints: new WebhookEndpointService(database, audit, vault, providers, clients, eventAddress),
    eventIntake: new EventIntakeService(database, vault),
    callPlacement: new CallPlacementService(database, audit, keyResolver, providers, metrics, report),
    callEnd: new CallEndService(database, audit, providers, callInquiry, callFacts),
    callAsker: new CallAsker(bare, callFacts, callInquiry, report),
  };
}
