import { GraphQLError } from 'graphql';

/** Raised on purpose and shown as it is. Whatever else is thrown reaches the caller as one masked error. */
export class PublicError extends GraphQLError {}

/** Nobody, or nobody known, is asking. The same for every reason, so that a token cannot be probed. */
export function unauthenticated(): PublicError {
  return new PublicError('Sign in: a valid bearer token is required.', {
    extensions: { code: 'UNAUTHENTICATED', http: { status: 401, headers: new Map([['www-authenticate', 'Bearer']]) } },
  });
}

/** The person is known, and may not. */
export function forbidden(): PublicError {
  return new PublicError('You may not do this.', { extensions: { code: 'FORBIDDEN' } });
}

/** An argument outside of its documented bounds, in a field that has no `userErrors`. */
export function badArgument(argument: string, message: string): PublicError {
  return new PublicError(message, { extensions: { code: 'BAD_USER_INPUT', argument } });
}
