import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { Secret } from './secret';

/**
 * This scalar carries a key into the service. Reading a value never fails, because graphql-js quotes a
 * refused value in its error: whatever was sent is wrapped unread and checked by the service. A literal is
 * wrapped too, and is refused by `SecretsFromVariablesRule` with a constant text.
 */
export const SecretScalar = new GraphQLScalarType<Secret, never>({
  name: 'Secret',
  description: `A provider's key that is sent to the service. It is write-only, accepted as a variable only, and never echoed.
It is sent either as it is, or sealed: as a compact JWE (\`ECDH-ES\`, \`A256GCM\`) with the key as its plaintext.
The protected header has the \`kid\` of \`apiKeyUploadKey\`, \`lk_owner\` (the id of the client, or of the agency,
whose key it is), \`lk_provider\` (the value of \`provider\`) and \`lk_region\` (that of \`region\`; a header without it
stands for \`US\`). A sealed key is good for this owner, provider and region and for nothing else, and only once. Sent again while the key that it set is in force, it changes nothing and the answer
shows the current state; otherwise it is refused with \`SEALED_KEY_USED\`.`,
  serialize() {
    throw new GraphQLError('A secret cannot be read.');
  },
  parseValue: (value) => new Secret(value),
  parseLiteral: (node) => new Secret(node.kind === Kind.STRING ? node.value : undefined),
});
