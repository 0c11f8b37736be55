import {
  HeaderMap,
  type ApolloServerPlugin,
  type GraphQLRequestContextResponseForOperation,
} from '@apollo/server';
import type { FastifyBaseLogger } from 'fastify';
import {
  getNamedType,
  isAbstractType,
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
  type FormattedExecutionResult,
  type FragmentSpreadNode,
  type GraphQLSchema,
  type InlineFragmentNode,
  type NamedTypeNode,
  type OperationDefinitionNode,
} from 'graphql';
import type { CompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import { requirementsOf } from '../guard';
import { logFaults } from '../fault-log';
import type { ApiContext } from '../context';
import type { Requirement } from '../policy';
import { askedOfClients, readsFor, type AskedOfClients } from './read-ahead';

/**
 * A document is compiled at this run. Compiling takes as long as some tens of runs, which does not pay for
 * what is asked once.
 */
export const COMPILED_FROM_RUN = 5;
/** At most this many compiled documents are kept in memory, at some tens of kilobytes each. */
const MAX_COMPILED = 200;

interface Compiled {
  readonly run: CompiledQuery['query'];
  readonly asked: readonly AskedOfClients[];
  readonly requirements: readonly Requirement[];
}

interface Known {
  runs: number;
  /** Undefined before it is compiled, and null for a document that is not to be compiled. */
  compiled: Compiled | null | undefined;
}

type ToRun = GraphQLRequestContextResponseForOperation<ApiContext>;

/**
 * Answers queries that come again and again by functions that graphql-jit has compiled from them, which call
 * the same guarded resolvers as graphql-js does. Everything else is run by graphql-js: mutations, which carry
 * keys; queries that ask for what their viewer may not have; and once more each query in which something
 * failed, so that errors are always those of graphql-js.
 *
 * It is a plugin and not the executor of a `gateway`, because Apollo then makes an object with accessors for
 * each request. V8 keeps the hidden class of that object in its old generation, together with the whole
 * request and its answer, and a fifth of the time of a list went into copying those.
 */
export function compiledQueries(
  schema: GraphQLSchema,
  compiledFromRun: number,
  log: FastifyBaseLogger,
): ApolloServerPlugin<ApiContext> {
  const known = new LRUCache<string, Known>({ max: MAX_COMPILED });

  const compiledFor = async ({ document, queryHash, operation }: ToRun): Promise<Compiled | null> => {
    const key = `${queryHash} ${operation.name?.value ?? ''}`;
    const entry = known.get(key) ?? { runs: 0, compiled: undefined };
    known.set(key, entry);
    entry.runs += 1;
    if (entry.compiled === undefined && entry.runs >= compiledFromRun) {
      // Until it is compiled, other requests run as before; and where compiling fails, it is not tried again.
      entry.compiled = null;
      entry.compiled = await compile(schema, document, operation);
    }
    return entry.compiled ?? null;
  };

  const answer = async (toRun: ToRun): Promise<FormattedExecutionResult | null> => {
    const {
      contextValue,
      request: { variables },
    } = toRun;
    const { viewer, resolvers, loaders, requestId } = contextValue;
    // Strangers do not choose what is compiled.
    const compiled = viewer && (await compiledFor(toRun));
    if (!compiled) return null;
    if (!compiled.requirements.every((requirement) => requirement.allows(viewer))) return null;
    loaders.expect(readsFor(viewer, resolvers, compiled.asked, variables));
    const { data, errors } = await compiled.run(undefined, contextValue, variables);
    // Nobody waits for an answer that comes after the time is over.
    if (!errors || loaders.stopped) return { data: data ?? null };
    // The errors are logged here, since the next run may not meet them. Without data nothing ran, because the
    // variables are wrong, and that is no fault of ours.
    if (data !== undefined) logFaults(log, 'warn', requestId, errors);
    return null;
  };

  const responseForOperation = async (toRun: ToRun) => {
    // Apollo refuses a document without the operation that was named.
    if ((toRun.operation as OperationDefinitionNode | undefined)?.operation !== OperationTypeNode.QUERY)
      return null;
    const singleResult = await answer(toRun).catch(() => {
      // The message of the compiler is left out, because it may quote the document.
      log.warn({
        requestId: toRun.contextValue.requestId,
        queryHash: toRun.queryHash,
        err: new Error('A query cannot be compiled'),
      });
      return null;
    });
    return (
      singleResult && { http: { headers: new HeaderMap() }, body: { kind: 'single' as const, singleResult } }
    );
  };
  return { requestDidStart: async () => ({ responseForOperation }) };
}

async function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Promise<Compiled | null> {
  if (!isPlain(schema, document)) return null;
  // The compiler is loaded when something is to be compiled: loading it takes a tenth of the time of a start.
  const { compileQuery, isCompiledQuery } = await import('graphql-jit');
  const compiled = compileQuery(schema, document, operation.name?.value);
  return isCompiledQuery(compiled)
    ? {
        run: compiled.query,
        asked: askedOfClients(schema, document),
        requirements: requirementsOf(schema, document),
      }
    : null;
}

/**
 * Whether a compiled document answers as graphql-js would. The compiler differs from graphql-js in some rare
 * cases, which are therefore not compiled: introspection; names like `__proto__`, which mean something else
 * in an object literal; defaults of variables of a scalar of ours, such as a time, which it does not parse;
 * fragments under a condition, which it leaves out where they are spread again; fields under a condition that
 * stand somewhere else as well, whose selections it mixes; variables that may be null where null is not
 * accepted; inputs as variables, for which it also accepts a list; and fields that lead to an interface,
 * whose selections it applies to every type. A document with several operations is not compiled either.
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
  visit(
    document,
    visitWithTypeInfo(types, {
      [Kind.FIELD]: ({ name, alias, directives }) => {
        if (name.value.startsWith('__') && name.value !== '__typename') plain = false;
        if (alias?.value.startsWith('__')) plain = false;
        if (isAbstractType(getNamedType(types.getType()))) plain = false;
        const key = (alias ?? name).value;
        if (conditional.has(key) || (directives?.length && seen.has(key))) plain = false;
        seen.add(key);
        if (directives?.length) conditional.add(key);
      },
      [Kind.VARIABLE_DEFINITION]: ({ variable, type, defaultValue }) => {
        const named = getNamedType(typeFromAST(schema, type as NamedTypeNode));
        if (isInputObjectType(named) || (defaultValue && !(named && isSpecifiedScalarType(named))))
          plain = false;
        if (type.kind !== Kind.NON_NULL_TYPE) nullable.add(variable.name.value);
      },
      [Kind.VARIABLE]: ({ name }) => {
        if (isNonNullType(types.getInputType()) && nullable.has(name.value)) plain = false;
      },
      [Kind.FRAGMENT_SPREAD]: refuseConditions,
      [Kind.INLINE_FRAGMENT]: refuseConditions,
    }),
  );
  return plain;
}
