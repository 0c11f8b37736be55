import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  Kind,
  type ASTNode,
  type ASTVisitor,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLError,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  type ObjectValueNode,
  type ValidationContext,
} from 'graphql';
import { suggestionList } from 'graphql/jsutils/suggestionList';
import { remedyOf } from '../graphql-js-texts';

const QUERY_LOCATIONS: ReadonlySet<string> = new Set([
  'FIELD',
  'QUERY',
  'FRAGMENT_SPREAD',
  'INLINE_FRAGMENT',
]);

const hints = new WeakMap<ASTNode, string>();

/**
 * Answers what the schema accepts in the part of a document that a validation error is about; undefined where
 * there is no hint.
 */
export function hintOf(error: GraphQLError): string | undefined {
  const [node, use] = error.nodes ?? [];
  const remedy = remedyOf(error);
  if (remedy !== undefined) return remedy;
  // When a variable does not fit where it is used, the error names its declaration first and then its use.
  if (node?.kind === Kind.VARIABLE_DEFINITION) return use && hints.get(use);
  // When a variable is not declared, the type that is expected there is not what is wrong.
  return node && node.kind !== Kind.VARIABLE ? hints.get(node) : undefined;
}

/**
 * Notes for the parts of a document what the schema would accept there, and refuses nothing: the rules of
 * graphql-js do that. A note consists of the schema's own names alone, since the document's may be a key that
 * was pasted in the wrong place.
 */
export function SchemaHintsRule(context: ValidationContext): ASTVisitor {
  const schema = context.getSchema();
  const note = (node: ASTNode | undefined, hint: string) => node && hints.set(node, hint);
  const noteExpected = (node: ASTNode) => {
    const type = context.getInputType();
    if (type) note(node, expected(type));
  };
  return {
    Field(node) {
      const parent = context.getParentType();
      const field = context.getFieldDef();
      if (parent && field) {
        note(node, incompleteField(node, parent.name, field));
        note(node.selectionSet, `${parent.name}.${field.name} has no fields of its own.`);
      } else if (parent) {
        note(node, missingField(schema, parent, node.name.value));
      }
    },
    Argument(node) {
      const field = context.getFieldDef();
      const parent = context.getParentType();
      if (context.getArgument() || context.getDirective() || !field || !parent) return;
      const known = field.args.map(({ name }) => name);
      note(node, `${parent.name}.${field.name} has no such argument.${listed('Its arguments', known)}`);
    },
    ObjectField(node) {
      const parent = getNamedType(context.getParentInputType());
      if (!context.getInputType() && isInputObjectType(parent))
        note(
          node,
          `The input ${parent.name} has no such field.${near(node.name.value, Object.keys(parent.getFields()))}`,
        );
    },
    ObjectValue(node) {
      const type = getNamedType(context.getInputType());
      if (isInputObjectType(type)) note(node, incompleteInput(type.name, missingFields(node, type)));
      else noteExpected(node);
    },
    Directive(node) {
      if (!context.getDirective()) note(node, missingDirective(schema));
    },
    NamedType(node) {
      if (!schema.getType(node.name.value))
        note(node, `There is no such type.${near(node.name.value, Object.keys(schema.getTypeMap()))}`);
    },
    ListValue: noteExpected,
    NullValue: noteExpected,
    StringValue: noteExpected,
    IntValue: noteExpected,
    FloatValue: noteExpected,
    BooleanValue: noteExpected,
    EnumValue: noteExpected,
    Variable: noteExpected,
  };
}

function missingDirective(schema: GraphQLSchema): string {
  const known = schema
    .getDirectives()
    .filter(({ locations }) => locations.some((each) => QUERY_LOCATIONS.has(each)))
    .map(({ name }) => `@${name}`);
  return `There is no such directive.${listed('There are', known)}`;
}

/** Tells also where such a field is found: within a field of this type, or on types of this interface. */
function missingField(schema: GraphQLSchema, parent: GraphQLCompositeType, name: string): string {
  const none = `The type ${parent.name} has no such field.`;
  if (isAbstractType(parent)) {
    const having = schema.getPossibleTypes(parent).filter((type) => type.getFields()[name]);
    const names = having.map((type) => `\`... on ${type.name}\``);
    return names.length > 0
      ? `${none}${listed('Ask for it in', names)}`
      : `${none} Ask for a field of one type in \`... on\` that type.`;
  }
  const fields = Object.values(parent.getFields());
  const within = fields.filter((field) => {
    const type = getNamedType(field.type);
    return (isObjectType(type) || isInterfaceType(type)) && type.getFields()[name];
  });
  const [known, ways] = [fields.map((field) => field.name), within.map((field) => `\`${field.name}\``)];
  return none + near(name, known) + listed('Ask for it within', ways);
}

function incompleteField(
  { arguments: given = [], selectionSet }: FieldNode,
  parent: string,
  { name, args, type }: GraphQLField<unknown, unknown>,
): string {
  const missing = args.filter(
    (arg) => isRequiredArgument(arg) && !given.some((each) => each.name.value === arg.name),
  );
  const named = getNamedType(type);
  const parts = [
    ...missing.map(
      (arg) => `${parent}.${name} needs the argument \`${arg.name}\` of the type ${String(arg.type)}.`,
    ),
    ...(isCompositeType(named) && !selectionSet
      ? [`${parent}.${name} is of the type ${named.name}: say which of its fields.`]
      : []),
  ];
  return parts.join(' ');
}

function missingFields(
  node: ObjectValueNode,
  type: { getFields(): Record<string, Parameters<typeof isRequiredInputField>[0]> },
): string[] {
  return Object.values(type.getFields())
    .filter(
      (field) => isRequiredInputField(field) && !node.fields.some((each) => each.name.value === field.name),
    )
    .map(({ name }) => name);
}

/** What is said of an input without fields that it needs. */
export function incompleteInput(type: string, missing: readonly string[]): string {
  return missing.length > 0
    ? `The input ${type} needs ${missing.map((name) => `\`${name}\``).join(', ')}.`
    : `A value of the type ${type} is expected here.`;
}

/** Values of scalars whose form their names do not tell. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  DateTime: '2026-11-27T12:00:00Z',
  Date: '2026-11-27',
  Decimal: '0.0725',
};

/** What a value of a type may be. */
export function expected(type: GraphQLInputType): string {
  const named = getNamedType(type);
  const values = isEnumType(named)
    ? listed(
        'Its values',
        named.getValues().map(({ name }) => name),
      )
    : isLeafType(named)
      ? ''
      : listed('Its fields', Object.keys(named.getFields()));
  const example = EXAMPLES[named.name];
  return `A value of the type ${String(type)} is expected here${example ? `, e.g. "${example}"` : ''}.${values}`;
}

export function near(name: string, known: readonly string[]): string {
  return listed('Near names', suggestionList(name, known).slice(0, 5));
}

function listed(what: string, names: readonly string[]): string {
  return names.length > 0 ? ` ${what}: ${names.join(', ')}.` : '';
}
