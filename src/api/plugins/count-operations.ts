import type { ApolloServerPlugin } from '@apollo/server';
import { OperationTypeNode, type OperationDefinitionNode } from 'graphql';
import type { ApiContext } from '../context';
import { rootFields } from '../root-fields';

export type OperationClass = 'QUERY' | 'MUTATION' | 'KEY_OPERATION' | 'ONE_TIME_LINK';

/** Mutations that show a key to a provider, change one, open a way in for one, or spend money with one. A guard test finds those that are missing. */
export const KEY_OPERATIONS: ReadonlySet<string> = new Set([
  'setClientApiKeys',
  'setAgencyApiKeys',
  'clearClientApiKeys',
  'clearAgencyApiKeys',
  'verifyClientApiKeys',
  'verifyAgencyApiKeys',
  'previewClientApiKeyChange',
  'previewAgencyApiKeyChange',
  'handInApiKey',
  'previewKeyHandIn',
  'acceptKeyHandIn',
  'createKeyLink',
  'startTestCall',
]);

/** Counts operations of a class for a caller. Throws `RATE_LIMITED` beyond its limit. */
export interface OperationCounter {
  count(name: OperationClass, caller: string, times: number): Promise<void>;
}

/** Counts each field at the root of an operation, before any of them runs: an alias is one more. */
export function countOperations(limits: OperationCounter): ApolloServerPlugin<ApiContext> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ operation, document, contextValue: { caller } }) {
        // Apollo refuses a document without the operation that was named.
        if (!operation) return;
        const classes = rootFields(operation.selectionSet, document).map(({ name }) =>
          classOf(operation, name.value),
        );
        for (const name of new Set(classes)) {
          await limits.count(name, caller, classes.filter((each) => each === name).length);
        }
      },
    }),
  };
}

function classOf({ operation }: OperationDefinitionNode, field: string): OperationClass {
  if (operation !== OperationTypeNode.MUTATION) return 'QUERY';
  return KEY_OPERATIONS.has(field) ? 'KEY_OPERATION' : 'MUTATION';
}
