import type { FastifyBaseLogger } from 'fastify';
import type { GraphQLError } from 'graphql';
import { publicFormOf } from './errors';

/** Logs the errors that a caller does not see as they are. */
export function logFaults(
  log: FastifyBaseLogger,
  level: 'error' | 'warn',
  requestId: string,
  errors: readonly GraphQLError[],
): void {
  // The path of an error is left out: it holds aliases, which callers choose.
  for (const error of errors.filter((each) => publicFormOf(each, false) === null))
    log[level]({ requestId, err: error.originalError ?? new Error('GraphQL fault') });
}
