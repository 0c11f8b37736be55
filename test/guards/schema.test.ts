import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  getNamedType,
  GraphQLObjectType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isScalarType,
  isSpecifiedScalarType,
  isObjectType,
  Kind,
  parse,
  validateSchema,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLSchema,
} from 'graphql';
import {
  PORTAL_PERMISSIONS,
  traitsOfPermission,
  type PortalPermission,
} from '../../src/access/portal-permissions';
import { abilitiesOf } from '../../src/access/abilities';
import { guard, requirementOf } from '../../src/api/guard';
import { open } from '../../src/api/policy';
import { buildBareSchema } from '../../src/api/schema';
import { nodeSources } from '../../src/api/node.resolver';
import type { Services } from '../../src/api/services';
import type { Viewer } from '../../src/access/viewer';
import { ERROR_STATUS } from '../../src/graphql/errors';
import { emittedFiles } from '../../src/emit-schema';
import { PROVIDERS } from '../../src/providers';

const root = join(__dirname, '../..');
const emitted = emittedFiles();
const schema = buildSchema(emitted['schema/schema.graphql'] ?? '');
const objectTypes = Object.values(schema.getTypeMap()).filter(
  (type) => isObjectType(type) && !type.name.startsWith('__'),
) as GraphQLObjectType[];

const sources = nodeSources({} as Services);

describe('the emitted files', () => {
  test.each(Object.keys(emitted))('%s is what the code says: `npm run schema` writes it', (file) => {
    expect(readFileSync(join(root, file), 'utf8')).toBe(emitted[file]);
  });
});

describe('the policy', () => {
  test('leaves no field of Query and Mutation open', () => {
    for (const type of ['Query', 'Mutation']) {
      for (const field of Object.keys((schema.getType(type) as GraphQLObjectType).getFields()))
        expect(requirementOf(type, field)).not.toBe(open);
    }
  });

  test('lets a refused field be null, so that the rest of the answer stands', () => {
    // These belong to every page of whoever an agency knows, and clients rely on their being there. Nobody
    // else has a rest of the answer but `invitations` and `memberships`, which are asked for by themselves.
    const signedIn = ['Query.viewer', 'Query.agency', 'Query.clients', 'Query.apiKeyUploadKey'];
    // A mutation is not null: where one mutation of a request is refused, none of them may run.
    const nonNull = objectTypes
      .filter(({ name }) => name !== 'Mutation')
      .flatMap((type) =>
        Object.values(type.getFields())
          .filter((field) => isNonNullType(field.type))
          .filter((field) => requirementOf(type.name, field.name) !== open)
          .map((field) => `${type.name}.${field.name}`),
      );
    expect(nonNull.sort()).toEqual(signedIn.sort());
  });

  test.each([
    ['a field that is not decided on', 'extend type Agency { unheardOf: String }', 'Agency.unheardOf has'],
    ['a type that is not decided on', 'type Unheard { of: String }', 'Unheard has'],
    ['a type that is named like no wrapper', 'type EdgeOfClient { of: String }', 'EdgeOfClient has'],
  ])('stops the start for %s', (_what, more, name) => {
    expect(() => guard(buildSchema(emitted['schema/schema.graphql'] ?? ''))).not.toThrow();
    expect(() => guard(buildSchema(`${emitted['schema/schema.graphql']} ${more}`))).toThrow(name);
  });

  test('stops the start for a field that it lists and the schema does not have', () => {
    const without = (emitted['schema/schema.graphql'] ?? '').replace(
      '  archivedAt: DateTime',
      '  another: DateTime',
    );
    expect(() => guard(buildSchema(without))).toThrow(
      'src/api/policy.ts: Client.another has no requirement, Client.archivedAt is not in the schema',
    );
  });

  test('leaves payloads, connections and edges open where it does not list them', () => {
    const wrappers = 'type NewPayload { id: ID } type NewEdge { id: ID } type NewConnection { id: ID }';
    expect(() => guard(buildSchema(`${emitted['schema/schema.graphql']} ${wrappers}`))).not.toThrow();
  });

  test("stands in each guarded field's description", () => {
    const field = (schema.getType('Client') as GraphQLObjectType).getFields().apiKeys;
    expect(field?.description).toContain('Requires: agency admin.');
  });
});

