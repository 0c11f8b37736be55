import type { ApolloServerPlugin } from '@apollo/server';

/**
 * Takes an empty name of an operation for none, as the specification of GraphQL over HTTP has it: forms and
 * tools send the parameter also where nothing was entered.
 */
export const ignoreEmptyName: ApolloServerPlugin = {
  requestDidStart: async ({ request }) => {
    if (request.operationName === '') delete request.operationName;
  },
};
