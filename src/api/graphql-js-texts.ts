import type { GraphQLError } from 'graphql';

// The only place that recognises errors of graphql-js by their texts, where it gives neither a type nor a
// code. A test holds the texts against the version of graphql-js that is installed.

const TOKENS_EXCEEDED = /^Syntax Error: Document contains more tha[nt] \d+ tokens\./;

/** Whether the parser stopped because the document has too many tokens. */
export function exceedsTokens({ message, path }: GraphQLError): boolean {
  return path === undefined && TOKENS_EXCEEDED.test(message);
}

// What to do about the errors of the rules that concern the document alone. The words are constant, since
// graphql-js quotes names of the document, which may be a key that was pasted in the wrong place.
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /^Fields ".*" conflict because/s,
    'Two fields would have the same name in the answer, and differ in what they ask for: give one of them an alias.',
  ],
  [
    /^Unknown fragment /,
    'A fragment is spread that the document does not define: send its definition along.',
  ],
  [/^Fragment ".*" is never used/, 'A fragment is defined and never spread: spread it, or leave it out.'],
  [/^Cannot spread fragment /, 'A fragment spreads itself, directly or by way of others.'],
  [
    /^Fragment .*cannot (be spread here|condition on non composite type)/,
    'A fragment is for a type that can never be found here: put it where its type, or an interface of it, stands.',
  ],
  [
    /^Variable ".*" is not defined/,
    'A variable is used that the operation does not declare: declare it with its type.',
  ],
  [
    /^Variable ".*" is never used/,
    'The operation declares a variable that it does not use: use it, or leave it out.',
  ],
  [
    /^Variable ".*" cannot be non-input type/,
    'A variable is declared with a type that is no input: name an input, an enum or a scalar.',
  ],
  [/^Directive ".*" may not be used on /, 'A directive stands where it may not be used.'],
  [/^Directive ".*" argument ".*" of type ".*" is required/, 'A directive lacks an argument that it needs.'],
  [/^Unknown argument ".*" on directive /, 'A directive has no such argument.'],
  [/^The directive ".*" can only be used once/, 'A directive stands twice at the same place: leave one out.'],
  [
    /^There can be only one (operation|fragment|variable|argument|input field) named /,
    'The same name is given twice: rename one, or leave it out.',
  ],
  [
    /^This anonymous operation must be the only/,
    'With several operations in a document, each needs a name, and `operationName` says which one runs.',
  ],
  [
    /^The ".*" definition is not executable|^The schema definition is not executable/,
    'A document consists of operations and fragments alone.',
  ],
];

/** What to do about an error of validation; undefined where it is about what the schema accepts. */
export function remedyOf({ message, path }: GraphQLError): string | undefined {
  return path === undefined ? REMEDIES.find(([text]) => text.test(message))?.[1] : undefined;
}
