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
  readonly document: string;
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
      found.push({ name, kind, path: way, document: documentOf(kind, way, roots, isCompositeType(next)) });
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

function documentOf(
  kind: string,
  [root = '', ...rest]: readonly string[],
  roots: RootArguments,
  isObject: boolean,
): string {
  const inner = rest.reduceRight(
    (selection, field) => ` { ${field}${roots[`.${field}`] ?? ''}${selection} }`,
    isObject ? ' { __typename }' : '',
  );
  const body = `${root}${roots[root] ?? ''}${inner}`;
  return `${kind} ${body.includes('$key') ? '($key: Secret!) ' : ''}{ ${body} }`;
}
