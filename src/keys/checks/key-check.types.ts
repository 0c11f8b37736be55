import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Agent } from '../../agents/agent.types';
import { UserErrorType } from '../../graphql/schema-types';
import type { UserError } from '../../graphql/user-error';
import type { Provider } from '../../providers';
import type { ProviderRegion } from '../../providers/provider';
import { ProviderErrorType } from '../../providers/provider-error.types';
import { ProviderEnum, ProviderRegionEnum, REGION_DESCRIPTION } from '../../providers/provider.types';
import type { Secret } from '../../vault/secret';
import { SecretScalar } from '../../vault/secret.scalar';
import { ApiKey, KeySourceEnum, KeyStatusEnum } from '../api-key.types';
import type { KeySource, KeyStatus } from '../chain';
import { ApiKeyWarning } from '../key-warning.types';
import { OwningAgency, OwningClient, type ShownOwner } from '../shown-owner.types';

@InputType({ description: "The agency's own keys that are to be verified." })
export class VerifyAgencyApiKeysInput {
  @Field(() => [ProviderEnum], {
    nullable: true,
    description:
      'The providers whose keys are verified, each at most once. When not given, every key that is set is.',
  })
  providers?: Provider[] | null;
}

@InputType({ description: 'The keys of a client that are to be verified.' })
export class VerifyClientApiKeysInput extends VerifyAgencyApiKeysInput {
  @Field(() => ID, { description: 'The client whose keys are verified.' })
  clientId!: string;
}

@InputType({
  description:
    "A change of one of the agency's own keys. With a candidate key, it asks what setting that key " +
    'would do; without one, what clearing would do.',
})
export class PreviewAgencyApiKeyChangeInput {
  @Field(() => ProviderEnum, { description: 'The provider whose key would be changed.' })
  provider!: Provider;

  @Field(() => SecretScalar, {
    nullable: true,
    description: 'The candidate key, in the form that a set takes it. It is not stored.',
  })
  apiKey?: Secret | null;

  @Field(() => ProviderRegionEnum, { nullable: true, description: REGION_DESCRIPTION })
  region?: ProviderRegion | null;
}

@InputType({
  description:
    "A change of one of a client's keys. With a candidate key, it asks what setting that key would " +
    'do; without one, what clearing would do.',
})
export class PreviewClientApiKeyChangeInput extends PreviewAgencyApiKeyChangeInput {
  @Field(() => ID, { description: 'The client whose key would be changed.' })
  clientId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of the verification of one key.' })
export class ApiKeyVerification {
  @Field(() => ApiKey, { description: 'The key as it is after the verification.' })
  apiKey!: ApiKey;

  @Field(() => KeyStatusEnum, {
    description:
      'The outcome of this verification. After an inconclusive one, `apiKey.status` keeps what was ' +
      'known before.',
  })
  status!: KeyStatus;

  @Field(() => ProviderErrorType, {
    nullable: true,
    description: 'What the provider answered. It is null when the provider simply accepted the key.',
  })
  error!: ProviderErrorType | null;

  @Field(() => [Agent], { description: "The owner's agents that do not exist in the key's account." })
  agentsMissingInAccount!: readonly Agent[];

  @Field(() => Int, {
    description:
      "How many of the owner's agents could not be looked up: there were more than 200, it took too " +
      'long, or the provider gave no definitive answer.',
  })
  agentsNotChecked!: number;
}

@ObjectType({ simpleResolvers: true, description: 'What came of a request to verify keys.' })
export class VerifyApiKeysPayload implements ShownOwner {
  @Field(() => [ApiKeyVerification], {
    description: 'One result for each key that was verified. The list is empty when the request was refused.',
  })
  results!: readonly ApiKeyVerification[];

  @OwningClient()
  client!: ShownOwner['client'];

  @OwningAgency()
  agency!: ShownOwner['agency'];

  @Field(() => [UserErrorType], {
    description: 'Why the request was refused. The list is empty when the keys were verified.',
  })
  userErrors!: readonly UserError[];
}

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
