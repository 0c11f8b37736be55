import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { Loaders, type RequestContext } from '../access/context';
import { IssuerUnreachable } from '../access/identity';
import type { Viewer } from '../access/viewer';
import { newId } from '../platform/ids';
import { formatError, INTERNAL_ERROR, isUnexpected, SecretsFromVariablesRule } from './errors';
import { SizeLimitRule } from './size-limit';
import { servePlayground, type PlaygroundTokens } from './playground';

export type Server = FastifyInstance;

export interface ServerOptions {
  readonly schema: GraphQLSchema;
  /** Null for nobody known. Throws `IssuerUnreachable` when it cannot tell. */
  readonly identify: (authorization: string | undefined) => Promise<Viewer | null>;
  /** Throws when requests cannot be served. */
  readonly isReady: () => Promise<unknown>;
  readonly log: FastifyBaseLogger;
  /** Null: no playground, and no introspection. */
  readonly playground: PlaygroundTokens | null;
}

/** Largest request body, in bytes. */
const MAX_BODY_BYTES = 256 * 1024;
/** Time to receive a whole request, in milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Most tokens of a GraphQL document. */
const MAX_TOKENS = 5_000;

declare module 'fastify' {
  interface FastifyRequest {
    viewer: Viewer | null;
  }
}

export async function createServer(options: ServerOptions): Promise<Server> {
  const server = Fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: newId,
    // Fastify's own answer to an address that it cannot decode quotes the address.
    frameworkErrors: (_error, _request, reply) => void (reply as FastifyReply).code(400).send(httpError(400)),
    clientErrorHandler: (_error, socket) => void socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
  });
  server.removeContentTypeParser('text/plain');
  server.decorateRequest('viewer', null);
  addHooks(server);
  addErrorAnswers(server);
  addHealth(server, options);
  await addGraphql(server, options);
  if (options.playground) servePlayground(server, options.playground);
  return server;
}

function addHooks(server: Server): void {
  // A connection that stays open after its last answer would keep the process from ending.
  let closing = false;
  server.addHook('preClose', async () => void (closing = true));
  server.addHook('onSend', async (_request, reply) => void (closing && reply.header('connection', 'close')));
  server.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  });
  // The route's pattern, not the address that was asked for: people paste keys into addresses too.
  server.addHook('onResponse', async (request, reply) => {
    request.log.info({
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
      agencyId: request.viewer?.agencyId,
    });
  });
}

const HTTP_ERRORS: Readonly<Record<number, string>> = {
  400: 'This is not a GraphQL request.',
  404: 'There is nothing here. GraphQL is at /graphql.',
  413: `The request is larger than ${MAX_BODY_BYTES} bytes.`,
  415: 'Send JSON, with the content type application/json.',
};

function addErrorAnswers(server: Server): void {
  server.setNotFoundHandler((_request, reply) => reply.code(404).send(httpError(404)));
  server.setErrorHandler((error, request, reply) => {
    if (error instanceof IssuerUnreachable) {
      request.log.error({ err: error });
      return reply.code(503).send(answer('SERVICE_UNAVAILABLE', 'Sign-ins cannot be checked at the moment. Try again later.'));
    }
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status < 500) return reply.code(status).send(httpError(status));
    request.log.error({ err: error });
    return reply.code(500).send(answer(INTERNAL_ERROR, 'Something went wrong on our side.', request.id));
  });
}

function httpError(status: number) {
  return answer('BAD_REQUEST', HTTP_ERRORS[status] ?? 'The request cannot be read.');
}

function answer(code: string, message: string, requestId?: string) {
  return { errors: [{ message, extensions: { code, ...(requestId && { requestId }) } }] };
}

function addHealth(server: Server, { isReady }: ServerOptions): void {
  server.get('/healthz', async () => ({ status: 'ok' }));
  server.get('/readyz', async (request, reply) => {
    try {
      await isReady();
      return { status: 'ready' };
    } catch (error) {
      request.log.error({ err: error });
      return reply.code(503).send({ status: 'not ready' });
    }
  });
}

async function addGraphql(server: Server, { schema, identify, log, playground }: ServerOptions): Promise<void> {
  const apollo = new ApolloServer<RequestContext>({
    schema,
    introspection: playground !== null,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: true,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxLexicalTokens: MAX_TOKENS },
    validationRules: [SecretsFromVariablesRule, SizeLimitRule],
    formatError: formatError(schema),
    // Apollo's own messages may quote what it was sent.
    logger: { debug: () => undefined, info: () => undefined, warn: () => log.warn('Apollo warns'), error: () => log.error('Apollo reports an error') },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      fastifyApolloDrainPlugin(server),
      maskedErrors(log),
    ],
  });
  await apollo.start();
  const handler = fastifyApolloHandler(apollo, { context: async (request) => contextOf(request) });
  const preHandler = async (request: FastifyRequest) => {
    request.viewer = await identify(request.headers.authorization);
  };
  server.route({ method: ['GET', 'POST'], url: '/graphql', preHandler, handler });
  server.route({ method: 'POST', url: '/', preHandler, handler });
}

function contextOf(request: FastifyRequest): RequestContext {
  return { viewer: request.viewer, requestId: request.id, loaders: new Loaders() };
}

/** Logs what was not raised on purpose, and gives its masked answer the request's id, by which the log line is found. */
function maskedErrors(log: FastifyBaseLogger): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async ({ contextValue: { requestId } }) => ({
      async didEncounterErrors({ errors }) {
        for (const error of errors.filter(isUnexpected)) {
          log.error({ requestId, path: error.path, err: error.originalError ?? new Error('GraphQL fault') });
        }
      },
      async willSendResponse({ response: { body } }) {
        const errors = body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
        for (const { extensions } of errors) if (extensions?.code === INTERNAL_ERROR) extensions.requestId = requestId;
      },
    }),
  };
}
