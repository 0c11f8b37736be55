import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RETRY_AFTER } from '../api/errors';
import { isUnavailable } from '../database/database-errors';
import { ServiceBusy } from '../database/repetition';
import type { GatewayAnswer, GatewayRequest } from '../gateway/gateway-request';
import type { CountRequest, GatewayService } from '../gateway/gateway.service';
import { GatewayRefusal, REASON_HEADER, TokenRefused } from '../gateway/refusals';
import { MAX_UPLOAD_BYTES } from '../gateway/request-body';
import { readTarget, type Target } from '../gateway/target';
import { PublicError } from '../graphql/errors';
import { refuse } from './answers';
import { callerOf, type RateLimits } from './rate-limits';
import type { Route } from './server';

/** So long nothing may move in an answer before its connection is cut. */
const STALLED_MS = 60_000;

/** Serves the gateway, below which each provider has its own paths. */
export function gateway(service: GatewayService, rateLimits: RateLimits): Route {
  const count: CountRequest = ({ id, agencyId }) =>
    rateLimits.count('GATEWAY', `GATEWAY_TOKEN ${id}`, 1, agencyId);
  return (scope) => {
    // Bodies are passed on as they came, whatever type they are said to have.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    scope.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url: '/gateway/*',
      exposeHeadRoute: false,
      handler: (request, reply) => serve(service, count, rateLimits, request, reply),
    });
  };
}

async function serve(
  service: GatewayService,
  count: CountRequest,
  rateLimits: RateLimits,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  // The target is read as it was sent: the router has decoded it.
  const target = readTarget(request.raw.url ?? '');
  if (!target) return refuse(reply, 404);
  if (request.measured) request.measured.operationClass = 'GATEWAY';
  try {
    send(reply, await service.pass(requestOf(request, reply, target), count));
  } catch (error) {
    sendRefusal(request, reply, target, await refusalOf(error, request, rateLimits));
  }
  return reply;
}

function requestOf(
  { raw, id, sourceAddress }: FastifyRequest,
  reply: FastifyReply,
  target: Target,
): GatewayRequest {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return {
    method: raw.method ?? '',
    target,
    header: (name) => headerOf(raw, name),
    body: bodyOf(raw),
    origin: { requestId: id, sourceAddress },
    signal: gone.signal,
  };
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** These headers decide what a request means. Whoever sends one of them twice is not understood. */
const ONCE = ['host', 'authorization', 'content-length', 'content-type', 'transfer-encoding'];

/** Throws for a request that others could read in another way. */
function bodyOf(raw: IncomingMessage): IncomingMessage | null {
  const { rawHeaders, headers } = raw;
  const names = rawHeaders.filter((_name, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const isTwice = ONCE.some((once) => names.filter((name) => name === once).length > 1);
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  const isBoth = length !== undefined && coding !== undefined;
  const isOdd =
    raw.httpVersionMajor !== 1 ||
    (coding !== undefined && coding !== 'chunked') ||
    headers.upgrade !== undefined;
  if (isTwice || isBoth || isOdd) throw new GatewayRefusal('MALFORMED_REQUEST');
  if (Number(length ?? 0) > MAX_UPLOAD_BYTES) throw new GatewayRefusal('BODY_TOO_LARGE');
  return coding === undefined && Number(length ?? 0) === 0 ? null : raw;
}

function send(reply: FastifyReply, { status, headers, body, undelivered }: GatewayAnswer): FastifyReply {
  if (undelivered)
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) undelivered().catch((err: unknown) => reply.log.error({ err }));
    });
  // A client that does not read on would keep a connection to the provider for ever.
  if (!Buffer.isBuffer(body)) reply.raw.setTimeout(STALLED_MS, () => reply.raw.destroy());
  reply.code(status).headers(headers);
  return status === 204 ? reply.send() : reply.send(body);
}

/** Requests without a good token are counted by the network that sends them. */
async function refusalOf(
  error: unknown,
  request: FastifyRequest,
  rateLimits: RateLimits,
): Promise<GatewayRefusal> {
  if (!(error instanceof TokenRefused)) return toRefusal(error, request);
  request.signInRefusal = error.refusal;
  return rateLimits.count('GATEWAY', callerOf(null, request.sourceAddress)).then(() => error, toRefusal);
}

function toRefusal(error: unknown, request?: FastifyRequest): GatewayRefusal {
  if (error instanceof GatewayRefusal) return error;
  if (error instanceof PublicError) {
    const headers = Object.fromEntries(error.extensions.http?.headers ?? []);
    return new GatewayRefusal('RATE_LIMITED', null, headers);
  }
  if (isUnavailable(error) || error instanceof ServiceBusy) {
    request?.log.error({ err: error });
    return new GatewayRefusal('UNAVAILABLE', null, { 'retry-after': String(RETRY_AFTER) });
  }
  throw error;
}

function sendRefusal(
  request: FastifyRequest,
  reply: FastifyReply,
  { provider }: Target,
  refusal: GatewayRefusal,
): FastifyReply {
  const { status, body } = refusal.answer(provider.table);
  if (request.measured) request.measured.code ??= refusal.reason;
  // The rest of a body that was not read is not waited for.
  if (!request.raw.complete) reply.header('connection', 'close');
  return reply
    .code(status)
    .headers({ [REASON_HEADER]: refusal.reason, ...refusal.headers })
    .type('application/json')
    .send(JSON.stringify(body));
}
