import type { ApolloServerPlugin } from '@apollo/server';
import { Kind } from 'graphql';
import { ERROR_STATUS, PublicError } from '../../graphql/errors';
import type { ApiContext } from '../context';
import { strictPlaceOfVariable } from '../rules/variable-places';

/**
 * Refuses a variable that is null where the schema does not allow it. Where such a variable has a default,
 * graphql-js finds out while it executes, when a mutation may have been done whose answer is then lost.
 */
export const refuseNullVariables: ApolloServerPlugin<ApiContext> = {
  requestDidStart: async () => ({
    async didResolveOperation({ operation, request: { variables } }) {
      // Apollo refuses a document without the operation that was named.
      for (const definition of operation?.variableDefinitions ?? []) {
        // What may never be null is checked with the other types of the variables.
        if (definition.type.kind === Kind.NON_NULL_TYPE) continue;
        if (variables?.[definition.variable.name.value] !== null) continue;
        const field = strictPlaceOfVariable(definition);
        if (field)
          throw new PublicError('A variable is null where the schema does not allow it.', {
            code: 'BAD_USER_INPUT',
            field,
            http: { status: ERROR_STATUS.BAD_USER_INPUT },
          });
      }
    },
  }),
};
