import type { ApolloServerPlugin } from '@apollo/server';
import { OperationTypeNode } from 'graphql';
import type { ApiContext } from '../context';

/** Starts the time limit of an operation once it is known that it is a query. */
export const limitQueryTime: ApolloServerPlugin<ApiContext> = {
  requestDidStart: async () => ({
    async didResolveOperation({ operation, contextValue: { timeLimit, loaders } }) {
      if (operation?.operation === OperationTypeNode.QUERY) timeLimit.start(() => loaders.stop());
    },
  }),
};