const VIEWER = {
  kind: 'PERSON' as const,
  id: '',
  origin: { requestId: '', sourceAddress: null },
  name: '',
  agencyId: '',
  clientId: null,
  permissions: PORTAL_PERMISSIONS,
};

/** The types of which `node` finds objects for a viewer. */
function nodesOf(graph: GraphQLSchema, viewer: Viewer): GraphQLObjectType[] {
  return Object.entries(sources)
    .filter(([, { shownBy }]) => shownBy.some((field) => requirementOf(...field).allows(viewer)))
    .map(([name]) => graph.getType(name) as GraphQLObjectType);
}

/**
 * The types that a viewer can reach from the roots by the fields that it may ask for, by `node` or without.
 */
function reachable(viewer: Viewer, graph: GraphQLSchema, byNode = true): Set<string> {
  const seen = new Set<string>();
  const visit = (type: GraphQLObjectType) => {
    if (seen.has(type.name)) return;
    seen.add(type.name);
    for (const field of Object.values(type.getFields())) {
      const next = getNamedType(field.type);
      if (!requirementOf(type.name, field.name).allows(viewer)) continue;
      if (isObjectType(next)) visit(next);
      if (byNode && isInterfaceType(next)) nodesOf(graph, viewer).forEach(visit);
    }
  };
  for (const root of [graph.getQueryType(), graph.getMutationType()]) if (root) visit(root);
  return seen;
}

function withNeeded(permission: PortalPermission): PortalPermission[] {
  const { needs } = traitsOfPermission(permission);
  return needs ? [permission, ...withNeeded(needs)] : [permission];
}

const VIEWERS: readonly (readonly [string, Pick<Viewer, 'role' | 'permissions'>])[] = [
  ...(['AGENCY_ADMIN', 'AGENCY_MEMBER', 'PORTAL_USER'] as const).map(
    (role) => [role, { role, permissions: PORTAL_PERMISSIONS }] as const,
  ),
  ['a portal user without permissions', { role: 'PORTAL_USER', permissions: [] }],
  ...PORTAL_PERMISSIONS.map(
    (permission) => [permission, { role: 'PORTAL_USER', permissions: withNeeded(permission) }] as const,
  ),
];

describe('every type that has an id', () => {
  const withId = objectTypes.filter((type) => 'id' in type.getFields()).map(({ name }) => name);

  test('is a Node, and is found by `node`', () => {
    const nodes = objectTypes.filter((type) => type.getInterfaces().some(({ name }) => name === 'Node'));
    expect(nodes.map(({ name }) => name).sort()).toEqual(withId.sort());
    expect(Object.keys(sources).sort()).toEqual(withId);
  });

  test.each(VIEWERS)('is found by its id exactly where other fields lead to it: %s', (_who, who) => {
    const reached = reachable({ ...VIEWER, ...who }, schema, false);
    const found = nodesOf(schema, { ...VIEWER, ...who }).map(({ name }) => name);
    expect(found.sort()).toEqual(withId.filter((name) => reached.has(name)).sort());
  });
});

/** For each flag of `Viewer`, a field that whoever has the flag may ask for, and nobody else. */
const FLAGS: Readonly<Record<keyof ReturnType<typeof abilitiesOf>, readonly [string, string]>> = {
  canManageApiKeys: ['Mutation', 'setClientApiKeys'],
  canManagePeople: ['Mutation', 'removePerson'],
  canViewAuditEvents: ['Query', 'auditEvents'],
  canStartTestCalls: ['Mutation', 'startTestCall'],
  canStartCalls: ['Mutation', 'startCall'],
  canViewAgents: ['Query', 'agents'],
  canEditAgents: ['Mutation', 'renameAgent'],
  canViewCalls: ['Query', 'calls'],
  canViewCallDetails: ['Call', 'toNumber'],
  canViewAnalytics: ['Query', 'callAnalytics'],
  canManageBilling: ['Query', 'statements'],
  canViewIntegrations: ['Query', 'keyHandIns'],
  canHandInApiKeys: ['Mutation', 'handInApiKey'],
};

