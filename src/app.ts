import { isIPv6, type AddressInfo } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { createIdentityVerifier, type IdentityVerifier } from './people/identity';
import { MAX_MUTATIONS } from './api/rules/document-limits';
import { backgroundFaults } from './api/fault-log';
import { COMPILED_FROM_RUN } from './api/compiled/compiled-queries';
import { graphql } from './http/graphql';
import { gateway } from './http/gateway';
import { health } from './http/health';
import { keyLinkPage } from './http/pages/key-link';
import { browserConsole } from './http/pages/console';
import { playground, type PlaygroundTokens } from './http/pages/playground';
import { MetricsEndpoint } from './http/metrics';
import { RateLimitStore } from './http/rate-limit-store';
import { RateLimits } from './http/rate-limits';
import { buildSchema, createResolvers } from './api/schema';
import { recordings } from './http/recordings';
import { statements } from './http/statements';
import { createServer, REQUEST_TIMEOUT_MS, type Server } from './http/server';
import { ConfigError, type Config } from './config';
import { LOOKUPS_TIME_MS } from './keys/checks/key-examination';
import { containKnownKeys } from './keys/known-keys';
import { givenUp, ping } from './database/database';
import { createLog, type LogStream } from './platform/log';
import { Metrics } from './platform/metrics';
import { SignIn } from './people/sign-in';
import { webhooks } from './http/webhooks';
import { openStore, type Store } from './store';
import { createServices, type AppServices } from './services';
import { Upkeep } from './upkeep';

export interface App extends Store {
  readonly server: Server;
  readonly upkeep: Upkeep;
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
  /**
   * Webhooks of agencies may lead to this machine, and need no https there. It is for the demo and the tests.
   */
  readonly webhooksToLoopback?: boolean;
  /** Tells whether the demo still makes what it shows. Until that is there, it is not ready. */
  readonly isBeingFilled?: () => boolean;
  /** A query is compiled at this run. */
  readonly compiledFromRun?: number;
  /** The schema, where apps of one process share it. Building it is half of a start. */
  readonly schema?: GraphQLSchema;
}

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
    const logFault = backgroundFaults((fault) => server.log.error(fault));
    const services = createServices(
      config,
      store,
      metrics,
      addressOf,
      options.webhooksToLoopback ?? false,
      logFault,
    );
    const server: Server = await createServerOf(config, options, {
      log,
      metrics,
      store,
      services,
      identities,
      rateLimits: new RateLimits(config.http.perMinute, rateLimitStore),
    });
    const upkeep = new Upkeep(store, services, metrics, logFault, (line) =>
      server.log.info(line, 'reconciliation'),
    );
    await upkeep.start();
    const endpoint = metrics && new MetricsEndpoint(metrics, database, log);
    const close = async () => {
      upkeep.stopTidying();
      await server.close();
      await services.gateway.close();
      rateLimitStore?.close();
      await upkeep.stopWorkers();
      // Until here it can be seen how the instance ends.
      await endpoint?.close();
      await database.close();
    };
    return { ...store, server, upkeep, metrics: endpoint, close, drainMs: drainMsOf(config) };
  } catch (error) {
    rateLimitStore?.close();
    metrics?.close();
    throw await givenUp(database, error);
  }
}

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
  const identify: SignIn['identify'] = (credentials, origin) => signIn.identify(credentials, origin);
  const server = await createServer({
    ...config.http,
    log,
    loopbackOnly: options.loopbackOnly ?? false,
    metrics,
    routes: [
      health({
        isReady: () => ping(database),
        issuerProblem: () => identities.problem(),
        isBeingFilled: options.isBeingFilled,
      }),
      graphql({
        ...config.http,
        schema: options.schema ?? buildSchema(),
        answering: {
          resolvers: createResolvers(services),
          containsKnownKey: (...texts) => containKnownKeys(database.read, vault.fingerprints, ...texts),
        },
        together: (ask) => database.together(ask),
        identify,
        rateLimits,
        introspection: config.playground,
        isMeasured: metrics !== null,
        compiledFromRun: options.compiledFromRun ?? COMPILED_FROM_RUN,
      }),
      keyLinkPage(services.keyLinkForm, rateLimits),
      webhooks(services.eventIntake, rateLimits),
      recordings({ identify, rateLimits, contents: services.callContents }),
      statements({ identify, rateLimits, statements: services.statements }),
      gateway(services.gateway, rateLimits),
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
  // Only the system knows whether two hosts share their ports, e.g. 127.0.0.1 and localhost.
  const sharing = port !== 0 && config.metrics?.port === port ? ', and METRICS_PORT is the same port' : '';
  await server.listen({ host, port }).catch((error: unknown) => {
    throw cannotListen(`HOST and PORT: the server cannot listen there${sharing}`, error);
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
