import { ApolloServerErrorCode, unwrapResolverError } from '@apollo/server/errors';
import type { FastifyBaseLogger } from 'fastify';
import {
  GraphQLError,
  isInputObjectType,
  isObjectType,
  type ASTVisitor,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getNamedType,
  type ValidationContext,
  type ValueNode,
} from 'graphql';
import { PublicError } from '../graphql/errors';
import { SecretScalar } from '../vault/secret.scalar';
import { LIMIT_MESSAGES, TOO_MANY_TOKENS } from './rules/document-limits';

/** What a request must be, told to whoever sent something else: another method, a batch, or a body without a document. */
export const HOW_TO_ASK =
  'Send one operation by POST with the content type application/json, as {"query": "...", "variables": {...}}. ' +
  'A query, but no mutation, may also be sent by GET with one of the headers authorization and apollo-require-preflight.';

// graphql-js quotes documents and variables in its messages, and with them the keys that people paste in the wrong place: what it says
// is replaced by a constant text, and only places (line and column, or a path of the schema's own names) are kept.
const REQUEST_ERRORS: Readonly<Record<string, string>> = {
  [ApolloServerErrorCode.GRAPHQL_PARSE_FAILED]: 'The document is not valid GraphQL.',
  [ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED]: 'The document does not fit the schema.',
  [ApolloServerErrorCode.BAD_USER_INPUT]:
    'A variable does not have the type that the document declares for it.',
  [ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE]:
    'The document has no such operation, or more than one and none was named.',
  [ApolloServerErrorCode.BAD_REQUEST]: HOW_TO_ASK,
  [ApolloServerErrorCode.PERSISTED_QUERY_NOT_FOUND]: 'Persisted queries are not supported.',
  [ApolloServerErrorCode.PERSISTED_QUERY_NOT_SUPPORTED]: 'Persisted queries are not supported.',
};

const ARGUMENT_UNFIT = 'An argument does not have the type that the schema declares for it.';

const SECRET_IN_DOCUMENT = 'A key is accepted as a variable only: declare a variable of type `Secret!`.';

// What graphql-js says where its parser stops.
const TOKENS_EXCEEDED = /^Syntax Error: Document contains more tha[nt] \d+ tokens\./;

// What graphql-js says, in an error of no kind, where it stops to check variables.
const VARIABLES_EXCEEDED = 'Too many errors processing variables, error limit reached. Execution aborted.';
const MORE_VARIABLES = 'More values in the variables do not have the type that is declared for them.';

export const LIMIT_EXCEEDED = 'LIMIT_EXCEEDED';

export const INTERNAL_ERROR = 'INTERNAL_SERVER_ERROR';
const INTERNAL_MESSAGE = 'Something went wrong on our side. Nothing is known to be wrong with the request.';

/** The one place where errors get their public form: those raised on purpose as they are, those of a request by code, all else masked. */
export function formatError(schema: GraphQLSchema) {
  const names = inputNames(schema);
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const { message, locations, path, extensions } = formatted;
    const original = unwrapResolverError(error);
    if (original instanceof PublicError || message === SECRET_IN_DOCUMENT)
      return { message, ...placeOf(locations, path), extensions: { ...extensions } };
    const limit = TOKENS_EXCEEDED.test(message) ? TOO_MANY_TOKENS : message;
    if (LIMIT_MESSAGES.has(limit))
      return { message: limit, ...placeOf(locations, path), extensions: { code: LIMIT_EXCEEDED } };
    if (isOfArgument(original))
      return {
        message: ARGUMENT_UNFIT,
        ...placeOf(locations, path),
        extensions: { code: ApolloServerErrorCode.BAD_USER_INPUT },
      };
    if (isOfManyVariables(message, path))
      return { message: MORE_VARIABLES, extensions: { code: ApolloServerErrorCode.BAD_USER_INPUT } };
    const code = String(extensions?.code);
    const constant = path === undefined ? REQUEST_ERRORS[code] : undefined;
    if (constant === undefined)
      return { message: INTERNAL_MESSAGE, ...placeOf(locations, path), extensions: { code: INTERNAL_ERROR } };
    const field = code === 'BAD_USER_INPUT' ? fieldOf(message, names) : null;
    return { message: constant, ...placeOf(locations, path), extensions: { code, ...(field && { field }) } };
  };
}

// Whether an error is none of those that a caller may see as they are.
function isUnexpected(error: GraphQLError): boolean {
  const original = unwrapResolverError(error);
  if (
    original instanceof PublicError ||
    isOfArgument(original) ||
    isOfManyVariables(error.message, error.path)
  )
    return false;
  return error.path !== undefined || REQUEST_ERRORS[String(error.extensions.code)] === undefined;
}

/** Logs those that a caller does not see as they are. */
export function logFaults(
  log: FastifyBaseLogger,
  level: 'error' | 'warn',
  requestId: string,
  errors: readonly GraphQLError[],
): void {
  // Not their paths: those hold aliases, which callers choose.
  for (const error of errors.filter(isUnexpected))
    log[level]({ requestId, err: error.originalError ?? new Error('GraphQL fault') });
}

function isOfManyVariables(message: string, path: GraphQLFormattedError['path']): boolean {
  return path === undefined && message === VARIABLES_EXCEEDED;
}

// Where a variable that may be null meets an argument that may not, graphql-js finds out as it runs.
function isOfArgument(error: unknown): boolean {
  return (
    error instanceof GraphQLError &&
    error.originalError === undefined &&
    error.message.startsWith('Argument "')
  );
}

function placeOf(locations: GraphQLFormattedError['locations'], path: GraphQLFormattedError['path']) {
  return { ...(locations && { locations }), ...(path && { path }) };
}

// graphql-js names the place as `at "input.keys[0].provider"`. Only words that are names of the schema's inputs are kept.
function fieldOf(message: string, names: ReadonlySet<string>): string[] | null {
  const place = /^Variable "\$\w+" got invalid value .* at "(\w+(?:\.\w+|\[\d+\])*)"; /s.exec(message)?.[1];
  const parts = place?.split(/[.[\]]+/).filter((part) => part !== '');
  return parts?.every((part) => names.has(part) || /^\d{1,3}$/.test(part)) ? parts : null;
}

function inputNames(schema: GraphQLSchema): Set<string> {
  const names = new Set<string>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type)) for (const name of Object.keys(type.getFields())) names.add(name);
    if (isObjectType(type))
      for (const field of Object.values(type.getFields())) for (const arg of field.args) names.add(arg.name);
  }
  return names;
}

/** Refuses secrets written into the document: documents are logged, cached and kept in histories; variables are not. */
export function SecretsFromVariablesRule(context: ValidationContext): ASTVisitor {
  const check = (node: ValueNode) => {
    const type = context.getInputType();
    if (!type || getNamedType(type).name !== SecretScalar.name) return;
    context.reportError(
      new GraphQLError(SECRET_IN_DOCUMENT, {
        nodes: node,
        extensions: { code: ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED },
      }),
    );
  };
  return {
    StringValue: check,
    IntValue: check,
    FloatValue: check,
    BooleanValue: check,
    EnumValue: check,
    ObjectValue: check,
  };
}
