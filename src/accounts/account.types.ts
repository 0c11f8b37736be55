import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Agent } from '../agents/agent.types';
import type { AgentRow } from '../agents/agent.entity';
import { UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import { KeySourceEnum } from '../keys/api-key.types';
import type { KeySource } from '../keys/chain';
import type { Provider } from '../providers';
import { LISTING_TIME_MS, MAX_LIST_PAGES, MAX_LISTED } from '../providers/list-requests';
import type { ProviderAgentKind } from '../providers/provider-agent';
import { ProviderErrorType } from '../providers/provider-error.types';
import { FROM_NUMBER_DESCRIPTION, ProviderAgentKindEnum } from '../providers/provider-agent.types';
import { ProviderEnum } from '../providers/provider.types';
import type { ImportedAgent as Found } from './agent-import.service';
import type { ShownNumber } from './phone-number.service';

const LIMITS = `At most ${MAX_LISTED} are listed, from at most ${MAX_LIST_PAGES} pages of the provider's, in at most ${LISTING_TIME_MS / 1000} seconds.`;

@InputType({ description: 'Which account is compared with the agents of the agency, and what is created.' })
export class ImportAgentsInput {
  @Field(() => ID, {
    nullable: true,
    description:
      "The client, which must be active. Its own account is listed if it has a key for the provider, and the agency's otherwise, as for its calls. The agents that are created are assigned to it. Without a client the agency's own account is listed, and they are assigned to none.",
  })
  clientId?: string | null;

  @Field(() => ProviderEnum, { description: 'The provider whose account is listed.' })
  provider!: Provider;

  @Field(() => [String], {
    nullable: true,
    description: `The agents that are created, by the provider's ids of them, at most ${MAX_LISTED}. When not given, all that the agency does not have yet are. An id that the account does not have is NOT_FOUND, and then nothing is created.`,
  })
  providerAgentIds?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether nothing is created, so that the account is only compared. False when not given.',
  })
  dryRun?: boolean | null;
}

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

  @Field(() => [ImportedAgentType], { description: `The agents that the account has. ${LIMITS}` })
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

@ObjectType({
  simpleResolvers: true,
  description: 'A phone number of an account, from which its agents can call.',
})
export class PhoneNumber {
  @Field(() => String, {
    description: `What \`fromNumber\` of an agent is to be. ${FROM_NUMBER_DESCRIPTION}`,
  })
  fromNumber!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The number in E.164 form. Null where the provider tells none, e.g. for a SIP address.',
  })
  phoneNumber!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What the number is called at the provider, at most 200 characters.',
  })
  label!: string | null;

  @Field(() => [String], {
    description:
      "The provider's ids of the agents that the provider has bound to the number. Other agents of the account can call from it as well.",
  })
  providerAgentIds!: readonly string[];
}

@ObjectType({ simpleResolvers: true, description: 'The phone numbers of an account.' })
export class PhoneNumberList {
  @Field(() => KeySourceEnum, {
    nullable: true,
    description: 'Whose account was listed. Null where there is no key for it, or none that opens.',
  })
  keySource!: KeySource | null;

  @Field(() => [PhoneNumber], { description: `The numbers, in the order of the provider. ${LIMITS}` })
  numbers!: readonly ShownNumber[];

  @Field(() => Boolean, {
    description:
      'Whether these are all numbers of the account. It is false as well where the provider did not answer.',
  })
  isComplete!: boolean;

  @Field(() => ProviderErrorType, { nullable: true, description: 'Why the account could not be listed.' })
  error!: ProviderErrorType | null;
}
