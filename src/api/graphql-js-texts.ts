import { GraphQLError } from 'graphql';

// The only place that recognises errors of graphql-js by their texts, where it gives neither a type nor a
// code. A test holds the texts against the version of graphql-js that is installed.

const TOKENS_EXCEEDED = /^Syntax Error: Document contains more tha[nt] \d+ tokens\./;

/** Whether the parser stopped because the document has too many tokens. */
export function exceedsTokens({ message, path }: GraphQLError): boolean {
  return path === undefined && TOKENS_EXCEEDED.test(message);
}

/**
 * Whether an argument is not what the schema asks for. Where a variable that may be null meets an argument
 * that may not, graphql-js finds out while it executes.
 */
export function isUnfitArgument({ path, originalError }: GraphQLError): boolean {
  return (
    path !== undefined &&
    originalError instanceof GraphQLError &&
    originalError.originalError === undefined &&
    originalError.message.startsWith('Argument "')
  );
}
