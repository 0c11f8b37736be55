import type { GraphQLSchema } from 'graphql';
import { Arg, Extensions, Mutation, type ClassType } from 'type-graphql';
import type { AuditEventType } from './audit-event';

/** The events that a mutation records: one at least. */
export type Audited = readonly [AuditEventType, ...AuditEventType[]];

/**
 * The rate limit that a mutation counts against. A key operation shows a key to a provider, changes a key,
 * opens a way in for one, or spends money with one.
 */
export type MutationClass = 'MUTATION' | 'KEY_OPERATION';

/** What a mutation declares beside its types; the schema carries it in the extensions of the field. */
export interface MutationTraits {
  readonly audit: Audited;
  readonly rateClass: MutationClass;
}

/**
 * Declares a mutation together with the events that it records and the rate limit that it counts against:
 * without both it does not compile. A guard test refuses mutations that are declared in any other way.
 */
export function AuditedMutation(
  returns: Parameters<typeof Mutation>[0],
  { description, ...traits }: MutationTraits & { readonly description: string },
): MethodDecorator {
  return (target, key, descriptor) => {
    Mutation(returns, { description })(target, key, descriptor);
    Extensions({ ...traits })(target, key, descriptor);
  };
}

/** The one argument of a mutation. */
export function InputArgument(type: () => ClassType) {
  return Arg('input', type, { description: 'What is to be done. Clients send it as one variable.' });
}

/** The result is undefined for a field that is no mutation of the schema. */
export function traitsOfMutation(schema: GraphQLSchema, mutation: string): MutationTraits | undefined {
  return schema.getMutationType()?.getFields()[mutation]?.extensions as unknown as MutationTraits | undefined;
}
