import { Field, Int, ObjectType } from 'type-graphql';
import { Agent } from '../../agents/agent.types';
import { UserErrorType } from '../../graphql/schema-types';
import type { UserError } from '../../graphql/user-error';
import { KeySourceEnum, KeyStatusEnum } from '../key-enums';
import type { KeySource, KeyStatus } from '../chain';
import { ApiKeyWarning } from '../key-warning.types';

@ObjectType({ simpleResolvers: true, description: 'What a change of a key would do.' })
export class ApiKeyChangePreview {
  @Field(() => [Agent], {
    description: 'The agents whose calls would use another key than now. At most 100 are listed.',
  })
  affectedAgents!: readonly Agent[];

  @Field(() => Int, { description: 'How many agents would use another key than now.' })
  affectedAgentCount!: number;

  @Field(() => [Agent], {
    description: 'The agents that would be left with no key. At most 100 are listed.',
  })
  agentsWithoutKey!: readonly Agent[];

  @Field(() => Int, { description: 'How many agents would be left with no key.' })
  agentsWithoutKeyCount!: number;

  @Field(() => [Agent], {
    description:
      'The agents that do not exist in the account of the candidate key. For a clear the list is empty.',
  })
  agentsMissingInAccount!: readonly Agent[];

  @Field(() => Int, {
    description:
      'How many agents could not be looked up in that account: there were more than 200, it took too ' +
      'long, or the provider gave no definitive answer.',
  })
  agentsNotChecked!: number;

  @Field(() => Int, {
    description:
      "How many calls on the owner's account go on, as far as is known. After a clear nobody can ask what " +
      'becomes of them, and after a set only if the new key is of the same account.',
  })
  callsInProgressCount!: number;

  @Field(() => KeySourceEnum, {
    nullable: true,
    description: 'Whose key these agents use now. It is null when they have no key.',
  })
  sourceBefore!: KeySource | null;

  @Field(() => KeySourceEnum, {
    nullable: true,
    description: 'Whose key these agents would use after the change. It is null when they would have no key.',
  })
  sourceAfter!: KeySource | null;

  @Field(() => KeyStatusEnum, {
    nullable: true,
    description: 'The outcome of the verification of the candidate key. It is null for a clear.',
  })
  status!: KeyStatus | null;
}

@ObjectType({
  simpleResolvers: true,
  description: "What came of a request to preview a change of one of the agency's own keys.",
})
export class PreviewAgencyApiKeyChangePayload {
  @Field(() => ApiKeyChangePreview, {
    nullable: true,
    description: 'What the change would do. It is null when the request was refused.',
  })
  preview!: ApiKeyChangePreview | null;

  @Field(() => [ApiKeyWarning], {
    description: 'The warnings that setting the candidate key would carry. For a clear the list is empty.',
  })
  warnings!: readonly ApiKeyWarning[];

  @Field(() => [UserErrorType], {
    description: 'Why the request was refused. The list is empty when there is a preview.',
  })
  userErrors!: readonly UserError[];
}

@ObjectType({
  simpleResolvers: true,
  description: "What came of a request to preview a change of one of a client's keys.",
})
export class PreviewClientApiKeyChangePayload extends PreviewAgencyApiKeyChangePayload {}
