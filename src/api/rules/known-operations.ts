import { GraphQLError, type ASTVisitor, type ValidationContext } from 'graphql';

/**
 * Refuses operations of a type that the schema does not have, such as subscriptions. By itself, graphql-js 16
 * finds them only when it executes them.
 */
export function KnownOperationTypesRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (context.getSchema().getRootType(node.operation)) return;
      context.reportError(new GraphQLError('The schema has no operations of this type.', { nodes: node }));
    },
  };
}
