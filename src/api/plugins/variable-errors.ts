import type { ApolloServerPlugin } from '@apollo/server';
import type { ApiContext } from '../context';
import { explainVariableErrors } from '../variable-problems';

/** Finds out what the errors of the variables are about, before they are logged and get their public form. */
export const explainVariables: ApolloServerPlugin<ApiContext> = {
  requestDidStart: async () => ({
    async didEncounterErrors({ schema, operation, request: { variables }, errors }) {
      const ofVariables = errors.some(
        ({ path, extensions }) => path === undefined && extensions.code === 'BAD_USER_INPUT',
      );
      if (operation && ofVariables) explainVariableErrors(schema, operation, variables ?? {}, errors);
    },
  }),
};
