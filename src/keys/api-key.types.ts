import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { Agent } from '../agents/agent.types';
import { Client } from '../clients/client.types';
import { DateTime, enumOf, UserErrorType } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import {
  ProviderEnum,
  ProviderErrorType,
  ProviderRegionEnum,
  REGION_DESCRIPTION,
} from '../providers/provider.types';
import type { Secret } from '../vault/secret';
import { SecretScalar } from '../vault/secret.scalar';
import { KEY_SOURCES, KEY_STATUSES, type KeySource, type KeyStatus } from './chain';
import { OwningAgency, OwningClient, type ShownOwner } from './shown-owner.types';
import { WARNING_CODES, type KeyWarning } from './changes/duplicates';

export const KeySourceEnum = enumOf('KeySource', KEY_SOURCES, 'Whose key a call uses.');

export const KeyStatusEnum = enumOf(
  'KeyStatus',
  KEY_STATUSES,
  'What is known of a key. Only a definitive answer of the provider makes a key INVALID; an outage never does.',
  {
    UNVERIFIED: 'Set, and not yet shown to the provider.',
    VALID: 'The provider accepted it when it was last asked.',
    INVALID: 'The provider does not accept it: wrong, expired or revoked.',
    INSUFFICIENT_PERMISSIONS:
      'Accepted, but not for what the platform has to do with it (a restricted key, a public key).',
    OUT_OF_FUNDS: 'Accepted, but the balance or plan of its account does not allow calls.',
    UNREACHABLE: 'The provider gave no definitive answer; nothing is known of the key.',
    UNREADABLE:
      'What is stored does not open: altered, or sealed with a master key that is gone. It is never replaced by another key.',
  },
);

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: "The place of one owner's key for one provider. Never the key itself.",
})
export class ApiKey {
  @Field(() => ID, {
    description: 'Of the place: the same before a key is set for the first time, and after it was cleared.',
  })
  id!: string;

  @Field(() => ProviderEnum)
  provider!: Provider;

  @Field(() => Boolean)
  isSet!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'Eight dots and the last four characters, whatever the length; for keys shorter than 16 the dots alone. Never the key.',
  })
  maskedKey!: string | null;

  @Field(() => ProviderRegionEnum, {
    nullable: true,
    description: 'Where the account of the key is; null when no key is set.',
  })
  region!: ProviderRegion | null;

  @Field(() => KeyStatusEnum)
  status!: KeyStatus;

  @Field(() => Int, { description: 'Goes up with every set and every clear; 0 when never set.' })
  version!: number;

  @Field(() => DateTime, { nullable: true, description: 'Of the last set or clear.' })
  updatedAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the provider last gave a definitive answer about this key.',
  })
  lastVerifiedAt!: Date | null;

  @Field(() => ProviderErrorType, {
    nullable: true,
    description: 'Of the last verification, if the provider did not simply accept the key.',
  })
  lastError!: ProviderErrorType | null;
}

@ObjectType({ simpleResolvers: true })
export class KeyResolutionStep {
  @Field(() => KeySourceEnum)
  source!: KeySource;

  @Field(() => Boolean)
  isSet!: boolean;

  @Field(() => Boolean)
  taken!: boolean;

  @Field(() => String)
  reason!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: "The fallback chain for one agent: the client's key, else the agency's, else none.",
})
export class KeyResolution {
  @Field(() => KeySourceEnum, {
    nullable: true,
    description: 'Null when there is no key: calls are refused.',
  })
  source!: KeySource | null;

  @Field(() => KeyStatusEnum)
  status!: KeyStatus;

  @Field(() => Int, { nullable: true })
  version!: number | null;

  @Field(() => [KeyResolutionStep], { description: 'The chain, in order, with the step that was taken.' })
  steps!: readonly KeyResolutionStep[];

  @Field(() => String)
  explanation!: string;

  @Field(() => KeySourceEnum, {
    nullable: true,
    description: "What would be taken if the client's key were cleared; null: no key at all.",
  })
  sourceIfClientKeyCleared!: KeySource | null;
}

