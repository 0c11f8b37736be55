import { Field, ID, InterfaceType } from 'type-graphql';

interface Typed {
  readonly __typename: string;
}

@InterfaceType('Node', {
  description: 'An object that can be asked for again by its id alone.',
  // Every implementation is reached by a field of its own, and so is registered already.
  autoRegisterImplementations: false,
  resolveType: (node: Typed) => node.__typename,
})
export abstract class Node {
  @Field(() => ID, { description: 'The id of the object, unique among the objects of all types.' })
  id!: string;
}

/** An object that `node` found, which says itself of what type it is. */
export type FoundNode = Node & Typed;

/** Lets an object answer as a `Node`. It is one that was made for this answer. */
export function asNode(typename: string, object: object): FoundNode {
  return Object.assign(object as Node, { __typename: typename });
}

const SEPARATOR = ':';

/**
 * Makes the id of something that has no row of its own from its type and from what tells it from others of
 * its type. To clients the id is opaque, as all ids are. It is the same in every answer, and no other object
 * has it.
 */
export function derivedId(type: string, ...parts: readonly string[]): string {
  return Buffer.from([type, ...parts].join(SEPARATOR)).toString('base64url');
}

/** Answers of which parts a derived id was made; null for a text that is no id of this type and so many. */
export function partsOfDerivedId(type: string, count: number, id: string): readonly string[] | null {
  const [of, ...parts] = Buffer.from(id, 'base64url').toString().split(SEPARATOR);
  if (of !== type || parts.length !== count) return null;
  // Base64 has several spellings of the same bytes, of which only one was given out.
  return derivedId(type, ...parts) === id ? parts : null;
}
