import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HOW_TO_ASK, RETRY_AFTER, UNAVAILABLE_MESSAGE } from '../api/errors';
import { isUnavailable } from '../database/database-errors';
import { ServiceBusy } from '../database/repetition';
import { ERROR_STATUS, PublicError, type ErrorCode } from '../graphql/errors';
import { IssuerUnreachable } from '../people/identity';
import { isOpenedInBrowser, sendNothingHere } from './pages/elsewhere';

/** The largest request body that is read, in bytes. */
export const MAX_BODY_BYTES = 256 * 1024;

const REFUSALS: Readonly<Record<number, string>> = {
  400: HOW_TO_ASK,
  404: 'There is nothing here. GraphQL is at /graphql: send a POST.',
  421: 'The demo answers on this machine alone: use localhost, 127.0.0.1 or [::1] as the host.',
  415: 'Send JSON in UTF-8, without compression and with the content type application/json.',
};

/**
 * Answers errors, and requests that no route takes, in Apollo's form of errors, although Apollo was not
 * reached. Who has opened an address in a browser is told of it by a page.
 */
export function addErrorAnswers(server: FastifyInstance): void {
  server.setNotFoundHandler((request, reply) => {
    if (isOpenedInBrowser(request)) return sendNothingHere(reply);
    return refuse(reply, undecodable.has(request.raw) ? 400 : 404);
  });
  server.setErrorHandler(answerError);
}

/** Refuses a request with a status of the 400s. */
export function refuse(reply: FastifyReply, status: number): FastifyReply {
  const message = status === 413 ? tooLarge(reply) : (REFUSALS[status] ?? HOW_TO_ASK);
  return reply.code(status).send(body('BAD_REQUEST', message));
}

// Routes differ in how much they take.
function tooLarge({ request }: FastifyReply): string {
  const limit = request.routeOptions.bodyLimit;
  const advice =
    request.routeOptions.url === '/graphql' ? ' Send fewer operations, or smaller variables.' : '';
  return `The request is larger than ${limit} bytes.${advice}`;
}

function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof IssuerUnreachable) {
    request.log.error({ err: error });
    const message = 'Sign-ins cannot be checked at the moment. Try again later.';
    return unavailable(reply, message);
  }
  if (isUnavailable(error) || error instanceof ServiceBusy) {
    request.log.error({ err: error });
    return unavailable(reply, UNAVAILABLE_MESSAGE);
  }
  if (error instanceof PublicError) return sendPublic(reply, error);
  const status = error.statusCode ?? 500;
  if (status < 500) return refuse(reply, status);
  request.log.error({ err: error });
  return reply
    .code(ERROR_STATUS.INTERNAL_SERVER_ERROR)
    .send(body('INTERNAL_SERVER_ERROR', 'Something went wrong on our side.', request.id));
}

function unavailable(reply: FastifyReply, message: string): FastifyReply {
  return reply
    .code(ERROR_STATUS.SERVICE_UNAVAILABLE)
    .header('retry-after', RETRY_AFTER)
    .send(body('SERVICE_UNAVAILABLE', message));
}

function sendPublic(reply: FastifyReply, { message, extensions }: PublicError): FastifyReply {
  const { http, ...shown } = extensions;
  if (reply.request.measured) reply.request.measured.code ??= shown.code;
  return reply
    .code(ERROR_STATUS[shown.code])
    .headers(Object.fromEntries(http?.headers ?? []))
    .send({ errors: [{ message, extensions: shown }] });
}

function body(code: ErrorCode, message: string, requestId?: string) {
  return { errors: [{ message, extensions: { code, ...(requestId && { requestId }) } }] };
}

/** Requests whose address cannot be decoded. */
const undecodable = new WeakSet<IncomingMessage>();
/** An address that no route takes. */
const NOWHERE = '/-';

/**
 * Answers a request whose address cannot be decoded. Fastify lets it reach neither a route nor a hook, and
 * would quote the address. It is sent where nothing is, which gives it the headers and the log line of every
 * other answer.
 */
export function answerUndecodable(
  server: FastifyInstance,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  undecodable.add(request);
  request.url = NOWHERE;
  server.routing(request, response);
}
