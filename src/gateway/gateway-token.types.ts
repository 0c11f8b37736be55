import { Field, ID, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { connectionType, DateTime, enumOf, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import { GATEWAY_SCOPES, type GatewayScope } from './gateway-token';
import type { GatewayTokenRow } from './gateway-token.entity';

export const GatewayScopeEnum = enumOf(
  'GatewayScope',
  GATEWAY_SCOPES,
  'What a gateway token is good for, as a group of operations of its providers.',
  {
    READ: 'Read agents, calls, numbers and the like. Nothing is changed, and nothing costs money.',
    PLACE_CALLS: 'Place calls, and end them.',
  },
);

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description:
    "What an integration puts in place of a provider's key, to use the provider's API through Latchkey. It is good for nothing else. The token itself is not shown.",
})
export class GatewayToken {
  @Field(() => ID, { description: 'The id of the gateway token, which is no secret.' })
  id!: string;

  @Field(() => String, { description: 'The name of the gateway token, 1-200 characters.' })
  name!: string;

  @Field(() => String, {
    description: 'The first 10 characters of the token, by which people recognise it.',
  })
  prefix!: string;

  @Field(() => [ProviderEnum], { description: 'The providers that the token reaches.' })
  providers!: readonly Provider[];

  @Field(() => [GatewayScopeEnum], { description: 'What the token is good for there.' })
  scopes!: readonly GatewayScope[];

  @Field(() => DateTime, { description: 'When the gateway token was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'From this time on the gateway token is refused.' })
  expiresAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the gateway token was last used, to the minute; null when it was never used.',
  })
  lastUsedAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the gateway token was revoked; null when it was not.',
  })
  revokedAt!: Date | null;
}

export const GatewayTokenConnection = connectionType('GatewayToken', GatewayToken);

@ObjectType({ simpleResolvers: true, description: 'What came of `revokeGatewayToken`.' })
export class RevokeGatewayTokenPayload {
  @Field(() => GatewayToken, {
    nullable: true,
    description: 'The gateway token as it is after the change; null when the input was refused.',
  })
  gatewayToken!: GatewayTokenRow | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'What came of `createGatewayToken`.' })
export class CreateGatewayTokenPayload extends RevokeGatewayTokenPayload {
  @Field(() => String, {
    nullable: true,
    description: 'The token, to be put in place of a key. It is shown here and never again.',
  })
  token!: string | null;
}
