import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { isUnavailable } from '../database/database-errors';
import { ServiceBusy } from '../database/repetition';
import { PublicError, type ErrorCode } from '../graphql/errors';
import { exceedsTokens } from './graphql-js-texts';
import { tooManyTokens } from './rules/document-limits';
import { hintOf } from './rules/schema-hints';
import { problemOf } from './variable-problems';

/**
 * What a request must be, told to whoever sent something else: another method, a batch, or a body without a
 * document.
 */
export const HOW_TO_ASK =
  'Send one operation by POST with the content type application/json, as {"query": "...", "variables": {...}}. ' +
  'A query, but no mutation, may also be sent by GET with one of the headers authorization and apollo-require-preflight. ' +
  'The answer is JSON: where there is a header accept, it has to name application/json or application/graphql-response+json.';

// graphql-js quotes documents and variables in its messages, and with them the keys that people paste in the
// wrong place. Its messages are therefore never passed on: a constant text or a text made of the schema's own
// names stands in their place, and only places (line and column, or a path of the schema's own names) are
// kept.
const REQUEST_ERRORS: Readonly<Partial<Record<ErrorCode, string>>> = {
  GRAPHQL_PARSE_FAILED: 'The document is not valid GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema.',
  BAD_USER_INPUT: 'A variable does not have the type that the document declares for it.',
  OPERATION_RESOLUTION_FAILURE: 'The document has no such operation, or more than one and none was named.',
  BAD_REQUEST: HOW_TO_ASK,
  // urql and the clients for mobile systems know the answer by this text alone, and send the document then.
  PERSISTED_QUERY_NOT_SUPPORTED: 'PersistedQueryNotSupported',
};

const MORE_VARIABLES = 'More values in the variables do not have the type that is declared for them.';

export const UNAVAILABLE_MESSAGE = 'The service is not available at the moment. Try again later.';
/** After how many seconds a caller may try again. */
export const RETRY_AFTER = 5;

interface PublicForm {
  readonly message: string;
  readonly extensions: { readonly code: ErrorCode; readonly [name: string]: unknown };
}

const MASKED: PublicForm = {
  message: 'Something went wrong on our side. Nothing is known to be wrong with the request.',
  extensions: { code: 'INTERNAL_SERVER_ERROR' },
};

const UNAVAILABLE: PublicForm = {
  message: UNAVAILABLE_MESSAGE,
  extensions: { code: 'SERVICE_UNAVAILABLE' },
};

const BUSY: PublicForm = {
  message: 'Too many changes of the same things at once: nothing of this one was done. Try again later.',
  extensions: { code: 'SERVICE_BUSY' },
};

/**
 * The one place where errors get their public form. With `hints`, the schema's own names are told, as
 * introspection tells them.
 */
export function formatError(hints: boolean) {
  return ({ locations, path }: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const { message, extensions } = publicFormOf(error, hints) ?? maskOf(error);
    return { message, ...(locations && { locations }), ...(path && { path }), extensions: { ...extensions } };
  };
}

// All are faults of ours and are logged. A caller who finds the database away or busy is told to try again
// later.
function maskOf(error: unknown): PublicForm {
  const raised = error instanceof GraphQLError ? error.originalError : error;
  if (raised instanceof ServiceBusy) return BUSY;
  return isUnavailable(raised) ? UNAVAILABLE : MASKED;
}

/**
 * Answers what a caller is told of an error; null where it is a fault of ours, of which a caller is told
 * nothing.
 */
export function publicFormOf(error: unknown, hints: boolean): PublicForm | null {
  const raised = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  if (raised instanceof PublicError) {
    const { http: _forTheResponse, ...extensions } = raised.extensions;
    return { message: raised.message, extensions };
  }
  if (!(error instanceof GraphQLError)) return null;
  if (exceedsTokens(error)) return publicFormOf(tooManyTokens(), hints);
  return error.path === undefined ? requestError(error, hints) : null;
}

function requestError(error: GraphQLError, hints: boolean): PublicForm | null {
  const problem = problemOf(error);
  if (problem === 'MORE') return { message: MORE_VARIABLES, extensions: { code: 'BAD_USER_INPUT' } };
  const code = error.extensions.code as ErrorCode;
  const constant = REQUEST_ERRORS[code];
  if (constant === undefined) return null;
  const hint = hints ? (problem ? problem.hint() : hintOf(error)) : '';
  const message = hint ? `${constant} ${hint}` : constant;
  return { message, extensions: { code, ...(problem && { field: problem.field }) } };
}
