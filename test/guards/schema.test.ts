import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  getNamedType,
  GraphQLObjectType,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
  validateSchema,
  type GraphQLSchema,
} from 'graphql';
import { guard } from '../../src/api/guard';
import { open, policy, type Requirement } from '../../src/api/policy';
import { buildBareSchema, type Services } from '../../src/api/schema';
import { PORTAL_PERMISSIONS, type Viewer } from '../../src/access/viewer';
import { emittedFiles } from '../../src/emit-schema';
import { PROVIDERS } from '../../src/providers';

const root = join(__dirname, '../..');
const emitted = emittedFiles();
const schema = buildSchema(emitted['schema/schema.graphql'] ?? '');
const objectTypes = Object.values(schema.getTypeMap()).filter(
  (type) => isObjectType(type) && !type.name.startsWith('__'),
) as GraphQLObjectType[];

const requirementOf = (type: string, field: string): Requirement | undefined => {
  const own = policy[type] as Requirement | Record<string, Requirement> | undefined;
  return (
    own &&
    ('allows' in own && typeof own.allows === 'function'
      ? (own as Requirement)
      : (own as Record<string, Requirement>)[field])
  );
};

describe('the emitted files', () => {
  test.each(Object.keys(emitted))('%s is what the code says: `npm run schema` writes it', (file) => {
    expect(readFileSync(join(root, file), 'utf8')).toBe(emitted[file]);
  });
});

describe('the policy', () => {
  test('has a rule for every field', () => {
    const fields = objectTypes.flatMap((type) =>
      Object.keys(type.getFields()).map((field) => [type.name, field] as const),
    );
    expect(fields.filter(([type, field]) => requirementOf(type, field) === undefined)).toEqual([]);
  });

  test('leaves no field of Query and Mutation open', () => {
    for (const type of ['Query', 'Mutation']) {
      for (const field of Object.keys((schema.getType(type) as GraphQLObjectType).getFields()))
        expect(requirementOf(type, field)).not.toBe(open);
    }
  });

  test('lets a refused field be null, so that the rest of the answer stands', () => {
    // A caller who has not signed in is refused every field, so that there is no rest of the answer.
    const signedIn = requirementOf('Query', 'viewer');
    // A mutation is not null: where one mutation of a request is refused, none of them may run.
    const nonNull = objectTypes
      .filter(({ name }) => name !== 'Mutation')
      .flatMap((type) =>
        Object.values(type.getFields())
          .filter((field) => isNonNullType(field.type))
          .filter((field) => ![open, signedIn].includes(requirementOf(type.name, field.name) ?? open))
          .map((field) => `${type.name}.${field.name}`),
      );
    expect(nonNull).toEqual([]);
  });

  test('stops the start when a field of the schema has no rule', () => {
    const extended = buildSchema('type Query { viewer: String unheardOf: String }');
    expect(() => guard(extended)).toThrow(/policy/);
  });

  test("stands in each guarded field's description", () => {
    const field = (schema.getType('Client') as GraphQLObjectType).getFields().apiKeys;
    expect(field?.description).toContain('Requires: agency admin.');
  });
});

/** The types that a viewer can reach from the roots by the fields that it may ask for. */
function reachable(viewer: Viewer, graph: GraphQLSchema): Set<string> {
  const seen = new Set<string>();
  const visit = (type: GraphQLObjectType) => {
    if (seen.has(type.name)) return;
    seen.add(type.name);
    for (const field of Object.values(type.getFields())) {
      const next = getNamedType(field.type);
      if (requirementOf(type.name, field.name)?.allows(viewer) && isObjectType(next)) visit(next);
    }
  };
  for (const root of [graph.getQueryType(), graph.getMutationType()]) if (root) visit(root);
  return seen;
}

describe('types that tell of keys', () => {
  const ofKeys = [
    'ApiKey',
    'KeyResolution',
    'KeyResolutionStep',
    'ApiKeyVerification',
    'ApiKeyChangePreview',
    'ApiKeyClearEffect',
    'ApiKeyWarning',
  ];
  const viewer = {
    kind: 'PERSON' as const,
    id: '',
    origin: { requestId: '', sourceAddress: null },
    name: '',
    agencyId: '',
    clientId: null,
    permissions: PORTAL_PERMISSIONS,
  };

  test('are reached by agency admins', () => {
    expect([...reachable({ ...viewer, role: 'AGENCY_ADMIN' }, schema)]).toEqual(
      expect.arrayContaining(ofKeys),
    );
  });

  test.each(['AGENCY_MEMBER', 'PORTAL_USER'] as const)(
    'are reached on no path by %s with every permission',
    (role) => {
      const reached = reachable({ ...viewer, role }, schema);
      expect(ofKeys.filter((type) => reached.has(type))).toEqual([]);
      expect(reached).toContain('Agent');
    },
  );
});

describe('the schema', () => {
  test('has the providers of the list, and no other', () => {
    const definition = parse(emitted['schema/schema.graphql'] ?? '').definitions.find(
      (each) => each.kind === Kind.ENUM_TYPE_DEFINITION && each.name.value === 'Provider',
    );
    const values =
      definition?.kind === Kind.ENUM_TYPE_DEFINITION
        ? (definition.values ?? []).map((value) => value.name.value)
        : [];
    expect(values.sort()).toEqual([...PROVIDERS].sort());
  });

  test('is one by the rules of GraphQL', () => {
    expect(validateSchema(buildBareSchema({} as Services))).toEqual([]);
  });
});
