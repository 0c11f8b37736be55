import {
  defaultFieldResolver,
  isObjectType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { allow, deny, rule, shield } from 'graphql-shield';
import type { RequestContext } from '../access/context';
import { traitsOfMutation } from '../audit/audited-mutation';
import { forbidden, unauthenticated, type PublicError } from '../graphql/errors';
import { open, policy, WRAPPERS, type Requirement } from './policy';

type Rules = Record<string, Record<string, Requirement>>;

/**
 * Puts the policy's rules before the resolvers of a schema. It throws when a field has no requirement, or a
 * requirement no field: what nobody has decided on is not served.
 */
export function guard(schema: GraphQLSchema): GraphQLSchema {
  const rules = rulesOf(schema);
  const shieldRules = mapFields(rules, (requirement) =>
    requirement === open ? allow : shieldRule(requirement),
  );
  const middlewares = shield(shieldRules, {
    fallbackRule: deny,
    fallbackError: forbidden(),
    allowExternalErrors: true,
  }).generate(schema);
  for (const [typeName, requirements] of Object.entries(rules)) {
    const fields = (schema.getType(typeName) as GraphQLObjectType<unknown, RequestContext>).getFields();
    for (const field of Object.values(fields)) {
      const requirement = requirements[field.name];
      if (requirement && requirement !== open)
        guardField(field, requirement, (middlewares as Middlewares)[typeName]?.[field.name]);
    }
  }
  return schema;
}

type Field = GraphQLField<unknown, RequestContext>;
type Resolve = NonNullable<Field['resolve']>;
type Middlewares = Readonly<
  Record<
    string,
    Readonly<Record<string, (resolve: Resolve, ...request: Parameters<Resolve>) => Promise<unknown>>>
  >
>;

/**
 * The middlewares of graphql-shield are asynchronous, and would run on each field of each row. Requirements
 * look at the viewer alone. Viewers whom a requirement lets through therefore go to the resolver directly,
 * and all others to graphql-shield, which refuses them. Fields that require nothing have no middleware at
 * all.
 */
function guardField(
  field: Field,
  requirement: Requirement,
  middleware: Middlewares[string][string] | undefined,
): void {
  if (!middleware) throw new Error(`policy: nothing guards ${field.name}`);
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (parent, args, context, info) =>
    requirement.allows(context.viewer, context.identity)
      ? resolve(parent, args, context, info)
      : middleware(resolve, parent, args, context, info);
  field.description = [field.description, `Requires: ${requirement.words}.`].filter(Boolean).join(' ');
}

/** Answers why a viewer may not run a mutation; null when it may. */
export function refusalOf(
  { viewer, identity }: Pick<RequestContext, 'viewer' | 'identity'>,
  mutation: string,
): PublicError | null {
  if (requirementOf('Mutation', mutation).allows(viewer, identity)) return null;
  return viewer ? forbidden() : unauthenticated();
}

/** Collects all that a document requires of whoever asks, but for what it asks under a condition. */
export function requirementsOf(schema: GraphQLSchema, document: DocumentNode): readonly Requirement[] {
  const types = new TypeInfo(schema);
  const requirements = new Set<Requirement>();
  const enter = ({ name, directives }: FieldNode) => {
    if (directives?.length) return false;
    requirements.add(requirementOf(types.getParentType()?.name ?? '', name.value));
    return undefined;
  };
  visit(document, visitWithTypeInfo(types, { [Kind.FIELD]: enter }));
  return [...requirements].filter((requirement) => requirement !== open);
}

/**
 * What a field requires. A field that nobody has decided on is not in a schema that is served, since `guard`
 * refuses it.
 */
export function requirementOf(type: string, field: string): Requirement {
  const own = policy[type] ?? open;
  return isRequirement(own) ? own : (own[field] ?? open);
}

/**
 * Lists every field with what it requires, and every mutation with its traits, a line each. This is the form
 * of the policy that is reviewed.
 */
export function accessList(schema: GraphQLSchema): string {
  const lines = Object.entries(rulesOf(schema)).flatMap(([type, fields]) =>
    Object.entries(fields).map(
      ([field, { words }]) =>
        `${type}.${field}: ${words || 'as its parent'}${type === 'Mutation' ? traitsInWords(schema, field) : ''}`,
    ),
  );
  return `${lines.sort().join('\n')}\n`;
}

function traitsInWords(schema: GraphQLSchema, mutation: string): string {
  const { audit, rateClass } = traitsOfMutation(schema, mutation) ?? {};
  if (!audit || !rateClass) throw new Error(`the mutation ${mutation} is not declared by AuditedMutation`);
  return `; audit: ${audit.join(', ')}${rateClass === 'KEY_OPERATION' ? '; a key operation' : ''}`;
}

function rulesOf(schema: GraphQLSchema): Rules {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && !type.name.startsWith('__'),
  ) as GraphQLObjectType[];
  const faults = faultsOf(types);
  if (faults.length > 0) throw new Error(`src/api/policy.ts: ${faults.join(', ')}`);
  return Object.fromEntries(
    types.map((type) => {
      const fields = Object.keys(type.getFields());
      return [type.name, Object.fromEntries(fields.map((field) => [field, requirementOf(type.name, field)]))];
    }),
  );
}

/** Everything in which the policy and the schema differ, so that one start tells of all of it. */
function faultsOf(types: readonly GraphQLObjectType[]): string[] {
  const listed = new Set(Object.entries(policy).flatMap(([type, own]) => decidedOn(type, Object.keys(own))));
  const served = new Set(
    types
      .filter(({ name }) => policy[name] ?? !WRAPPERS.test(name))
      .flatMap((type) => decidedOn(type.name, Object.keys(type.getFields()))),
  );
  return [
    ...[...served].filter((name) => !listed.has(name)).map((name) => `${name} has no requirement`),
    ...[...listed].filter((name) => !served.has(name)).map((name) => `${name} is not in the schema`),
  ];
}

/** What the policy decides on by itself: a type as a whole, or each of its fields. */
function decidedOn(type: string, fields: readonly string[]): string[] {
  const own = policy[type];
  return own && !isRequirement(own) ? fields.map((field) => `${type}.${field}`) : [type];
}

function isRequirement(value: Requirement | Readonly<Record<string, Requirement>>): value is Requirement {
  return typeof value.allows === 'function';
}

// There is no cache, since those of graphql-shield answer for another field's arguments, or hash the whole
// parent of each field.
function shieldRule(requirement: Requirement) {
  return rule({ cache: 'no_cache' })((_parent, _args, { viewer, identity }: RequestContext) => {
    if (requirement.allows(viewer, identity)) return true;
    return viewer ? forbidden() : unauthenticated();
  });
}

function mapFields<T>(rules: Rules, map: (requirement: Requirement) => T): Record<string, Record<string, T>> {
  const mapped = Object.entries(rules).map(([type, fields]) => [
    type,
    Object.fromEntries(Object.entries(fields).map(([field, requirement]) => [field, map(requirement)])),
  ]);
  return Object.fromEntries(mapped) as Record<string, Record<string, T>>;
}
