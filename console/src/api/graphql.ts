import type { initGraphQLTada } from 'gql.tada';
import type { introspection } from './schema';

type Tada = initGraphQLTada<{
  introspection: introspection;
  disableMasking: true;
  scalars: { Date: string; DateTime: string; Decimal: string; Secret: string };
}>;

/** A document as it is sent, with the types of its data and its variables. */
export type { ResultOf, TadaDocumentNode as Document, VariablesOf } from 'gql.tada';

// The types are inferred from the text and the schema; at run time a document is its text, with the fragments that it names.
const toText = (text: string, fragments: readonly unknown[] = []) =>
  [text, ...new Set(fragments.flatMap((fragment) => String(fragment).split('\n')))].join('\n');

/** What is sent. */
export const textOf = (document: unknown) => document as string;

export const graphql = toText as unknown as Tada;
