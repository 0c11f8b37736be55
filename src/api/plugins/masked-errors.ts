import type { ApolloServerPlugin } from '@apollo/server';
import type { FastifyBaseLogger } from 'fastify';
import type { ApiContext } from '../context';
import { INTERNAL_ERROR } from '../errors';
import { logFaults } from '../fault-log';

/** Logs what was not raised on purpose, and gives its masked answer the request's id, by which the log line is found. */
export function maskedErrors(log: FastifyBaseLogger): ApolloServerPlugin<ApiContext> {
  return {
    requestDidStart: async ({ contextValue: { requestId } }) => ({
      async didEncounterErrors({ errors }) {
        logFaults(log, 'error', requestId, errors);
      },
      async willSendResponse({ response: { body } }) {
        const errors = body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
        for (const { extensions } of errors)
          if (extensions?.code === INTERNAL_ERROR) extensions.requestId = requestId;
      },
    }),
  };
}
