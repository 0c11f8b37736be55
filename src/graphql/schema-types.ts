import { GraphQLDateTime } from 'graphql-scalars';
import { Field, Int, ObjectType, registerEnumType, type ClassType } from 'type-graphql';
import type { Page } from './page';
import { USER_ERRORS, type UserErrorCode } from './user-error';

export { GraphQLDateTime as DateTime };

/** Registers a GraphQL enum whose values are its names, from the list that the code goes by. */
export function enumOf<V extends string>(
  name: string,
  values: readonly V[],
  description: string,
  valueDescriptions: Partial<Record<V, string>> = {},
) {
  const object = Object.fromEntries(values.map((value) => [value, value])) as Record<V, V>;
  const valuesConfig = Object.fromEntries(
    values.map((value) => [value, { description: valueDescriptions[value] }]),
  );
  registerEnumType(object, {
    name,
    description,
    valuesConfig: valuesConfig as Record<V, { description?: string }>,
  });
  return object;
}

export const UserErrorCodeEnum = enumOf(
  'UserErrorCode',
  Object.keys(USER_ERRORS) as UserErrorCode[],
  'Why an input was refused.',
  USER_ERRORS,
);

@ObjectType('UserError', {
  simpleResolvers: true,
  description:
    'What the user can put right. Permission and authentication failures are top-level errors instead.',
})
export class UserErrorType {
  @Field(() => UserErrorCodeEnum)
  code!: UserErrorCode;

  @Field(() => [String], {
    nullable: true,
    description:
      'The path from the arguments to the value that was refused, e.g. `["input", "keys", "0", "apiKey"]`.',
  })
  field!: string[] | null;

  @Field(() => String)
  message!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Where a page of a list lies.' })
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'True for every page that was asked for with `after`.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true })
  startCursor!: string | null;

  @Field(() => String, { nullable: true })
  endCursor!: string | null;
}

/** The Relay connection of a node type. */
export function connectionType<T extends { readonly id: string }>(
  name: string,
  node: ClassType<T>,
): ClassType<Pick<Page<T>, 'nodes' | 'edges' | 'pageInfo' | 'totalCount'>> {
  @ObjectType(`${name}Edge`, { simpleResolvers: true })
  class Edge {
    @Field(() => String, { description: 'Opaque; give it as `after` to go on behind this node.' })
    cursor!: string;

    @Field(() => node)
    node!: T;
  }

  @ObjectType(`${name}Connection`, {
    simpleResolvers: true,
    description: 'A page of a list in a stable order: that of creation.',
  })
  class Connection {
    @Field(() => [Edge])
    edges!: Edge[];

    @Field(() => [node])
    nodes!: T[];

    @Field(() => PageInfo)
    pageInfo!: PageInfo;

    @Field(() => Int, { description: 'Of the whole list. Counted only when asked for.' })
    totalCount!: () => Promise<number>;
  }
  return Connection;
}