@InputType()
export class ApiKeyInput {
  @Field(() => ProviderEnum)
  provider!: Provider;

  @Field(() => SecretScalar, {
    description:
      '8-512 printable ASCII characters; white space around it is trimmed. A masked value is refused. Or sealed.',
  })
  apiKey!: Secret;

  @Field(() => ProviderRegionEnum, {
    nullable: true,
    description: REGION_DESCRIPTION,
  })
  region?: ProviderRegion | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The version that the change is based on; refused with VERSION_CONFLICT if it is not the current one.',
  })
  expectedVersion?: number | null;
}

const VERIFY = 'Ask the provider first, and store only what it accepts. Unverified when not given.';

@InputType()
export class SetAgencyApiKeysInput {
  @Field(() => [ApiKeyInput], { description: 'One or several, each provider once: all are set or none.' })
  keys!: ApiKeyInput[];

  @Field(() => Boolean, { nullable: true, description: VERIFY })
  verify?: boolean | null;
}

@InputType()
export class SetClientApiKeysInput extends SetAgencyApiKeysInput {
  @Field(() => ID)
  clientId!: string;
}

@InputType()
export class ClearAgencyApiKeysInput {
  @Field(() => [ProviderEnum], { description: 'Each once: all are cleared or none.' })
  providers!: Provider[];
}

@InputType()
export class ClearClientApiKeysInput extends ClearAgencyApiKeysInput {
  @Field(() => ID)
  clientId!: string;
}

@InputType()
export class VerifyAgencyApiKeysInput {
  @Field(() => [ProviderEnum], { nullable: true, description: 'Every key that is set when not given.' })
  providers?: Provider[] | null;
}

@InputType()
export class VerifyClientApiKeysInput extends VerifyAgencyApiKeysInput {
  @Field(() => ID)
  clientId!: string;
}

@InputType({
  description: 'With a candidate key: what setting it would do. Without: what clearing would do.',
})
export class PreviewAgencyApiKeyChangeInput {
  @Field(() => ProviderEnum)
  provider!: Provider;

  @Field(() => SecretScalar, { nullable: true })
  apiKey?: Secret | null;

  @Field(() => ProviderRegionEnum, {
    nullable: true,
    description: REGION_DESCRIPTION,
  })
  region?: ProviderRegion | null;
}

@InputType({
  description: 'With a candidate key: what setting it would do. Without: what clearing would do.',
})
export class PreviewClientApiKeyChangeInput extends PreviewAgencyApiKeyChangeInput {
  @Field(() => ID)
  clientId!: string;
}

export const ApiKeyWarningCodeEnum = enumOf(
  'ApiKeyWarningCode',
  WARNING_CODES,
  'What is worth knowing of a change that is made all the same.',
  {
    DUPLICATE_KEY:
      'Someone else of the agency uses the same key: what their calls cost cannot be told apart.',
  },
);

@ObjectType({
  simpleResolvers: true,
  description: 'The change is made all the same. Says nothing of other agencies.',
})
export class ApiKeyWarning {
  @Field(() => ApiKeyWarningCodeEnum)
  code!: KeyWarning['code'];

  @Field(() => ProviderEnum)
  provider!: Provider;

  @Field(() => String)
  message!: string;

  @Field(() => Boolean, { description: 'Whether the agency itself uses the key, too.' })
  sharedWithAgency!: boolean;

  @Field(() => [Client], {
    description: 'Other clients of the agency that use the key: at most 10 are listed.',
  })
  clients!: readonly Client[];
}

@ObjectType({ simpleResolvers: true })
export class SetApiKeysPayload implements ShownOwner {
  @Field(() => [ApiKey], {
    description: 'Those that were set, in the order of the request; empty when it was refused.',
  })
  apiKeys!: readonly ApiKey[];

  @Field(() => [ApiKeyWarning])
  warnings!: readonly ApiKeyWarning[];

  @OwningClient()
  client!: ShownOwner['client'];

  @OwningAgency()
  agency!: ShownOwner['agency'];

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}

