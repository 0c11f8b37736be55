import { Field, ID, InputType } from 'type-graphql';
import type { Provider } from '../providers';
import type { ProviderAgentKind } from '../providers/provider-agent';
import {
  AGENT_KINDS_DESCRIPTION,
  FROM_NUMBER_DESCRIPTION,
  FROM_NUMBER_OPTIONAL,
  ProviderAgentKindEnum,
} from '../providers/provider-agent.types';
import { ProviderEnum } from '../providers/provider.types';

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
