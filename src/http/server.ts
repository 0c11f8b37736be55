import { randomUUID } from 'node:crypto';
import { IncomingMessage, maxHeaderSize, ServerResponse, type OutgoingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import cors from '@fastify/cors';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { GraphQLSchema } from 'graphql';
import helmet from 'helmet';
import type { Origin, Viewer } from '../access/viewer';
import { createApollo } from '../api/apollo';
import type { ApiContext } from '../api/context';
import { INTERNAL_ERROR } from '../api/errors';
import { TimeLimit } from '../api/time-limit';
import { PublicError } from '../graphql/errors';
import { Loaders } from '../graphql/loaders';
import type { KeyLinkFormService } from '../intake/key-link-form.service';
import { IssuerUnreachable } from '../people/identity';
import type { Credentials, SignInOutcome, SignInRefusal } from '../people/sign-in';
import { serveKeyLinks } from './pages/key-link';
import { servePlayground, type PlaygroundTokens } from './pages/playground';
import { callerOf, RateLimits, type PerMinute } from './rate-limits';
import type { TrustedDocuments } from './trusted-documents';

export type Server = FastifyInstance;

/** What an operator decides about the endpoint. */
export interface HttpOptions {
  /** Origins of the frontends that browsers may let in. */
  readonly corsOrigins: readonly string[];
  /** Addresses of the proxies whose `X-Forwarded-For` is believed. */
  readonly trustProxy: readonly string[];
  readonly perMinute: PerMinute;
  readonly queryTimeoutMs: number;
  /** Null: every document runs that fits the schema and the limits. */
  readonly trustedDocuments: TrustedDocuments | null;
}

export interface ServerOptions {
  readonly http: HttpOptions;
  readonly schema: GraphQLSchema;
  /** Throws `IssuerUnreachable` when it cannot tell. */
  readonly identify: (credentials: Credentials, origin: Origin) => Promise<SignInOutcome>;
  /** Why sign-ins could not be checked when the issuer was last asked, or null. */
  readonly issuerProblem: () => string | null;
  /** Throws when requests cannot be served. */
  readonly isReady: () => Promise<unknown>;
  readonly log: FastifyBaseLogger;
  readonly keyLinks: KeyLinkFormService;
  /** The run of a query at which it is compiled. */
  readonly compiledFromRun: number;
  /** Null: no playground, and no introspection. */
  readonly playground: PlaygroundTokens | null;
}

/** Largest request body, in bytes. */
const MAX_BODY_BYTES = 256 * 1024;
/** Node's own limit. */
const MAX_HEADER_BYTES = maxHeaderSize;
/** Time to receive a whole request, in milliseconds. */
export const REQUEST_TIMEOUT_MS = 30_000;

declare module 'fastify' {
  interface FastifyRequest {
    viewer: Viewer | null;
    /** Why nobody is signed in; for the log alone. */
    signInRefusal: SignInRefusal | null;
    timeLimit: TimeLimit;
  }
}

export async function createServer(options: ServerOptions): Promise<Server> {
  const server: Server = Fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: [...options.http.trustProxy],
    genReqId: () => randomUUID(),
    // Longer links reach their route, too, and are answered like every other that does not open. Node bounds the header.
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
    frameworkErrors: (_error, { raw }, reply) => {
      answerWhereNothingIs(server, raw, reply.raw);
    },
    // Node hands over what is malformed and what takes too long alike, and leaves it to us to let go of the connection.
    clientErrorHandler: ({ code }, socket) => {
      options.log.info({ code }, 'A connection does not speak HTTP, or not in time');
      if (socket.writable) socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      socket.destroy();
    },
  });
  server.removeContentTypeParser('text/plain');
  server.decorateRequest('viewer', null);
  server.decorateRequest('signInRefusal', null);
  addHooks(server);
  if (options.http.corsOrigins.length > 0) await allowOrigins(server, options.http.corsOrigins);
  addErrorAnswers(server);
  addHealth(server, options);
  const rateLimits = new RateLimits(options.http.perMinute);
  await addGraphql(server, options, rateLimits);
  await serveKeyLinks(server, options.keyLinks, rateLimits);
  if (options.playground) await servePlayground(server, options.playground);
  return server;
}

/** Requests whose address cannot be decoded. */
const undecodable = new WeakSet<IncomingMessage>();
const NOWHERE = '/-';

// Fastify lets an address that it cannot decode reach neither a route nor a hook, and would quote it. It is sent where nothing is, which
// gives it the headers and the log line of every other answer.
function answerWhereNothingIs(server: Server, request: IncomingMessage, response: ServerResponse): void {
  undecodable.add(request);
  request.url = NOWHERE;
  server.routing(request, response);
}

// An API has nothing to show: whatever a browser takes for a page may load nothing. The playground has a policy of its own.
function securityHeaders(): OutgoingHttpHeaders {
  const protect = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
  });
  // They are the same for all requests, and made once.
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  protect(request, response, () => undefined);
  return response.getHeaders();
}

async function allowOrigins(server: Server, corsOrigins: readonly string[]): Promise<void> {
  await server.register(cors, {
    origin: [...corsOrigins],
    methods: ['GET', 'POST'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'apollo-require-preflight',
      'latchkey-agency',
      'x-apollo-operation-name',
    ],
    exposedHeaders: ['retry-after', 'x-request-id'],
    maxAge: 600,
  });
}

