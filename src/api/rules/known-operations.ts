import type { ASTVisitor, ValidationContext } from 'graphql';
import { PublicError } from '../../graphql/errors';

const NO_SUBSCRIPTIONS = 'There are no subscriptions here. Ask again from time to time instead.';

/**
 * Refuses operations of a type that the schema does not have: these are subscriptions alone. By itself,
 * graphql-js 16 finds them only when it executes them.
 */
export function KnownOperationTypesRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (context.getSchema().getRootType(node.operation)) return;
      context.reportError(new PublicError(NO_SUBSCRIPTIONS, { code: 'GRAPHQL_VALIDATION_FAILED' }, node));
    },
  };
}
