import {
  execute,
  getNamedType,
  GraphQLError,
  isInputObjectType,
  isNonNullType,
  isSpecifiedScalarType,
  Kind,
  OperationTypeNode,
  typeFromAST,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type ExecutionResult,
  type FragmentSpreadNode,
  type GraphQLSchema,
  type InlineFragmentNode,
  type NamedTypeNode,
  type OperationDefinitionNode,
} from 'graphql';
import type { CompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import { refusalOf } from './access';
import type { HttpContext } from './http-context';
import { askedOfClients, readsFor, type AskedOfClients } from './read-ahead';
import { rootFields } from './rate-limits';

/** The run of a document at which it is compiled. Compiling takes as long as some tens of runs: what is asked once is not worth it. */
export const COMPILED_FROM_RUN = 5;
/** Compiled documents in memory, some tens of kilobytes each. */
const MAX_COMPILED = 200;

/** What Apollo hands to whoever executes. `operation` is missing where the document has none of the name that was asked for. */
export interface OperationToRun {
  readonly document: DocumentNode;
  readonly queryHash: string;
  readonly operation?: OperationDefinitionNode | undefined;
  /** An `HttpContext`. */
  readonly context: object;
  readonly request: { readonly operationName?: string | undefined; readonly variables?: Record<string, unknown> | undefined };
}

export type Executor = (run: OperationToRun) => Promise<ExecutionResult>;

interface Compiled {
  readonly run: CompiledQuery['query'];
  readonly asked: readonly AskedOfClients[];
}

interface Known {
  runs: number;
  /** Null: not to be compiled. */
  compiled: Compiled | null | undefined;
}

/**
 * Runs validated operations: by graphql-js, and queries that come again and again as functions that graphql-jit has made of them. Both
 * call the same guarded resolvers. Mutations, which carry keys, are graphql-js's alone.
 */
export function createExecutor(schema: GraphQLSchema, compiledFromRun: number): Executor {
  const known = new LRUCache<string, Known>({ max: MAX_COMPILED });

  const compiledFor = async ({ document, queryHash, operation }: OperationToRun): Promise<Compiled | null> => {
    if (operation?.operation !== OperationTypeNode.QUERY) return null;
    const key = `${queryHash} ${operation.name?.value ?? ''}`;
    const entry = known.get(key) ?? { runs: 0, compiled: undefined };
    known.set(key, entry);
    entry.runs += 1;
    if (entry.compiled === undefined && entry.runs >= compiledFromRun) entry.compiled = await compile(schema, document, operation);
    return entry.compiled ?? null;
  };

  const interpret = async ({ document, context, request: { operationName, variables } }: OperationToRun) =>
    execute({ schema, document, contextValue: context, variableValues: variables, operationName });

  return async (run) => {
    const refusals = refusalsOfMutations(run);
    if (refusals.length > 0) return { data: null, errors: refusals };
    const { viewer, loaders } = run.context as HttpContext;
    // Strangers do not choose what is compiled.
    const compiled = viewer && (await compiledFor(run));
    if (!compiled) return interpret(run);
    const { variables } = run.request;
    loaders.expect(readsFor(viewer, compiled.asked, variables));
    const result = await compiled.run(undefined, run.context, variables);
    // Nothing ran, since a variable is not of its type. What to say of that is graphql-js's.
    if (result.data === undefined) return interpret(run);
    return result.errors ? { ...result, errors: result.errors.map(asGraphql) } : result;
  };
}

// A field that is refused takes the whole answer along, and with it what other mutations have done and made: none of them is run then.
function refusalsOfMutations({ operation, document, context }: OperationToRun): GraphQLError[] {
  if (operation?.operation !== OperationTypeNode.MUTATION) return [];
  const { viewer } = context as HttpContext;
  return rootFields(operation.selectionSet, document).flatMap((node) => {
    const refusal = refusalOf(viewer, 'Mutation', node.name.value);
    return refusal ? [new GraphQLError(refusal.message, { nodes: node, path: [(node.alias ?? node.name).value], originalError: refusal })] : [];
  });
}

async function compile(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Promise<Compiled | null> {
  if (!isPlain(schema, document)) return null;
  // Loaded when something is to be compiled: it takes a tenth of the time of a start.
  const { compileQuery, isCompiledQuery } = await import('graphql-jit');
  const compiled = compileQuery(schema, document, operation.name?.value);
  return isCompiledQuery(compiled) ? { run: compiled.query, asked: askedOfClients(schema, document) } : null;
}

/**
 * Whether the compiler makes of a document what graphql-js would. Not so of these, all of them rare: introspection; names like `__proto__`,
 * which in an object literal are none; defaults of variables that a scalar of ours would read, e.g. a time, which it takes for what they are
 * written as; fragments under a condition, which it then takes for done where they are spread again; fields under a condition that stand
 * somewhere else as well, whose parts it mixes; variables that may be null where null may not be; inputs as variables, for which it also takes
 * a list. One operation is enough to look at.
 */
function isPlain(schema: GraphQLSchema, document: DocumentNode): boolean {
  let plain = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length === 1;
  const refuseConditions = ({ directives }: FragmentSpreadNode | InlineFragmentNode) => {
    if (directives?.length) plain = false;
  };
  const types = new TypeInfo(schema);
  const nullable = new Set<string>();
  const seen = new Set<string>();
  const conditional = new Set<string>();
  visit(document, visitWithTypeInfo(types, {
    [Kind.FIELD]: ({ name, alias, directives }) => {
      if (name.value.startsWith('__') && name.value !== '__typename') plain = false;
      if (alias?.value.startsWith('__')) plain = false;
      const key = (alias ?? name).value;
      if (conditional.has(key) || (directives?.length && seen.has(key))) plain = false;
      seen.add(key);
      if (directives?.length) conditional.add(key);
    },
    [Kind.VARIABLE_DEFINITION]: ({ variable, type, defaultValue }) => {
      const named = getNamedType(typeFromAST(schema, type as NamedTypeNode));
      if (isInputObjectType(named) || (defaultValue && !(named && isSpecifiedScalarType(named)))) plain = false;
      if (type.kind !== Kind.NON_NULL_TYPE) nullable.add(variable.name.value);
    },
    [Kind.VARIABLE]: ({ name }) => {
      if (isNonNullType(types.getInputType()) && nullable.has(name.value)) plain = false;
    },
    [Kind.FRAGMENT_SPREAD]: refuseConditions,
    [Kind.INLINE_FRAGMENT]: refuseConditions,
  }));
  return plain;
}

/** The compiler's errors are graphql-js's but for their extensions, without which Apollo does not tell where they happened. */
function asGraphql({ message, locations, path, originalError, extensions }: GraphQLError): GraphQLError {
  const error = new GraphQLError(message, { path: path ?? null, originalError: originalError ?? null, extensions });
  return locations ? Object.defineProperty(error, 'locations', { value: locations, enumerable: true }) : error;
}
