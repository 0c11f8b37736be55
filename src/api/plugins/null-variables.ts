import type { ApolloServerPlugin } from '@apollo/server';
import { getVariableValues, Kind } from 'graphql';
import { ERROR_STATUS, PublicError } from '../../graphql/errors';
import type { ApiContext } from '../context';
import { strictPlaceOf } from '../rules/variable-places';
import { variablesInUse } from '../variables-in-use';

/**
 * Refuses a variable that is null where the schema does not allow it. Where such a variable has a default,
 * graphql-js finds out while it executes, when a mutation may have been done whose answer is then lost.
 */
export const refuseNullVariables: ApolloServerPlugin<ApiContext> = {
  requestDidStart: async () => ({
    async didResolveOperation({ schema, operation, document, request: { variables = {} } }) {
      // Apollo refuses a document without the operation that was named.
      const { variableDefinitions = [] } = operation ?? {};
      const isNull = (name: string) => variables[name] === null;
      // What may never be null is checked with the other types of the variables.
      const mayBeNull = variableDefinitions.filter(({ type }) => type.kind !== Kind.NON_NULL_TYPE);
      if (!operation || !mayBeNull.some(({ variable }) => isNull(variable.name.value))) return;
      const { coerced } = getVariableValues(schema, variableDefinitions, variables, { maxErrors: 1 });
      for (const use of coerced ? variablesInUse(operation, document, coerced) : []) {
        const field = isNull(use.name.value) && strictPlaceOf(use);
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
