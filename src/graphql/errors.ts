import { GraphQLError, type ASTNode, type GraphQLErrorExtensions } from 'graphql';

/**
 * Every code of a top-level error, with the status of an answer that consists of such an error alone. What
 * each means stands in docs/errors.md.
 */
export const ERROR_STATUS = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 200,
  BAD_USER_INPUT: 400,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  OPERATION_RESOLUTION_FAILURE: 400,
  LIMIT_EXCEEDED: 400,
  // It is neither 5xx nor 408, which clients repeat by themselves: the same query would take as long again.
  TIME_LIMIT_EXCEEDED: 422,
  RATE_LIMITED: 429,
  DOCUMENT_NOT_TRUSTED: 400,
  PERSISTED_QUERY_NOT_SUPPORTED: 200,
  BAD_REQUEST: 400,
  PROVIDER_UNAVAILABLE: 200,
  SERVICE_UNAVAILABLE: 503,
  SERVICE_BUSY: 503,
  INTERNAL_SERVER_ERROR: 500,
} as const;
export type ErrorCode = keyof typeof ERROR_STATUS;

interface PublicExtensions extends GraphQLErrorExtensions {
  readonly code: ErrorCode;
  /** What the error says to the whole answer, which Apollo takes from here. */
  readonly http?: { readonly status: number; readonly headers?: ReadonlyMap<string, string> };
}

/**
 * An error that is raised on purpose and shown as it is. Whatever else is thrown reaches the caller as one
 * masked error.
 */
export class PublicError extends GraphQLError {
  declare readonly extensions: PublicExtensions;

  constructor(message: string, extensions: PublicExtensions, node?: ASTNode) {
    super(message, { nodes: node ?? null, extensions });
  }
}

/**
 * Nobody, or nobody known, is asking. The error is the same for every reason, so that a token cannot be
 * probed.
 */
export function unauthenticated(): PublicError {
  return new PublicError('Sign in: a valid bearer token is required.', {
    code: 'UNAUTHENTICATED',
    http: { status: ERROR_STATUS.UNAUTHENTICATED, headers: new Map([['www-authenticate', 'Bearer']]) },
  });
}

/** The viewer is known and may not do what was asked. */
export function forbidden(): PublicError {
  return new PublicError('You may not do this.', { code: 'FORBIDDEN' });
}

/** A query took longer than it may. */
export function tookTooLong(): PublicError {
  return new PublicError('The query took too long. Ask for less at once.', {
    code: 'TIME_LIMIT_EXCEEDED',
    http: { status: ERROR_STATUS.TIME_LIMIT_EXCEEDED },
  });
}

/** The issuer could not be asked for the caller's address, so that nothing can be said of its invitations. */
export function addressUnavailable(): PublicError {
  return new PublicError('The issuer does not tell your e-mail address at the moment. Try again later.', {
    code: 'SERVICE_UNAVAILABLE',
  });
}

/** What only a provider can tell was not told, which is not the same as "there is none". */
export function providerUnavailable(message: string): PublicError {
  return new PublicError(message, { code: 'PROVIDER_UNAVAILABLE' });
}

/** The caller has asked for too much of one kind within a minute. */
export function rateLimited(seconds: number): PublicError {
  return new PublicError(`Too many operations of this kind. Try again in ${seconds} s.`, {
    code: 'RATE_LIMITED',
    retryAfterSeconds: seconds,
    http: { status: ERROR_STATUS.RATE_LIMITED, headers: new Map([['retry-after', String(seconds)]]) },
  });
}

/** A document is beyond a limit that is known before it runs. */
export function limitExceeded(message: string, node?: ASTNode): PublicError {
  return new PublicError(message, { code: 'LIMIT_EXCEEDED' }, node);
}

/** The document is not among those that an operator has listed. */
export function notTrusted(): PublicError {
  return new PublicError('Only documents that are listed here run.', {
    code: 'DOCUMENT_NOT_TRUSTED',
    http: { status: ERROR_STATUS.DOCUMENT_NOT_TRUSTED },
  });
}

/** An argument is outside of its documented bounds, in a field that has no `userErrors`. */
export function badArgument(argument: string, message: string): PublicError {
  return new PublicError(message, { code: 'BAD_USER_INPUT', argument });
}
