import { HeaderMap, type ApolloServerPlugin } from '@apollo/server';
import type { FastifyBaseLogger } from 'fastify';
import { getVariableValues, GraphQLError, type OperationDefinitionNode } from 'graphql';
import { ERROR_STATUS, unauthenticated, type ErrorCode } from '../../graphql/errors';
import type { ApiContext } from '../context';
import { formatError } from '../errors';
import { logFaults } from '../fault-log';

/**
 * Takes an invitation up when an operation of the person who is invited is about to run: it is valid, within
 * the limits, not refused, and its variables fit. What cannot run changes nothing. It stands behind all
 * plugins that refuse an operation, and before those that run one.
 */
export function takeUpInvitations(log: FastifyBaseLogger): ApolloServerPlugin<ApiContext> {
  return {
    requestDidStart: async () => ({
      async responseForOperation({ schema, operation, request: { variables = {} }, contextValue }) {
        const { join, requestId } = contextValue;
        // Apollo refuses a document without the operation that was named.
        const toRun = operation as OperationDefinitionNode | undefined;
        if (!join || !toRun) return null;
        if (getVariableValues(schema, toRun.variableDefinitions ?? [], variables).errors) return null;
        try {
          return (await join()) ? null : refusal(unauthenticated());
        } catch (error) {
          const fault = new GraphQLError('', { originalError: error as Error });
          logFaults(log, 'error', requestId, [fault]);
          return refusal(fault);
        }
      },
    }),
  };
}

function refusal(error: GraphQLError) {
  const formatted = formatError(false)({ message: '' }, error);
  const status = ERROR_STATUS[formatted.extensions?.code as ErrorCode];
  return {
    http: { status, headers: new HeaderMap(error.extensions.code ? [['www-authenticate', 'Bearer']] : []) },
    body: { kind: 'single' as const, singleResult: { data: null, errors: [formatted] } },
  };
}
