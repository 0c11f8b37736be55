import type { ApolloServerPlugin } from '@apollo/server';
import { OperationTypeNode } from 'graphql';
import type { ApiContext } from '../context';

/** Starts the clock of queries, when it is known that they are. */
export const limitQueryTime: ApolloServerPlugin<ApiContext> = {
  requestDidStart: async () => ({
    async didResolveOperation({ operation, contextValue: { timeLimit, loaders } }) {
      if (operation?.operation === OperationTypeNode.QUERY) timeLimit.start(() => loaders.stop());
    },
  }),
};
