import { Field, Int, ObjectType } from 'type-graphql';
import { Agent } from '../../agents/agent.types';
import { UserErrorType } from '../../graphql/schema-types';
import type { UserError } from '../../graphql/user-error';
import { ProviderErrorType } from '../../providers/provider-error.types';
import { ApiKey } from '../api-key.types';
import { KeyStatusEnum } from '../key-enums';
import type { KeyStatus } from '../chain';
import { OwningAgency, OwningClient, type ShownOwner } from '../shown-owner.types';

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
