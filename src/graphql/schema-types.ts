import { GraphQLError, GraphQLScalarType, Kind, type ASTNode } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { Field, Int, ObjectType, registerEnumType, type ClassType } from 'type-graphql';
import { isDay, type Day } from '../platform/calendar';
import type { Page } from './page';
import { USER_ERRORS, type UserErrorCode } from './user-error';

export const DateTime = new GraphQLScalarType<Date, Date>({
  ...GraphQLDateTime.toConfig(),
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
});

function parseDay(value: unknown, node?: ASTNode): Day {
  if (typeof value === 'string' && isDay(value)) return value;
  throw new GraphQLError('A day of the calendar, e.g. "2026-11-27".', { nodes: node ?? null });
}

export const DayScalar = new GraphQLScalarType<Day, Day>({
  name: 'Date',
  description: 'A day without a time zone, e.g. `2026-11-27`.',
  serialize: parseDay,
  parseValue: (value) => parseDay(value),
  parseLiteral: (node) => parseDay(node.kind === Kind.STRING ? node.value : null, node),
});

/** Registers a GraphQL enum whose values are its names, from the list that the code goes by. */
export function enumOf<V extends string>(
  name: string,
  values: readonly V[],
  description: string,
  valueDescriptions: Readonly<Record<V, string | { readonly description: string }>>,
) {
  const object = Object.fromEntries(values.map((value) => [value, value])) as Record<V, V>;
  const valuesConfig = Object.fromEntries(
    values.map((value) => {
      const described: string | { readonly description: string } = valueDescriptions[value];
      return [value, { description: typeof described === 'string' ? described : described.description }];
    }),
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
  @Field(() => UserErrorCodeEnum, { description: 'Why the input was refused, as a code.' })
  code!: UserErrorCode;

  @Field(() => [String], {
    nullable: true,
    description:
      'The path from the arguments to the value that was refused, e.g. `["input", "keys", "0", "apiKey"]`.',
  })
  field!: string[] | null;

  @Field(() => String, { description: 'The same for people to read. It never repeats a key.' })
  message!: string;
}

/** The errors of a payload. */
export function UserErrorsField() {
  return Field(() => [UserErrorType], {
    description: 'What the user can put right; empty when there is nothing.',
  });
}

@ObjectType({ simpleResolvers: true, description: 'Where a page of a list lies.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether the list goes on behind this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, {
    description: 'Whether the page was asked for with `after`, so that something stands before it.',
  })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The cursor of the first object of the page; null for an empty page.',
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The cursor of the last object of the page, to be given as `after` for the next one; null for an empty page.',
  })
  endCursor!: string | null;
}

/** The Relay connection of a node type. */
export function connectionType<T extends { readonly id: string }>(
  name: string,
  node: ClassType<T>,
): ClassType<Pick<Page<T>, 'nodes' | 'edges' | 'pageInfo' | 'totalCount'>> {
  @ObjectType(`${name}Edge`, {
    simpleResolvers: true,
    description: `One ${name} of a page, with its cursor.`,
  })
  class Edge {
    @Field(() => String, {
      description: 'An opaque text: given as `after`, it makes a page start behind this object.',
    })
    cursor!: string;

    @Field(() => node, { description: `The ${name}.` })
    node!: T;
  }

  @ObjectType(`${name}Connection`, {
    simpleResolvers: true,
    description: 'A page of a list. The order of the list is stable.',
  })
  class Connection {
    @Field(() => [Edge], { description: 'The objects of the page, each with its cursor.' })
    edges!: Edge[];

    @Field(() => [node], { description: 'The objects of the page, without their cursors.' })
    nodes!: T[];

    @Field(() => PageInfo, { description: 'Where the page lies in the list.' })
    pageInfo!: PageInfo;

    @Field(() => Int, {
      description: 'The number of objects in the whole list. It is counted only when it is asked for.',
    })
    totalCount!: () => Promise<number>;
  }
  return Connection;
}
