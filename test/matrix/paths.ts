import {
  getNamedType,
  isCompositeType,
  isObjectType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

/**
 * Arguments of the fields at the root, so that an agency admin gets what there is below them, and behind a
 * full stop those of fields elsewhere. `$key` is a good key.
 */
export type RootArguments = Readonly<Record<string, string>>;

/**
 * A field of the schema with a way to it from the root: the names of the fields on the way, itself the last.
 */
export interface FieldPath {
  readonly name: string;
  readonly kind: 'query' | 'mutation';
  readonly path: readonly string[];
  readonly isObject: boolean;
}

/**
 * The shortest way to every field that can be reached, by the root fields in the order in which they are
 * given; or another that is given for it.
 */
export function pathsOf(
  schema: GraphQLSchema,
  roots: RootArguments,
  detours: Readonly<Record<string, readonly string[]>>,
): FieldPath[] {
  const found: FieldPath[] = [];
  const seen = new Set<string>();
  const queue: { type: GraphQLObjectType; kind: FieldPath['kind']; path: readonly string[] }[] = [];
  const visit = (
    type: GraphQLObjectType,
    kind: FieldPath['kind'],
    path: readonly string[],
    fields: readonly string[],
  ) => {
    for (const field of fields) {
      const next = getNamedType(type.getFields()[field]?.type);
      const own = [...path, field];
      const name = `${type.name}.${field}`;
      const way = detours[name] ?? own;
      found.push({ name, kind, path: way, isObject: isCompositeType(next) });
      if (!isObjectType(next) || seen.has(next.name)) continue;
      seen.add(next.name);
      queue.push({ type: next, kind, path: own });
    }
  };
  for (const [kind, type] of [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
  ] as const) {
    if (type)
      visit(
        type,
        kind,
        [],
        Object.keys(roots).filter((field) => field in type.getFields()),
      );
    for (let each = queue.shift(); each; each = queue.shift())
      visit(each.type, each.kind, each.path, Object.keys(each.type.getFields()));
  }
  return found;
}

/** Groups fields below the root that are reached in the same way: one document asks for all of a group. */
export function besideEachOther(fields: readonly FieldPath[]): FieldPath[][] {
  const groups = new Map<string, FieldPath[]>();
  for (const field of fields) {
    const { name, kind, path } = field;
    const parent = path.length === 1 ? name : `${kind} ${path.slice(0, -1).join('.')}`;
    groups.set(parent, [...(groups.get(parent) ?? []), field]);
  }
  return [...groups.values()];
}

/** The document that asks for fields of one group. */
export function documentOf(fields: readonly FieldPath[], roots: RootArguments): string {
  const [{ kind, path } = { kind: 'query', path: [] }] = fields;
  const leaves = fields.map(({ path, isObject }) =>
    selectionOf(path.length - 1, path.at(-1) ?? '', roots, isObject ? '__typename' : ''),
  );
  const body = path
    .slice(0, -1)
    .reduceRight((inner, field, depth) => selectionOf(depth, field, roots, inner), leaves.join(' '));
  return `${kind} ${body.includes('$key') ? '($key: Secret!) ' : ''}{ ${body} }`;
}

function selectionOf(depth: number, field: string, roots: RootArguments, inner: string): string {
  const given = roots[depth === 0 ? field : `.${field}`] ?? '';
  return `${field}${given}${inner === '' ? '' : ` { ${inner} }`}`;
}
