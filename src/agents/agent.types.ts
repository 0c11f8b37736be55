import { Field, ID, ObjectType } from 'type-graphql';
import { Client } from '../clients/client.types';
import { Node } from '../graphql/node';
import { connectionType, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import type { ProviderAgentKind } from '../providers/provider-agent';
import { FROM_NUMBER_DESCRIPTION, ProviderAgentKindEnum } from '../providers/provider-agent.types';
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
      'What the agent is at its provider, where `providerAgentId` is its id. Null for a portal user whose client the agent has left since.',
  })
  providerAgentKind!: ProviderAgentKind | null;

  @Field(() => String, {
    nullable: true,
    description: FROM_NUMBER_DESCRIPTION,
  })
  fromNumber!: string | null;
}

export const AgentConnection = connectionType('Agent', Agent);

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
