import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { Secret } from './secret';

/**
 * A key on its way in. Reading a value never fails, since graphql-js quotes the value in the error: whatever was sent is wrapped
 * unread and checked by the service. A literal is wrapped too, and refused by `SecretsFromVariablesRule` with a constant text.
 */
export const SecretScalar = new GraphQLScalarType<Secret, never>({
  name: 'Secret',
  description: "A provider's key on its way in. Write-only, accepted as a variable only, never echoed.",
  serialize() {
    throw new GraphQLError('A secret cannot be read.');
  },
  parseValue: (value) => new Secret(value),
  parseLiteral: (node) => new Secret(node.kind === Kind.STRING ? node.value : undefined),
});
