import { GraphQLError, type ASTNode } from 'graphql';

/**
 * An error that is raised on purpose and shown as it is. Whatever else is thrown reaches the caller as one
 * masked error.
 */
export class PublicError extends GraphQLError {}

/**
 * Nobody, or nobody known, is asking. The error is the same for every reason, so that a token cannot be
 * probed.
 */
export function unauthenticated(): PublicError {
  return new PublicError('Sign in: a valid bearer token is required.', {
    extensions: {
      code: 'UNAUTHENTICATED',
      http: { status: 401, headers: new Map([['www-authenticate', 'Bearer']]) },
    },
  });
}

/** The viewer is known and may not do what was asked. */
export function forbidden(): PublicError {
  return new PublicError('You may not do this.', { extensions: { code: 'FORBIDDEN' } });
}

/**
 * A query took longer than it may. The status is neither 5xx nor 408, which clients repeat by themselves: the
 * same query would take as long again.
 */
export function tookTooLong(): PublicError {
  return new PublicError('The query took too long. Ask for less at once.', {
    extensions: { code: 'TIME_LIMIT_EXCEEDED', http: { status: 422 } },
  });
}

/** The issuer could not be asked for the caller's address, so that nothing can be said of its invitations. */
export function addressUnavailable(): PublicError {
  return new PublicError('The issuer does not tell your e-mail address at the moment. Try again later.', {
    extensions: { code: 'SERVICE_UNAVAILABLE' },
  });
}

/** The caller has asked for too much of one kind within a minute. */
export function rateLimited(seconds: number): PublicError {
  return new PublicError(`Too many operations of this kind. Try again in ${seconds} s.`, {
    extensions: {
      code: 'RATE_LIMITED',
      retryAfterSeconds: seconds,
      http: { status: 429, headers: new Map([['retry-after', String(seconds)]]) },
    },
  });
}

/** A document is beyond a limit that is known before it runs. */
export function limitExceeded(message: string, node?: ASTNode): PublicError {
  return new PublicError(message, { nodes: node ?? null, extensions: { code: 'LIMIT_EXCEEDED' } });
}

/** The document is not among those that an operator has listed. */
export function notTrusted(): PublicError {
  return new PublicError('Only documents that are listed here run.', {
    extensions: { code: 'DOCUMENT_NOT_TRUSTED', http: { status: 400 } },
  });
}

/** An argument is outside of its documented bounds, in a field that has no `userErrors`. */
export function badArgument(argument: string, message: string): PublicError {
  return new PublicError(message, { extensions: { code: 'BAD_USER_INPUT', argument } });
}
