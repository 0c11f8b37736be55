import { graphql, type Document, type ResultOf } from './graphql';
import type { introspection_types } from './schema';

/** What the person can put right. */
export interface UserError {
  readonly code: string;
  readonly field: readonly string[] | null;
  readonly message: string;
}

export interface Payload {
  readonly userErrors: readonly UserError[];
}

/** Every mutation has one input, and says what was refused of it. */
export type Mutation<Input, Done extends Payload = Payload> = Document<{ done: Done }, { input: Input }>;

export type DoneBy<Of> = ResultOf<Of> extends { done: infer Done } ? Done : never;

type MutationName = keyof introspection_types['Mutation']['fields'];

/** The document of a mutation by its name, with what is asked of its payload besides the errors. */
export function mutation<
  const Name extends MutationName,
  const Fields extends string = '',
  const Input extends string = `${Capitalize<Name>}Input`,
>(name: Name, fields?: Fields, input?: Input) {
  const type = input ?? `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input`;
  const text = `mutation($input:${type}!){done:${name}(input:$input){${fields ?? ''} userErrors{code field message}}}`;
  return graphql(
    text as `mutation($input:${Input}!){done:${Name}(input:$input){${Fields} userErrors{code field message}}}`,
  );
}