// Hooks call back instead of returning a promise: each promise delays every request by one more turn.
function addHooks(server: Server): void {
  const headers = { ...securityHeaders(), 'cache-control': 'no-store' };
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers({ ...headers, 'x-request-id': request.id });
    done();
  });
  // A connection that stays open after its last answer would keep the process from ending.
  let closing = false;
  server.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close');
    // As bytes: a text is read once for its length and once more to be sent.
    done(null, typeof payload === 'string' ? Buffer.from(payload) : payload);
  });
  // The route's pattern, not the address that was asked for: people paste keys into addresses too.
  server.addHook('onResponse', (request, reply, done) => {
    request.log.info({
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
      agencyId: request.viewer?.agencyId,
      ...(hasReason(request) && { signInRefused: request.signInRefusal }),
    });
    done();
  });
}

// A request without a token was not refused: its sender did not try to sign in.
function hasReason({ signInRefusal }: FastifyRequest): boolean {
  return signInRefusal !== null && signInRefusal !== 'NO_TOKEN';
}

const HTTP_ERRORS: Readonly<Record<number, string>> = {
  400: 'This is not a GraphQL request.',
  404: 'There is nothing here. GraphQL is at /graphql.',
  413: `The request is larger than ${MAX_BODY_BYTES} bytes.`,
  415: 'Send JSON, with the content type application/json.',
};

function addErrorAnswers(server: Server): void {
  server.setNotFoundHandler(({ raw }, reply) => {
    const status = undecodable.has(raw) ? 400 : 404;
    return reply.code(status).send(httpError(status));
  });
  server.setErrorHandler((error, request, reply) => {
    if (error instanceof IssuerUnreachable) {
      request.log.error({ err: error });
      return reply
        .code(503)
        .send(answer('SERVICE_UNAVAILABLE', 'Sign-ins cannot be checked at the moment. Try again later.'));
    }
    if (error instanceof PublicError) return sendPublic(reply, error);
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status < 500) return reply.code(status).send(httpError(status));
    request.log.error({ err: error });
    return reply.code(500).send(answer(INTERNAL_ERROR, 'Something went wrong on our side.', request.id));
  });
}

// In Apollo's form of errors, also where Apollo was not reached.
function sendPublic(
  reply: FastifyReply,
  { message, extensions: { http, ...extensions } }: PublicError,
): FastifyReply {
  const { status = 400, headers = new Map<string, string>() } = http as {
    status?: number;
    headers?: Map<string, string>;
  };
  return reply
    .code(status)
    .headers(Object.fromEntries(headers))
    .send({ errors: [{ message, extensions }] });
}

function httpError(status: number) {
  return answer('BAD_REQUEST', HTTP_ERRORS[status] ?? 'The request cannot be read.');
}

function answer(code: string, message: string, requestId?: string) {
  return { errors: [{ message, extensions: { code, ...(requestId && { requestId }) } }] };
}

function addHealth(server: Server, { isReady, issuerProblem }: ServerOptions): void {
  server.get('/healthz', async () => ({ status: 'ok' }));
  server.get('/readyz', async (request, reply) => {
    try {
      await isReady();
      // Without the issuer service tokens and one-time links still work: it is told, and takes no instance out of service.
      const problem = issuerProblem();
      return { status: 'ready', ...(problem !== null && { signIn: problem }) };
    } catch (error) {
      request.log.error({ err: error });
      return reply.code(503).send({ status: 'not ready' });
    }
  });
}

/** As Apollo's handler sends it. */
interface TextReply {
  Reply: string;
}

async function addGraphql(server: Server, options: ServerOptions, rateLimits: RateLimits): Promise<void> {
  const { queryTimeoutMs, trustedDocuments } = options.http;
  const { schema, log, playground, compiledFromRun } = options;
  const apollo = createApollo({
    schema,
    log,
    introspection: playground !== null,
    compiledFromRun,
    limits: rateLimits,
  });
  await apollo.start();
  server.decorateRequest('timeLimit');
  const answerWithApollo = fastifyApolloHandler(apollo, { context: async (request) => contextOf(request) });
  const preHandler = async (request: FastifyRequest, reply: FastifyReply) => {
    // Apollo's integration makes an address of the host that the request names, and fails where none can be made.
    if (!URL.canParse(request.url, `${request.protocol}://${request.hostname}/`))
      return reply.code(400).send(httpError(400));
    const { authorization, 'latchkey-agency': agencyId } = request.headers;
    const credentials = { authorization, agencyId: typeof agencyId === 'string' ? agencyId : undefined };
    const count = () => rateLimits.count('REQUEST', callerOf(request.viewer, request.ip));
    try {
      const outcome = await options.identify(credentials, {
        requestId: request.id,
        sourceAddress: request.ip,
      });
      request.viewer = outcome.viewer;
      request.signInRefusal = outcome.refusal;
    } catch (error) {
      // Asking an issuer that does not answer takes more than any other request.
      await count();
      throw error;
    }
    await count();
    trustedDocuments?.admit(request);
    return undefined;
  };
  const handler = async (request: FastifyRequest<TextReply>, reply: FastifyReply<TextReply>) => {
    request.timeLimit = new TimeLimit(queryTimeoutMs);
    return request.timeLimit.hold(Promise.resolve(answerWithApollo.call(server, request, reply)));
  };
  server.route<TextReply>({ method: ['GET', 'POST'], url: '/graphql', preHandler, handler });
  server.route<TextReply>({ method: 'POST', url: '/', preHandler, handler });
}

function contextOf(request: FastifyRequest): ApiContext {
  return {
    viewer: request.viewer,
    requestId: request.id,
    loaders: new Loaders(),
    caller: callerOf(request.viewer, request.ip),
    timeLimit: request.timeLimit,
  };
}
