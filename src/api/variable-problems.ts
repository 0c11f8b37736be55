import {
  GraphQLError,
  isInputObjectType,
  isInputType,
  isLeafType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  typeFromAST,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  type NamedTypeNode,
  type OperationDefinitionNode,
} from 'graphql';
import { expected, incompleteInput, near } from './rules/schema-hints';
import { placeOfVariable } from './rules/variable-places';

/** What is wrong with a value in the variables. */
export interface VariableProblem {
  /** The path from the operation's arguments to the value, in the schema's own names. */
  readonly field: readonly string[];
  /**
   * What the schema accepts there, in its own names. The text is made only when it is told: there may be
   * thousands of problems.
   */
  readonly hint: () => string;
}

const problems = new WeakMap<GraphQLError, VariableProblem | 'MORE'>();

/**
 * Answers `MORE` for the error by which graphql-js stops looking, and undefined for an error that is not
 * about the variables.
 */
export function problemOf(error: GraphQLError): VariableProblem | 'MORE' | undefined {
  return problems.get(error);
}

/**
 * Tells each error of the variables what it is about. The messages of graphql-js are not read, since they
 * quote values: the same walk over the values finds the same problems in the same order.
 */
export function explainVariableErrors(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  errors: readonly GraphQLError[],
): void {
  const found = variableDefinitions.flatMap((definition) => {
    const type = typeFromAST(schema, definition.type as NamedTypeNode);
    const name = definition.variable.name.value;
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (!isInputType(type) || (value === undefined && definition.defaultValue)) return [];
    return problemsOf(value, type, placeOfVariable(definition));
  });
  errors.forEach((error, index) => {
    const problem = found[index];
    if (problem) problems.set(error, isAboutVariable(error) ? problem : 'MORE');
  });
}

function isAboutVariable({ nodes }: GraphQLError): boolean {
  return nodes !== undefined && nodes.length > 0;
}

function problemsOf(value: unknown, type: GraphQLInputType, field: readonly string[]): VariableProblem[] {
  if (isNonNullType(type))
    return value == null ? [{ field, hint: () => expected(type) }] : problemsOf(value, type.ofType, field);
  if (value == null) return [];
  if (isListType(type))
    return Array.isArray(value)
      ? value.flatMap((item, index) => problemsOf(item, type.ofType, [...field, String(index)]))
      : problemsOf(value, type.ofType, field);
  if (isInputObjectType(type)) return problemsOfInput(value, type, field);
  return isLeafType(type) && !isParsed(() => type.parseValue(value))
    ? [{ field, hint: () => expected(type) }]
    : [];
}

function problemsOfInput(
  value: unknown,
  type: GraphQLInputObjectType,
  field: readonly string[],
): VariableProblem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ field, hint: () => expected(type) }];
  const given = value as Readonly<Record<string, unknown>>;
  const fields = type.getFields();
  const known = Object.values(fields).flatMap((each) => {
    const own = [...field, each.name];
    if (given[each.name] !== undefined) return problemsOf(given[each.name], each.type, own);
    return isRequiredInputField(each)
      ? [{ field: own, hint: () => incompleteInput(type.name, [each.name]) }]
      : [];
  });
  const unknown = Object.keys(given)
    .filter((name) => !Object.hasOwn(fields, name))
    .map((name) => ({
      field,
      hint: () => `The input ${type.name} has no such field.${near(name, Object.keys(fields))}`,
    }));
  return [...known, ...unknown];
}

function isParsed(parse: () => unknown): boolean {
  try {
    return parse() !== undefined;
  } catch {
    return false;
  }
}
