import { HeaderMap, type ApolloServerPlugin } from '@apollo/server';
import {
  getVariableValues,
  GraphQLError,
  OperationTypeNode,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql';
import { refusalOf } from '../guard';
import type { ApiContext } from '../context';
import { rootFields } from '../root-fields';
import { isLeftOut } from '../variables-in-use';

/**
 * Runs none of the mutations of a request when one of them is refused. A refused mutation makes the whole
 * answer null, and with it what the other mutations would have answered, such as a token that is shown once.
 */
export const refuseMutations: ApolloServerPlugin<ApiContext> = {
  requestDidStart: async () => ({
    async responseForOperation({ schema, operation, document, request: { variables = {} }, contextValue }) {
      // Apollo refuses a document without the operation that was named.
      if ((operation as OperationDefinitionNode | undefined)?.operation !== OperationTypeNode.MUTATION)
        return null;
      const refusalsOf = (isOut?: (selection: SelectionNode) => boolean) =>
        rootFields(operation.selectionSet, document, isOut).flatMap((node) => {
          const refusal = refusalOf(contextValue, node.name.value);
          return refusal ? [{ node, refusal }] : [];
        });
      if (refusalsOf().length === 0) return null;
      // What is skipped is not refused. Nothing is known to be skipped where the variables are wrong.
      const { variableDefinitions = [] } = operation;
      const { coerced } = getVariableValues(schema, variableDefinitions, variables, { maxErrors: 1 });
      const refusals = refusalsOf(coerced && ((selection) => isLeftOut(selection, coerced)));
      const [first] = refusals;
      if (!first) return null;
      const errors = refusals.map(({ node, refusal: { message, extensions } }) =>
        new GraphQLError(message, {
          nodes: node,
          path: [(node.alias ?? node.name).value],
          extensions: { code: extensions.code },
        }).toJSON(),
      );
      const { http } = first.refusal.extensions;
      return {
        http: { ...http, headers: new HeaderMap(http?.headers) },
        body: { kind: 'single', singleResult: { data: null, errors } },
      };
    },
  }),
};