test.each(VIEWERS)('the flags of a viewer say what the policy says: %s', (_who, who) => {
  const viewer = { ...VIEWER, ...who };
  const allowed = Object.entries(FLAGS).map(([flag, field]) => [
    flag,
    requirementOf(...field).allows(viewer),
  ]);
  expect(abilitiesOf(viewer)).toEqual(Object.fromEntries(allowed));
});

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

  test('are reached by agency admins', () => {
    expect([...reachable({ ...VIEWER, role: 'AGENCY_ADMIN' }, schema)]).toEqual(
      expect.arrayContaining(ofKeys),
    );
  });

  test.each(['AGENCY_MEMBER', 'PORTAL_USER'] as const)(
    'are reached on no path by %s with every permission',
    (role) => {
      const reached = reachable({ ...VIEWER, role }, schema);
      expect(ofKeys.filter((type) => reached.has(type))).toEqual([]);
      expect(reached).toContain('Agent');
    },
  );
});

describe('the schema', () => {
  test('has the connections that docs/clients.md tells Apollo Client to page, with their other arguments', () => {
    const document = readFileSync(join(root, 'docs/clients.md'), 'utf8');
    const told = [...document.matchAll(/^ {8}(\w+): relayStylePagination\((?:\[(.*)\])?\)/gm)].map(
      ([, name, args = '']) => [name, args.match(/\w+/g)?.sort() ?? []],
    );
    const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
    const connections = fields
      .filter(({ type }) => getNamedType(type).name.endsWith('Connection'))
      .map(({ name, args }) => [
        name,
        args
          .map((arg) => arg.name)
          .filter((arg) => arg !== 'first' && arg !== 'after')
          .sort(),
      ]);
    expect(told.sort()).toEqual(connections.sort());
  });

  test('has the scalars that docs/clients.md names, in its table and for code generators', () => {
    const document = readFileSync(join(root, 'docs/clients.md'), 'utf8');
    const own = Object.values(schema.getTypeMap())
      .filter((type) => isScalarType(type) && !isSpecifiedScalarType(type))
      .map(({ name }) => name)
      .sort();
    const listed = [...document.matchAll(/^\| `(\w+)` \| `string` \|/gm)].map(([, name]) => name);
    expect(listed.filter((name) => name !== 'ID').sort()).toEqual(own);
    const [, mapped = ''] = /scalars: \{(.*?)\}/s.exec(document) ?? [];
    expect([...mapped.matchAll(/(\w+): 'string'/g)].map(([, name]) => name).sort()).toEqual(own);
  });

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

  test('describes every type, field, argument, input field and value of an enum in a sentence', () => {
    const undescribed: string[] = [];
    const check = (name: string, description: string | null | undefined) => {
      const own = (description ?? '').replace(/(?:^| )Requires: [^.]*\.$/, '');
      if (!/^[`A-Z0-9].*[.!?]$/s.test(own)) undescribed.push(name);
    };
    for (const type of Object.values(schema.getTypeMap())) {
      if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
      check(type.name, type.description);
      if (isEnumType(type))
        for (const value of type.getValues()) check(`${type.name}.${value.name}`, value.description);
      if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
      const fields = Object.values<GraphQLField<unknown, unknown> | GraphQLInputField>(type.getFields());
      for (const field of fields) {
        check(`${type.name}.${field.name}`, field.description);
        for (const arg of 'args' in field ? field.args : [])
          check(`${type.name}.${field.name}(${arg.name})`, arg.description);
      }
    }
    expect(undescribed).toEqual([]);
  });

  test('names no code or other value in a description that it does not have', () => {
    const values = Object.values(schema.getTypeMap()).flatMap((type) =>
      isEnumType(type) ? type.getValues().map(({ name }) => name) : [],
    );
    const known = new Set([...values, ...Object.keys(ERROR_STATUS)]);
    const named = (emitted['schema/schema.graphql'] ?? '').match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? [];
    expect([...new Set(named)].filter((name) => !known.has(name))).toEqual([]);
  });

  test('is one by the rules of GraphQL', () => {
    expect(validateSchema(buildBareSchema())).toEqual([]);
  });
});
