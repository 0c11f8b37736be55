import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { maxHeaderSize } from 'node:http';
import cors from '@fastify/cors';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
} from 'fastify';
import type { Identity } from '../access/identity';
import type { Viewer } from '../access/viewer';
import type { Measured } from '../api/context';
import type { EventRefusal } from '../events/event-intake.service';
import type { TokenRefusal } from '../gateway/refusals';
import type { ErrorCode } from '../graphql/errors';
import type { SignInRefusal } from '../people/sign-in';
import type { Metrics } from '../platform/metrics';
import { isLoopbackHost, parseNetwork, sourceAddressOf } from './addresses';
import { addErrorAnswers, answerUndecodable, MAX_BODY_BYTES, refuse } from './answers';
import { followConnections } from './closing';
import { SECURITY_HEADERS } from './security-headers';

export type Server = FastifyInstance;

/**
 * Something that the server serves. It adds its routes in a scope of its own, and may set hooks and parsers
 * there.
 */
export type Route = (scope: Server) => void | Promise<void>;

export interface ServerOptions {
  readonly log: FastifyBaseLogger;
  /** The origins of frontends from which browsers may send requests. */
  readonly corsOrigins: readonly string[];
  /** The addresses and networks of the proxies whose `X-Forwarded-For` is believed. */
  readonly trustProxy: readonly string[];
  readonly routes: readonly Route[];
  /** Whether requests are answered that name this machine alone: see `isLoopbackHost`. */
  readonly loopbackOnly: boolean;
  /** Null where nothing is measured. */
  readonly metrics: Metrics | null;
}

/** The time to receive a whole request, in milliseconds. */
export const REQUEST_TIMEOUT_MS = 30_000;
const CHECKED_EVERY_MS = 1_000;

declare module 'fastify' {
  interface FastifyInstance {
    /** How many requests are not answered yet. */
    readonly openRequests: () => number;
  }
  interface FastifyRequest {
    /** Who is asking, where a route has found out. */
    viewer: Viewer | null;
    /** The address that asks, as `sourceAddressOf` finds it. Fastify's own `ip` knows of no proxy. */
    sourceAddress: string;
    /** Who signed in at the issuer, whether or not an agency knows them. */
    identity: Identity | null;
    /** Why nobody is signed in; for the log alone. */
    signInRefusal: SignInRefusal | TokenRefusal | null;
    /** Why an event of a provider was refused; for the log alone. */
    eventRefusal: EventRefusal | null;
    /** Null where nothing is measured. */
    measured: Measured | null;
  }
}

// No route has a schema of Fastify's. By itself, Fastify loads two compilers of schemas at each start.
function noSchemas(): never {
  throw new Error('Routes have no schemas here');
}

/** The HTTP server: what all answers have in common, and the routes that it is given. */
export async function createServer({
  log,
  corsOrigins,
  trustProxy,
  routes,
  loopbackOnly,
  metrics,
}: ServerOptions): Promise<Server> {
  const server: Server = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Node looks for slow requests twice a minute by itself, so that they could take twice as long. Of the
    // two limits, it gives the longer one to the body, whichever it is.
    http: { connectionsCheckingInterval: CHECKED_EVERY_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    genReqId: () => randomUUID(),
    // A link that is too long reaches its route, and is answered like every other that does not open. Node
    // limits the header's size.
    routerOptions: { maxParamLength: maxHeaderSize },
    frameworkErrors: (_error, { raw }, reply) => {
      answerUndecodable(server, raw, reply.raw);
    },
    // Node calls this for malformed and for slow requests, and leaves closing the connection to us.
    clientErrorHandler: ({ code }, socket) => {
      log.info({ code }, 'A connection does not speak HTTP, or not in time');
      if (socket.writable) socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      socket.destroy();
    },
  });
  server.removeContentTypeParser(['text/plain', JSON_TYPE]);
  readJsonInUtf8(server);
  server.decorateRequest('viewer', null);
  server.decorateRequest('identity', null);
  server.decorateRequest('signInRefusal', null);
  server.decorateRequest('eventRefusal', null);
  server.decorateRequest('sourceAddress', '');
  server.decorateRequest('measured', null);
  addHooks(server, trustProxy);
  if (metrics) measure(server, metrics);
  if (loopbackOnly) refuseOtherHosts(server);
  if (corsOrigins.length > 0) await allowOrigins(server, corsOrigins);
  addErrorAnswers(server);
  for (const route of routes) await server.register(scopeOf(route));
  return server;
}

const JSON_TYPE = 'application/json';
/** ASCII is a part of UTF-8, and an empty charset says nothing. */
const UTF_8 = /^(utf-?8|us-ascii)?$/i;

