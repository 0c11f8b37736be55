import { Extensions, Mutation } from 'type-graphql';
import type { AuditEventType } from './audit-event';

/** The events that a mutation records, or why it records none. */
export type Audited = readonly [AuditEventType, ...AuditEventType[]] | { readonly none: string };

/**
 * A mutation, with the events that it records. The only way to declare one (a guard test holds that): without `audit` it does not
 * compile.
 */
export function AuditedMutation(
  returns: Parameters<typeof Mutation>[0],
  { audit, description }: { audit: Audited; description?: string },
): MethodDecorator {
  return (target, key, descriptor) => {
    Mutation(returns, description === undefined ? {} : { description })(target, key, descriptor);
    Extensions({ audit })(target, key, descriptor);
  };
}
