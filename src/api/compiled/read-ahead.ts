import {
  getArgumentValues,
  getNamedType,
  isObjectType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import type { BatchedField } from '../../access/batched-field';
import type { RequestContext } from '../../access/context';
import type { AheadRead } from '../../access/loaders';
import type { Viewer } from '../../access/viewer';
import type { Resolvers } from '../context';

type ClientField = GraphQLField<unknown, unknown>;

/** A field of clients in a document, and how it is read for all of them. */
export interface AskedOfClients {
  readonly field: ClientField;
  readonly node: FieldNode;
  readonly fields: ReadonlySet<string>;
}

/** A resolver of one field, which is read for many clients at once. */
interface Batching {
  readonly field: BatchedField<unknown>;
}
type BatchingClass = new (...services: never[]) => Batching;

const batchingResolvers = new WeakMap<ClientField, BatchingClass>();

/**
 * Lets fields of clients be read together with the clients. A promise for each field of each client, and a
 * round trip after the one that found the clients, is what a list otherwise spends most of its time on. A
 * field that was not read ahead is read by its resolver.
 */
export function readClientsAhead(
  schema: GraphQLSchema,
  batching: Readonly<Record<string, BatchingClass>>,
): void {
  const fields = clientType(schema).getFields();
  for (const [name, resolver] of Object.entries(batching)) {
    const field = fields[name] as ClientField;
    const resolve = field.resolve as NonNullable<ClientField['resolve']>;
    batchingResolvers.set(field, resolver);
    field.resolve = (client, args: object, context, info) => {
      const { loaders } = context as RequestContext;
      return (
        loaders.known(keyOf(field, args), (client as { readonly id: string }).id) ??
        resolve(client, args, context, info)
      );
    };
  }
}

/**
 * Finds what a document asks of clients in any case. What it skips or includes by a variable is left to the
 * resolvers.
 */
export function askedOfClients(schema: GraphQLSchema, document: DocumentNode): readonly AskedOfClients[] {
  const types = new TypeInfo(schema);
  const client = clientType(schema);
  const named = fieldsByType(schema, document);
  const asked: AskedOfClients[] = [];
  const enter = (node: FieldNode) => {
    if (node.directives?.length) return false;
    const field = types.getFieldDef() as ClientField | undefined;
    if (field && types.getParentType() === client && batchingResolvers.has(field))
      asked.push({ field, node, fields: named.get(shownType(field).name) ?? new Set() });
    return undefined;
  };
  visit(document, visitWithTypeInfo(types, { [Kind.FIELD]: enter }));
  return asked;
}

/** The type to which a field leads, be it by a connection. */
function shownType(field: ClientField): GraphQLNamedType {
  const type = getNamedType(field.type);
  const nodes = isObjectType(type) ? type.getFields()['nodes'] : undefined;
  return nodes ? getNamedType(nodes.type) : type;
}

// Fields are looked for everywhere, since what is read ahead answers the same field wherever it stands, also
// where the document asks more of it under a condition.
function fieldsByType(
  schema: GraphQLSchema,
  document: DocumentNode,
): ReadonlyMap<string, ReadonlySet<string>> {
  const types = new TypeInfo(schema);
  const named = new Map<string, Set<string>>();
  const enter = ({ name }: FieldNode) => {
    // Nothing is read for it.
    if (name.value === '__typename') return;
    const type = types.getParentType()?.name ?? '';
    named.set(type, (named.get(type) ?? new Set()).add(name.value));
  };
  visit(document, visitWithTypeInfo(types, { [Kind.FIELD]: enter }));
  return named;
}

/**
 * Answers how all of it is read for a viewer who may have it. Resolvers tell of arguments that do not fit.
 */
export function readsFor(
  viewer: Viewer,
  resolvers: Resolvers,
  asked: readonly AskedOfClients[],
  variables: Record<string, unknown> | undefined,
): AheadRead[] {
  const reads = new Map<string, AheadRead>();
  for (const { field, node, fields } of asked) {
    const resolver = resolvers.get(batchingResolvers.get(field));
    if (!resolver) continue;
    const batched = (resolver as Batching).field;
    const args = getArgumentValues(field, node, variables);
    const key = keyOf(field, args);
    // A document may ask for the same a hundred times, and is answered once.
    reads.set(key, { key, read: (ids) => batched.read(viewer, ids, args, fields) });
  }
  return [...reads.values()];
}

function keyOf({ name, args: declared }: ClientField, args: object): string {
  return declared.length === 0 ? name : name + JSON.stringify(args);
}

function clientType(schema: GraphQLSchema): GraphQLObjectType<unknown, unknown> {
  return schema.getType('Client') as GraphQLObjectType<unknown, unknown>;
}
