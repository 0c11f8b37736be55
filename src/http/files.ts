import type { FastifyRequest } from 'fastify';
import { bearerDigest } from '../access/bearer';
import type { Origin, Viewer } from '../access/viewer';
import { PublicError, unauthenticated, type ErrorCode } from '../graphql/errors';
import type { Credentials, SignInOutcome } from '../people/sign-in';
import { callerOf, type RateLimits } from './rate-limits';
import type { Server } from './server';

/** What it takes to hand out files to whoever may ask GraphQL for what is in them. */
export interface FileOptions {
  readonly identify: (credentials: Credentials, origin: Origin) => Promise<SignInOutcome>;
  readonly rateLimits: RateLimits;
}

/** Finds out who asks for a file, and counts the request. Throws `UNAUTHENTICATED` and `RATE_LIMITED`. */
export async function admit({ identify, rateLimits }: FileOptions, request: FastifyRequest): Promise<Viewer> {
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

/** Gives a status to errors that stand beside others in an answer of GraphQL, and are all of it here. */
export function answerErrors(scope: Server, statuses: Readonly<Partial<Record<ErrorCode, number>>>): void {
  scope.setErrorHandler((error, request, reply) => {
    const status = error instanceof PublicError ? statuses[error.extensions.code] : undefined;
    if (status === undefined || !(error instanceof PublicError)) throw error;
    const { message, extensions } = error;
    if (request.measured) request.measured.code ??= extensions.code;
    return reply.code(status).send({ errors: [{ message, extensions }] });
  });
}
