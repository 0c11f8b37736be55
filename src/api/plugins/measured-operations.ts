import type { ApolloServerPlugin } from '@apollo/server';
import { ERROR_STATUS, type ErrorCode } from '../../graphql/errors';
import type { ApiContext } from '../context';
import { classOfOperation } from './count-operations';

/** Notes for the metrics what an operation was and what came of it, but not its name: a client wrote it. */
export const measuredOperations: ApolloServerPlugin<ApiContext> = {
  requestDidStart: async ({ contextValue: { measured } }) => ({
    async didResolveOperation({ schema, operation, document }) {
      // Apollo refuses a document without the operation that was named.
      if (measured && operation) measured.operationClass = classOfOperation(schema, operation, document);
    },
    async willSendResponse({ response: { body } }) {
      if (!measured || body.kind !== 'single') return;
      const [error] = body.singleResult.errors ?? [];
      if (error) measured.code ??= codeOf(error.extensions?.code);
    },
  }),
};

function codeOf(code: unknown): ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_STATUS, code)
    ? (code as ErrorCode)
    : 'INTERNAL_SERVER_ERROR';
}
