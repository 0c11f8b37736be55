import type { ApolloServerPlugin } from '@apollo/server';
import {
  Kind,
  OperationTypeNode,
  visit,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { traitsOfMutation } from '../../audit/audited-mutation';
import type { ApiContext } from '../context';
import type { OperationClass } from '../operation-class';
import { rootFields } from '../root-fields';
import { sizeOfOperation } from '../rules/size-limit';

/**
 * Counts operations of a class for a caller, and for its agency if it has one. It throws `RATE_LIMITED`
 * beyond the limit of the class.
 */
export interface OperationCounter {
  count(name: OperationClass, caller: string, times: number, agencyId: string | null): Promise<void>;
}

/**
 * An operation counts as one query for each started 1,000 objects that it could return. No operation may
 * return more than 100 times as many.
 */
export const OBJECTS_PER_QUERY = 1_000;

/**
 * Counts operations before any of their fields runs. Each field at the root counts once, under every alias. A
 * query that could return more than 1,000 objects for each of these fields counts once for each started 1,000
 * objects: a page counts once, and the heaviest query a hundred times. What a mutation could return beyond
 * 1,000 objects counts as queries too. An operation for which providers are asked what was said in calls
 * counts as one key operation besides, because a provider limits the requests of an account.
 */
export function countOperations(limits: OperationCounter): ApolloServerPlugin<ApiContext> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ schema, operation, document, contextValue: { caller, viewer } }) {
        // Apollo refuses a document without the operation that was named.
        if (!operation) return;
        for (const [name, times] of countsOf(schema, operation, document))
          await limits.count(name, caller, times, viewer?.agencyId ?? null);
      },
    }),
  };
}

function countsOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  document: DocumentNode,
): ReadonlyMap<OperationClass, number> {
  const fields = rootFields(operation.selectionSet, document);
  const weight = sizeOfOperation(operation) / OBJECTS_PER_QUERY;
  const counts = new Map<OperationClass, number>();
  for (const { name } of fields) {
    const ofField = classOf(schema, operation, name.value);
    counts.set(ofField, (counts.get(ofField) ?? 0) + 1);
  }
  const queries = counts.get('QUERY');
  if (queries !== undefined) counts.set('QUERY', Math.max(queries, Math.ceil(weight)));
  else if (weight >= 1) counts.set('QUERY', Math.floor(weight));
  if (asksProviders(document)) counts.set('KEY_OPERATION', (counts.get('KEY_OPERATION') ?? 0) + 1);
  return counts;
}

/** What a provider tells when it is read. */
const TOLD_BY_PROVIDERS: ReadonlySet<string> = new Set(['transcript', 'recordingUrl']);
// Documents are kept after they were parsed, so that what is known of one that comes again is here.
const askingDocuments = new WeakMap<DocumentNode, boolean>();

function asksProviders(document: DocumentNode): boolean {
  const known = askingDocuments.get(document);
  if (known !== undefined) return known;
  let asks = false;
  visit(document, { [Kind.FIELD]: ({ name }) => void (asks ||= TOLD_BY_PROVIDERS.has(name.value)) });
  askingDocuments.set(document, asks);
  return asks;
}

/** The class of a whole operation: of those of its fields, the one whose limit is the lowest. */
export function classOfOperation(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  document: DocumentNode,
): OperationClass {
  const fields = rootFields(operation.selectionSet, document);
  const classes = fields.map(({ name }) => classOf(schema, operation, name.value));
  const isMutation = operation.operation === OperationTypeNode.MUTATION;
  return classes.find((each) => each === 'KEY_OPERATION') ?? (isMutation ? 'MUTATION' : 'QUERY');
}

function classOf(
  schema: GraphQLSchema,
  { operation }: OperationDefinitionNode,
  field: string,
): OperationClass {
  return operation === OperationTypeNode.MUTATION
    ? (traitsOfMutation(schema, field)?.rateClass ?? 'MUTATION')
    : 'QUERY';
}
