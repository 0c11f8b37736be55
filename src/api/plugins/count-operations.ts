import type { ApolloServerPlugin } from '@apollo/server';
import { OperationTypeNode, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { traitsOf, type MutationClass } from '../../audit/audited-mutation';
import type { ApiContext } from '../context';
import { rootFields } from '../root-fields';

export type OperationClass = 'QUERY' | MutationClass | 'ONE_TIME_LINK';

/** Counts operations of a class for a caller. Throws `RATE_LIMITED` beyond its limit. */
export interface OperationCounter {
  count(name: OperationClass, caller: string, times: number): Promise<void>;
}

/** Counts each field at the root of an operation, before any of them runs: an alias is one more. */
export function countOperations(limits: OperationCounter): ApolloServerPlugin<ApiContext> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ schema, operation, document, contextValue: { caller } }) {
        // Apollo refuses a document without the operation that was named.
        if (!operation) return;
        const classes = rootFields(operation.selectionSet, document).map(({ name }) =>
          classOf(schema, operation, name.value),
        );
        for (const name of new Set(classes)) {
          await limits.count(name, caller, classes.filter((each) => each === name).length);
        }
      },
    }),
  };
}

function classOf(
  schema: GraphQLSchema,
  { operation }: OperationDefinitionNode,
  field: string,
): OperationClass {
  return operation === OperationTypeNode.MUTATION
    ? (traitsOf(schema, field)?.rateClass ?? 'MUTATION')
    : 'QUERY';
}
