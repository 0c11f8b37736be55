import { getNamedType, type ASTVisitor, type ValidationContext, type ValueNode } from 'graphql';
import { PublicError } from '../../graphql/errors';
import { SecretScalar } from '../../vault/secret.scalar';

const SECRET_IN_DOCUMENT = 'A key is accepted as a variable only: declare a variable of type `Secret!`.';

/**
 * Refuses secrets that are written into the document: documents are logged, cached and kept in histories;
 * variables are not.
 */
export function SecretsFromVariablesRule(context: ValidationContext): ASTVisitor {
  const check = (node: ValueNode) => {
    const type = context.getInputType();
    if (!type || getNamedType(type).name !== SecretScalar.name) return;
    context.reportError(new PublicError(SECRET_IN_DOCUMENT, { code: 'GRAPHQL_VALIDATION_FAILED' }, node));
  };
  return {
    StringValue: check,
    IntValue: check,
    FloatValue: check,
    BooleanValue: check,
    EnumValue: check,
    ObjectValue: check,
  };
}
