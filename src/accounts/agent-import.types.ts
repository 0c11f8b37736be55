import { Field, ObjectType } from 'type-graphql';
import { Agent } from '../agents/agent.types';
import type { AgentRow } from '../agents/agent.entity';
import { UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import { KeySourceEnum } from '../keys/key-enums';
import type { KeySource } from '../keys/chain';
import { MAX_LISTED } from '../providers/list-requests';
import type { ProviderAgentKind } from '../providers/provider-agent';
import { ProviderErrorType } from '../providers/provider-error.types';
import { ProviderAgentKindEnum } from '../providers/provider-agent.types';
import type { ImportedAgent as Found } from './agent-import.service';
import { LISTING_LIMITS } from './listing-limits';

@ObjectType('ImportedAgent', { simpleResolvers: true, description: 'An agent that an account has.' })
export class ImportedAgentType {
  @Field(() => String, { description: "The provider's own id of the agent." })
  providerAgentId!: string;

  @Field(() => ProviderAgentKindEnum, { description: 'Which kind of agent it is at its provider.' })
  providerAgentKind!: ProviderAgentKind;

  @Field(() => String, {
    description: 'The name of the agent at its provider, at most 200 characters; its id where it has none.',
  })
  name!: string;

  @Field(() => Agent, {
    nullable: true,
    description:
      'The agent of the agency that it is, whichever client that is assigned to; after an import also one that was created. Null where the agency has none.',
  })
  agent!: AgentRow | null;
}

@ObjectType({ simpleResolvers: true, description: 'What came of `importAgents`.' })
export class ImportAgentsPayload {
  @Field(() => KeySourceEnum, {
    nullable: true,
    description: 'Whose account was listed. Null where none was asked for anything.',
  })
  keySource!: KeySource | null;

  @Field(() => [ImportedAgentType], { description: `The agents that the account has. ${LISTING_LIMITS}` })
  found!: readonly Found[];

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether `found` is all that the account has. Null where it was not listed.',
  })
  isComplete!: boolean | null;

  @Field(() => [Agent], {
    description: 'The agents that were created. They have no number to call from yet.',
  })
  created!: readonly AgentRow[];

  @Field(() => [Agent], {
    description: `The agents whose calls use this account, and that do not exist in it; of the client alone, where one is named. At most ${MAX_LISTED}. It is empty unless \`isComplete\`. The alert AGENTS_MISSING_IN_ACCOUNT follows it, after a dry run as well.`,
  })
  missing!: readonly AgentRow[];

  @Field(() => ProviderErrorType, {
    nullable: true,
    description: 'Why the account could not be listed. Nothing was created then.',
  })
  error!: ProviderErrorType | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}
