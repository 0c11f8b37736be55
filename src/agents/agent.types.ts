import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Client } from '../clients/client.types';
import { Node } from '../graphql/node';
import { connectionType, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import type { ProviderAgentKind } from '../providers/provider-agent';
import {
  AGENT_KINDS_DESCRIPTION,
  FROM_NUMBER_DESCRIPTION,
  FROM_NUMBER_OPTIONAL,
  ProviderAgentKindEnum,
} from '../providers/provider-agent.types';
import { ProviderEnum } from '../providers/provider.types';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description:
    "A voice agent. It lives at one provider under that provider's own id, and is assigned to one client or to none.",
})
export class Agent {
  @Field(() => ID, { description: 'The id of the agent in Latchkey.' })
  id!: string;

  @Field(() => String, { description: 'The name of the agent, 1-200 characters.' })
  name!: string;

  @Field(() => ProviderEnum, { description: 'The provider at which the agent lives.' })
  provider!: Provider;

  @Field(() => String, {
    nullable: true,
    description:
      "The provider's own id of the agent. Null for a portal user whose client the agent has left since.",
  })
  providerAgentId!: string | null;

  @Field(() => ProviderAgentKindEnum, {
    nullable: true,
    description:
      'What the provider calls that of which `providerAgentId` is the id. Null for a portal user whose client the agent has left since.',
  })
  providerAgentKind!: ProviderAgentKind | null;

  @Field(() => String, {
    nullable: true,
    description: FROM_NUMBER_DESCRIPTION,
  })
  fromNumber!: string | null;
}

export const AgentConnection = connectionType('Agent', Agent);

@InputType({ description: 'An agent to be created.' })
export class CreateAgentInput {
  @Field(() => String, { description: 'The name, of 1-200 characters.' })
  name!: string;

  @Field(() => ProviderEnum, { description: 'The provider at which the agent lives.' })
  provider!: Provider;

  @Field(() => String, {
    description:
      "The provider's own id of the agent: 1-128 printable ASCII characters, in the form that the provider's ids have. An agency has each agent of a provider once.",
  })
  providerAgentId!: string;

  @Field(() => ProviderAgentKindEnum, {
    nullable: true,
    description: `What the id is of. It is an AGENT when not given. ${AGENT_KINDS_DESCRIPTION}`,
  })
  providerAgentKind?: ProviderAgentKind | null;

  @Field(() => String, {
    nullable: true,
    description: `${FROM_NUMBER_DESCRIPTION} ${FROM_NUMBER_OPTIONAL}`,
  })
  fromNumber?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "The client of the agent, which must be active. Without a client, the agent always uses the agency's key.",
  })
  clientId?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'What came of `createAgent`.' })
export class CreateAgentPayload {
  @Field(() => Agent, {
    nullable: true,
    description: 'The agent as it is after the change; null when the input was refused.',
  })
  agent!: Agent | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@InputType({ description: 'An agent and its new name.' })
export class RenameAgentInput {
  @Field(() => ID, {
    description: 'The agent that is to get another name; NOT_FOUND when the viewer has no such agent.',
  })
  agentId!: string;

  @Field(() => String, { description: 'The name, of 1-200 characters.' })
  name!: string;
}

@InputType({ description: 'An agent, and what is to change of it. What is not given stays as it is.' })
export class UpdateAgentInput {
  @Field(() => ID, {
    description: 'The agent that is to be changed; NOT_FOUND when the agency has no such agent.',
  })
  agentId!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "The provider's own id of the agent: 1-128 printable ASCII characters, in the form that the provider's ids have. DUPLICATE when the agency has this agent of the provider already. Null leaves it as it is.",
  })
  providerAgentId?: string | null;

  @Field(() => ProviderAgentKindEnum, {
    nullable: true,
    description: `What the id is of. ${AGENT_KINDS_DESCRIPTION} Null leaves it as it is.`,
  })
  providerAgentKind?: ProviderAgentKind | null;

  @Field(() => String, {
    nullable: true,
    description: `${FROM_NUMBER_DESCRIPTION} Null takes it away; when it is not given, it stays.`,
  })
  fromNumber?: string | null;
}

@InputType({ description: 'An agent and the client that it is to be assigned to.' })
export class AssignAgentInput {
  @Field(() => ID, {
    description: 'The agent that is to be assigned; NOT_FOUND when the agency has no such agent.',
  })
  agentId!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The client, which must be active. Without one the agent is assigned to none.',
  })
  clientId?: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'What came of `renameAgent`, `updateAgent` or `assignAgent`.',
})
export class ChangeAgentPayload extends CreateAgentPayload {
  @Field(() => Client, {
    nullable: true,
    description:
      'The client that `assignAgent` took the agent from, as it is after the change, so that a cache can update its agents. Null when there was none, or when it stays the same.',
  })
  previousClient?: Client | null;
}