/** Whether a body has to be decompressed. None is: a few bytes would fill the memory. */
export function isCompressed({ headers }: FastifyRequest): boolean {
  const { 'content-encoding': encoding = '' } = headers;
  return encoding !== '' && encoding.toLowerCase() !== 'identity';
}

// Fastify would put a replacement character in the place of what is not UTF-8, and it would be stored.
function readJsonInUtf8(server: Server): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  const refusal = (statusCode: number) => Object.assign(new Error('The body is not UTF-8'), { statusCode });
  server.addContentTypeParser<Buffer>(JSON_TYPE, { parseAs: 'buffer' }, (request, body, done) => {
    const [, charset = ''] =
      /;\s*charset\s*=\s*["']?([^\s;"']*)/i.exec(request.headers['content-type'] ?? '') ?? [];
    if (!UTF_8.test(charset) || isCompressed(request)) done(refusal(415));
    else if (!isUtf8(body)) done(refusal(400));
    else void parse(request, body.toString(), done);
  });
}

// Fastify looks for the name of a plugin that has none among all modules that are loaded.
function scopeOf(route: Route) {
  return Object.assign(async (scope: Server) => route(scope), {
    [Symbol.for('fastify.display-name')]: 'route',
  });
}

// By DNS rebinding, a page elsewhere gets a name that leads to this machine: what it loads from here is of
// its own origin, and it may read it.
function refuseOtherHosts(server: Server): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (isLoopbackHost(request.headers.host)) done();
    else void refuse(reply, 421);
  });
}

async function allowOrigins(server: Server, corsOrigins: readonly string[]): Promise<void> {
  await server.register(cors, {
    origin: [...corsOrigins],
    methods: ['GET', 'POST'],
    allowedHeaders: [
      // A long or unusual one is asked for as well.
      'accept',
      'authorization',
      'content-type',
      'apollo-require-preflight',
      'if-range',
      'latchkey-agency',
      'range',
      'x-apollo-operation-name',
      // Nothing reads these. Without leave, browsers would not send the requests of whoever has set a name in
      // Apollo Client, or traces requests with OpenTelemetry or Sentry.
      'apollographql-client-name',
      'apollographql-client-version',
      'baggage',
      'sentry-trace',
      'traceparent',
      'tracestate',
    ],
    exposedHeaders: ['accept-ranges', 'content-range', 'etag', 'retry-after', 'x-request-id'],
    maxAge: 600,
  });
}

// Hooks call back instead of returning a promise: each promise delays every request by one more turn of the
// event loop.
function addHooks(server: Server, trustProxy: readonly string[]): void {
  const trusted = trustProxy.map(parseNetwork).filter((network) => network !== null);
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers({ ...SECURITY_HEADERS, 'x-request-id': request.id });
    const { 'x-forwarded-for': forwardedFor } = request.headers;
    request.sourceAddress = sourceAddressOf(
      request.socket.remoteAddress,
      String(forwardedFor ?? ''),
      trusted,
    );
    done();
  });
  // A connection that stays open after its last answer would keep the process from ending.
  let closing = false;
  const { openRequests, cutOffUnused } = followConnections(server.server);
  server.decorate('openRequests', openRequests);
  server.addHook('preClose', (done) => {
    closing = true;
    cutOffUnused();
    done();
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close');
    // Bytes are sent rather than a text, which would be read once for its length and once more to be sent.
    done(null, typeof payload === 'string' ? Buffer.from(payload) : payload);
  });
  // The route's pattern is logged, and not the address that was asked for: people paste keys into addresses
  // too.
  server.addHook('onResponse', (request, reply, done) => {
    request.log.info({
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
      agencyId: request.viewer?.agencyId,
      ...(hasReason(request) && { signInRefused: request.signInRefusal }),
      ...(request.eventRefusal && { eventRefused: request.eventRefusal }),
    });
    done();
  });
}

// Health checks, pages and requests that hold no operation that runs are of the class `OTHER`.
function measure(server: Server, metrics: Metrics): void {
  server.addHook('onRequest', (request, _reply, done) => {
    request.measured = { operationClass: null, code: null };
    done();
  });
  server.addHook('onResponse', ({ measured }, reply, done) => {
    const outcome = measured?.code ?? outcomeOf(reply.statusCode);
    metrics.request({ class: measured?.operationClass ?? 'OTHER', outcome }, reply.elapsedTime / 1000);
    done();
  });
}

function outcomeOf(status: number): ErrorCode | 'OK' {
  if (status < 400) return 'OK';
  if (status === 429) return 'RATE_LIMITED';
  if (status === 503) return 'SERVICE_UNAVAILABLE';
  return status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR';
}

// A request without a token was not refused: its sender did not try to sign in.
function hasReason({ signInRefusal }: FastifyRequest): boolean {
  return signInRefusal !== null && signInRefusal !== 'NO_TOKEN';
}
