import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import type { ActorKind } from '../audit/audit-event';
import { ActorKindEnum } from '../audit/audit.types';
import { Client } from '../clients/client.types';
import { ApiKey, KeyStatusEnum } from '../keys/api-key.types';
import type { KeyStatus } from '../keys/chain';
import { ApiKeyWarning } from '../keys/changes/key-warning.types';
import { ApiKeyChangePreview } from '../keys/checks/key-check.types';
import { connectionType, DateTime, enumOf, UserErrorType } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { ProviderEnum, ProviderRegionEnum, REGION_DESCRIPTION } from '../providers/provider.types';
import type { Secret } from '../vault/secret';
import { SecretScalar } from '../vault/secret.scalar';
import { KEY_HAND_IN_STATUSES, type KeyHandInStatus } from './key-hand-in.entity';

export const KeyHandInStatusEnum = enumOf(
  'KeyHandInStatus',
  KEY_HAND_IN_STATUSES,
  'What became of a key that was handed in.',
  {
    PENDING: 'It has no effect until an admin of the agency accepts it.',
    ACCEPTED: 'It was set as the key of the client.',
    REFUSED: '`reason` says why.',
    REPLACED: 'A newer one was handed in for the same provider.',
    EXPIRED: 'Nobody decided in time.',
  },
);

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description:
    'A key that was handed in for a client. Never the key: once it is decided on, replaced or expired, it is destroyed here.',
})
export class KeyHandIn {
  @Field(() => ID)
  id!: string;

  @Field(() => ProviderEnum)
  provider!: Provider;

  @Field(() => KeyHandInStatusEnum)
  status!: KeyHandInStatus;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime, { description: 'Until when an admin can decide.' })
  expiresAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it was accepted, refused or replaced.' })
  decidedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why it was refused.' })
  reason!: string | null;

  @Field(() => ProviderRegionEnum, { nullable: true })
  region!: ProviderRegion | null;

  @Field(() => String, { nullable: true, description: 'As `ApiKey.maskedKey`.' })
  maskedKey!: string | null;

  @Field(() => KeyStatusEnum, {
    nullable: true,
    description: 'What the provider said of the key when it was handed in.',
  })
  keyStatus!: KeyStatus | null;

  @Field(() => DateTime, { nullable: true, description: 'When it said so.' })
  verifiedAt!: Date | null;

  @Field(() => ActorKindEnum, {
    nullable: true,
    description: 'PERSON for a portal user, KEY_LINK for whoever held a one-time link.',
  })
  handedInByKind!: ActorKind | null;

  @Field(() => String, { nullable: true })
  handedInByName!: string | null;

  @Field(() => String, { nullable: true, description: 'The admin; null where nobody decided.' })
  decidedByName!: string | null;
}

export const KeyHandInConnection = connectionType('KeyHandIn', KeyHandIn);

@InputType()
export class HandInApiKeyInput {
  @Field(() => ProviderEnum)
  provider!: Provider;

  @Field(() => SecretScalar, { description: 'As `ApiKeyInput.apiKey`.' })
  apiKey!: Secret;

  @Field(() => ProviderRegionEnum, {
    nullable: true,
    description: REGION_DESCRIPTION,
  })
  region?: ProviderRegion | null;
}

@InputType()
export class PreviewKeyHandInInput {
  @Field(() => ID)
  keyHandInId!: string;
}

@InputType()
export class AcceptKeyHandInInput extends PreviewKeyHandInInput {
  @Field(() => Int, {
    nullable: true,
    description:
      "The version of the client's key that the decision is based on; refused with VERSION_CONFLICT if it is not the current one.",
  })
  expectedVersion?: number | null;
}

@InputType()
export class RefuseKeyHandInInput extends PreviewKeyHandInInput {
  @Field(() => String, { description: '1-500 characters, for the portal user to read.' })
  reason!: string;
}

@InputType()
export class SetHandInPolicyInput {
  @Field(() => ID)
  clientId!: string;

  @Field(() => Boolean, {
    description:
      'True: a key that is handed in counts at once if its provider says that it is valid. False: an admin decides.',
  })
  acceptsValidHandIns!: boolean;
}

@ObjectType({ simpleResolvers: true })
export class KeyHandInPayload {
  @Field(() => KeyHandIn, { nullable: true })
  keyHandIn!: KeyHandIn | null;

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true })
export class PreviewKeyHandInPayload {
  @Field(() => ApiKeyChangePreview, { nullable: true })
  preview!: ApiKeyChangePreview | null;

  @Field(() => [ApiKeyWarning], { description: 'Those that accepting would carry.' })
  warnings!: readonly ApiKeyWarning[];

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true })
export class AcceptKeyHandInPayload extends KeyHandInPayload {
  @Field(() => ApiKey, { nullable: true, description: 'The key that was set; null when it was refused.' })
  apiKey!: ApiKey | null;

  @Field(() => Client, { nullable: true, description: 'The client, as it is now.' })
  client!: (() => Promise<Client | null>) | null;

  @Field(() => [ApiKeyWarning])
  warnings!: readonly ApiKeyWarning[];
}

@ObjectType({ simpleResolvers: true })
export class SetHandInPolicyPayload {
  @Field(() => Client, { nullable: true })
  client!: Client | null;

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}
