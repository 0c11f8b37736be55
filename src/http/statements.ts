import type { FastifyReply, FastifyRequest } from 'fastify';
import { bearerDigest } from '../access/bearer';
import type { Origin, Viewer } from '../access/viewer';
import { csvOf } from '../billing/statement-csv';
import type { Stated, StatementService } from '../billing/statement.service';
import { PublicError, unauthenticated, type ErrorCode } from '../graphql/errors';
import type { Credentials, SignInOutcome } from '../people/sign-in';
import { isDay } from '../platform/calendar';
import { refuse } from './answers';
import { sendStatement } from './pages/statement';
import { callerOf, type RateLimits } from './rate-limits';
import type { Route } from './server';

export interface StatementOptions {
  readonly identify: (credentials: Credentials, origin: Origin) => Promise<SignInOutcome>;
  readonly rateLimits: RateLimits;
  readonly statements: StatementService;
}

/** Errors that stand in an answer of GraphQL beside others, and are the whole answer here. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = { FORBIDDEN: 403, BAD_USER_INPUT: 400 };
const NUMBER = /^[1-9]\d{0,9}$/;

interface StatementRoute {
  Params: { number: string };
  Querystring: { clientId?: unknown; from?: unknown; to?: unknown };
}

/**
 * Statements as files: `<number>.csv` and, to be printed, `<number>.html`. `draft` in place of a number
 * stands for the draft of a client and a period that the query names.
 */
export function statements(options: StatementOptions): Route {
  return (scope) => {
    scope.setErrorHandler((error, request, reply) => {
      const status = error instanceof PublicError ? STATUS[error.extensions.code] : undefined;
      if (status === undefined || !(error instanceof PublicError)) throw error;
      const { message, extensions } = error;
      if (request.measured) request.measured.code ??= extensions.code;
      return reply.code(status).send({ errors: [{ message, extensions }] });
    });
    const route = (ending: string, send: (reply: FastifyReply, stated: Stated) => FastifyReply) =>
      scope.get<StatementRoute>(`/statements/:number.${ending}`, async (request, reply) => {
        const viewer = await admit(options, request);
        const stated = await find(options.statements, viewer, request.params.number, request.query);
        return stated ? send(reply.header('cache-control', 'no-store'), stated) : refuse(reply, 404);
      });
    route('csv', sendCsv);
    route('html', sendStatement);
  };
}

async function find(
  statements: StatementService,
  viewer: Viewer,
  number: string,
  { clientId, from, to }: StatementRoute['Querystring'],
): Promise<Stated | null> {
  if (number !== 'draft') return NUMBER.test(number) ? statements.findByNumber(viewer, Number(number)) : null;
  const isPeriod = typeof from === 'string' && typeof to === 'string' && isDay(from) && isDay(to);
  return isPeriod && typeof clientId === 'string' ? statements.find(viewer, clientId, { from, to }) : null;
}

function sendCsv(reply: FastifyReply, stated: Stated): FastifyReply {
  const { number, from, to } = stated.form;
  const name = number === null ? `draft-${from}-${to}` : `statement-${number}`;
  return reply
    .header('content-disposition', `attachment; filename="${name}.csv"`)
    .type('text/csv; charset=utf-8')
    .send(csvOf(stated));
}

async function admit({ identify, rateLimits }: StatementOptions, request: FastifyRequest): Promise<Viewer> {
  const { authorization, 'latchkey-agency': agencyId } = request.headers;
  const credentials = {
    authorization,
    agencyId: typeof agencyId === 'string' ? agencyId : undefined,
    mayJoin: false,
  };
  const { id: requestId, sourceAddress } = request;
  const origin = { requestId, sourceAddress, tokenDigest: () => bearerDigest(authorization) };
  const { viewer, refusal } = await identify(credentials, origin);
  request.viewer = viewer;
  request.signInRefusal = refusal;
  await rateLimits.count('REQUEST', callerOf(viewer, sourceAddress), 1, viewer?.agencyId ?? null);
  if (!viewer) throw unauthenticated();
  return viewer;
}
