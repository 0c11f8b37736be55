import type { ApolloServerPlugin } from '@apollo/server';
import type { FastifyBaseLogger } from 'fastify';
import type { ApiContext } from '../context';
import { ERROR_STATUS, type ErrorCode } from '../../graphql/errors';
import { RETRY_AFTER } from '../errors';
import { logFaults } from '../fault-log';

const INTERNAL = 'INTERNAL_SERVER_ERROR' satisfies ErrorCode;
const LATER: ReadonlySet<unknown> = new Set<ErrorCode>(['SERVICE_UNAVAILABLE', 'SERVICE_BUSY']);

/**
 * Logs what was not raised on purpose, and gives its masked answer the request's id, by which the log line is
 * found. Where the database is not there, or busy, the answer says when to try again.
 */
export function maskedErrors(log: FastifyBaseLogger): ApolloServerPlugin<ApiContext> {
  return {
    requestDidStart: async ({ contextValue: { requestId } }) => ({
      async didEncounterErrors({ errors }) {
        logFaults(log, 'error', requestId, errors);
      },
      async willSendResponse({ response: { http, body } }) {
        if (body.kind !== 'single') return;
        const { errors = [], data } = body.singleResult;
        for (const { extensions } of errors)
          if (extensions?.code === INTERNAL) extensions.requestId = requestId;
        // The status stays 200 where something was done or found: whoever repeats the whole request would do
        // that twice.
        const nothing = Object.values(data ?? {}).every((value) => value === null);
        if (nothing && errors.some(({ extensions }) => LATER.has(extensions?.code))) {
          http.status = ERROR_STATUS.SERVICE_UNAVAILABLE;
          http.headers.set('retry-after', String(RETRY_AFTER));
        }
      },
    }),
  };
}