@ObjectType({
  simpleResolvers: true,
  description: 'What the agents that used a cleared key use from now on.',
})
export class ApiKeyClearEffect {
  @Field(() => ProviderEnum)
  provider!: Provider;

  @Field(() => KeySourceEnum, { nullable: true, description: 'Null: no key at all.' })
  source!: KeySource | null;

  @Field(() => Int)
  agentCount!: number;

  @Field(() => Int)
  agentsWithoutKeyCount!: number;
}

@ObjectType({ simpleResolvers: true })
export class ClearApiKeysPayload implements ShownOwner {
  @Field(() => [ApiKey], {
    description: 'Those that were cleared, in the order of the request; empty when it was refused.',
  })
  apiKeys!: readonly ApiKey[];

  @OwningClient()
  client!: ShownOwner['client'];

  @OwningAgency()
  agency!: ShownOwner['agency'];

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];

  @Field(() => [Agent], {
    description: 'Agents left with no key: at most 100 a provider. `effects` has the exact counts.',
  })
  agentsWithoutKey!: readonly Agent[];

  @Field(() => [ApiKeyClearEffect])
  effects!: readonly ApiKeyClearEffect[];
}

@ObjectType({ simpleResolvers: true })
export class ApiKeyVerification {
  @Field(() => ApiKey)
  apiKey!: ApiKey;

  @Field(() => KeyStatusEnum, {
    description:
      'The outcome of this verification; `apiKey.status` keeps what was known before an inconclusive one.',
  })
  status!: KeyStatus;

  @Field(() => ProviderErrorType, { nullable: true })
  error!: ProviderErrorType | null;

  @Field(() => [Agent], { description: "Agents of the owner that do not exist in this key's account." })
  agentsMissingInAccount!: readonly Agent[];

  @Field(() => Int, {
    description:
      'Agents of the owner that could not be looked up: more than 200, too slow, or no definitive answer.',
  })
  agentsNotChecked!: number;
}

@ObjectType({ simpleResolvers: true })
export class VerifyApiKeysPayload implements ShownOwner {
  @Field(() => [ApiKeyVerification])
  results!: readonly ApiKeyVerification[];

  @OwningClient()
  client!: ShownOwner['client'];

  @OwningAgency()
  agency!: ShownOwner['agency'];

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true })
export class ApiKeyChangePreview {
  @Field(() => [Agent], {
    description: 'Agents whose calls would use another key than now; at most 100 are listed.',
  })
  affectedAgents!: readonly Agent[];

  @Field(() => Int)
  affectedAgentCount!: number;

  @Field(() => [Agent], { description: 'Agents that would be left with no key; at most 100 are listed.' })
  agentsWithoutKey!: readonly Agent[];

  @Field(() => Int)
  agentsWithoutKeyCount!: number;

  @Field(() => [Agent], {
    description: 'Agents that do not exist in the account of the candidate key; empty for a clear.',
  })
  agentsMissingInAccount!: readonly Agent[];

  @Field(() => Int, {
    description:
      'Agents that could not be looked up in it: more than 200, too slow, or no definitive answer.',
  })
  agentsNotChecked!: number;

  @Field(() => KeySourceEnum, { nullable: true })
  sourceBefore!: KeySource | null;

  @Field(() => KeySourceEnum, { nullable: true })
  sourceAfter!: KeySource | null;

  @Field(() => KeyStatusEnum, {
    nullable: true,
    description: "The candidate key's verification; null for a clear.",
  })
  status!: KeyStatus | null;
}

@ObjectType({ simpleResolvers: true })
export class PreviewAgencyApiKeyChangePayload {
  @Field(() => ApiKeyChangePreview, { nullable: true })
  preview!: ApiKeyChangePreview | null;

  @Field(() => [ApiKeyWarning], {
    description: 'Those that setting the candidate would carry; empty for a clear.',
  })
  warnings!: readonly ApiKeyWarning[];

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true })
export class PreviewClientApiKeyChangePayload extends PreviewAgencyApiKeyChangePayload {}
