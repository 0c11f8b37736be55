import type { FastifyBaseLogger } from 'fastify';
import type { GraphQLError } from 'graphql';
import { isUnavailable } from '../database/database-errors';
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

/** In the background, a database that is away is logged once in this time. */
const AWAY_LOGGED_EVERY_MS = 10_000;

/**
 * Logs what fails in the background. While the database is away, all that is done there fails many times a
 * second, and would fill the log.
 */
export function backgroundFaults(log: (fault: { err: unknown }) => void): (error: unknown) => void {
  let awayAt = -Infinity;
  return (error) => {
    if (isUnavailable(error)) {
      if (performance.now() < awayAt + AWAY_LOGGED_EVERY_MS) return;
      awayAt = performance.now();
    }
    log({ err: error });
  };
}
