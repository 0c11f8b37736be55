import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { Secret } from './secret';

/**
 * A key on its way in. Reading a value never fails, since graphql-js quotes the value in the error: whatever was sent is wrapped
 * unread and checked by the service. A literal is wrapped too, and refused by `SecretsFromVariablesRule` with a constant text.
 */
export const SecretScalar = new GraphQLScalarType<Secret, never>({
  name: 'Secret',
  description: `A provider's key on its way in. Write-only, accepted as a variable only, never echoed. Either the key as it is, or sealed: a
compact JWE (\`ECDH-ES\`, \`A256GCM\`, the \`kid\` of \`apiKeyUploadKey\`) with the key as its text, which nobody between can read. A sealed
key is an envelope, not a permission: who gets hold of one cannot read it, and cannot use it in another agency; but whoever may set keys
in the same agency can send it once more, for any of its clients, until the upload key expires.`,
  serialize() {
    throw new GraphQLError('A secret cannot be read.');
  },
  parseValue: (value) => new Secret(value),
  parseLiteral: (node) => new Secret(node.kind === Kind.STRING ? node.value : undefined),
});
