import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { connectionType, UserErrorType } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import { FROM_NUMBER_DESCRIPTION, FROM_NUMBER_OPTIONAL, ProviderEnum } from '../providers/provider.types';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description:
    "A voice agent: lives at one provider under that provider's own id, and is assigned to one client or to none.",
})
export class Agent {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => ProviderEnum)
  provider!: Provider;

  @Field(() => String, {
    nullable: true,
    description:
      "The provider's own id of the agent. Null for a portal user whose client the agent has left since.",
  })
  providerAgentId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: FROM_NUMBER_DESCRIPTION,
  })
  fromNumber!: string | null;
}

export const AgentConnection = connectionType('Agent', Agent);

@InputType()
export class CreateAgentInput {
  @Field(() => String, { description: '1-200 characters.' })
  name!: string;

  @Field(() => ProviderEnum)
  provider!: Provider;

  @Field(() => String, {
    description:
      "The provider's own id of it: 1-128 printable ASCII characters, in the form that the provider's ids have. An agency has each agent of a provider once.",
  })
  providerAgentId!: string;

  @Field(() => String, {
    nullable: true,
    description: `${FROM_NUMBER_DESCRIPTION} ${FROM_NUMBER_OPTIONAL}`,
  })
  fromNumber?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "Without a client, the agent always uses the agency's key.",
  })
  clientId?: string | null;
}

@ObjectType({ simpleResolvers: true })
export class CreateAgentPayload {
  @Field(() => Agent, { nullable: true })
  agent!: Agent | null;

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}

@InputType()
export class RenameAgentInput {
  @Field(() => ID)
  agentId!: string;

  @Field(() => String, { description: '1-200 characters.' })
  name!: string;
}

@InputType()
export class AssignAgentInput {
  @Field(() => ID)
  agentId!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'Of an active client; without one the agent is assigned to none.',
  })
  clientId?: string | null;
}

@ObjectType({ simpleResolvers: true })
export class ChangeAgentPayload extends CreateAgentPayload {}
