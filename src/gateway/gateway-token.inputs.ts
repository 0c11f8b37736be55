import { Field, ID, InputType } from 'type-graphql';
import { DateTime } from '../graphql/schema-types';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import type { GatewayScope } from './gateway-token';
import { MAX_LIFETIME } from './gateway-token.service';
import { GatewayScopeEnum } from './gateway-token.types';

@InputType({ description: 'A gateway token to be created.' })
export class CreateGatewayTokenInput {
  @Field(() => String, { description: 'The name, of 1-200 characters.' })
  name!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      "The only client whose agents and keys the token reaches; NOT_FOUND when the agency has no such client. When it is not given, the token reaches all agents of the agency, and what names no agent uses the agency's own key.",
  })
  clientId?: string | null;

  @Field(() => [ProviderEnum], { description: 'The providers that the token is to reach, at least one.' })
  providers!: Provider[];

  @Field(() => [GatewayScopeEnum], { description: 'What the token is to be good for, at least one.' })
  scopes!: GatewayScope[];

  @Field(() => DateTime, {
    description: `From when on the token is refused: a time within the next ${MAX_LIFETIME} days.`,
  })
  expiresAt!: Date;
}

@InputType({ description: 'A gateway token to be revoked.' })
export class RevokeGatewayTokenInput {
  @Field(() => ID, {
    description:
      'The gateway token that is to be revoked; NOT_FOUND when the agency has no such gateway token.',
  })
  gatewayTokenId!: string;
}
