import { Field, ID, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import type { ActorKind } from '../audit/audit-event';
import { ActorKindEnum } from '../audit/audit.types';
import { Client } from '../clients/client.types';
import { ApiKey } from '../keys/api-key.types';
import { KeyStatusEnum } from '../keys/key-enums';
import type { KeyStatus } from '../keys/chain';
import { ApiKeyWarning } from '../keys/key-warning.types';
import { ApiKeyChangePreview } from '../keys/checks/key-change-preview.types';
import type { OnDemand } from '../graphql/on-demand';
import { connectionType, DateTime, enumOf, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { ProviderEnum, ProviderRegionEnum } from '../providers/provider.types';
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
    'A key that was handed in for a client. The key itself is never shown, and it is destroyed once it is decided on, replaced or expired.',
})
export class KeyHandIn {
  @Field(() => ID, { description: 'The id of the hand-in.' })
  id!: string;

  @Field(() => ProviderEnum, { description: 'The provider of the key that was handed in.' })
  provider!: Provider;

  @Field(() => KeyHandInStatusEnum, { description: 'What became of the key that was handed in.' })
  status!: KeyHandInStatus;

  @Field(() => DateTime, { description: 'When the key was handed in.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'Until this time an admin can decide.' })
  expiresAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it was accepted, refused or replaced.' })
  decidedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why it was refused.' })
  reason!: string | null;

  @Field(() => ProviderRegionEnum, { nullable: true, description: 'Where the account of the key is.' })
  region!: ProviderRegion | null;

  @Field(() => String, { nullable: true, description: 'The mask of the key, as in `ApiKey.maskedKey`.' })
  maskedKey!: string | null;

  @Field(() => KeyStatusEnum, {
    nullable: true,
    description: 'What the provider said of the key when it was handed in.',
  })
  keyStatus!: KeyStatus | null;

  @Field(() => DateTime, { nullable: true, description: 'When the provider said so.' })
  verifiedAt!: Date | null;

  @Field(() => ActorKindEnum, {
    nullable: true,
    description:
      'Who handed the key in: PERSON stands for a portal user, KEY_LINK for whoever held a one-time link.',
  })
  handedInByKind!: ActorKind | null;

  @Field(() => String, { nullable: true, description: 'The name of whoever handed the key in.' })
  handedInByName!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The name of the admin who decided; null where nobody decided.',
  })
  decidedByName!: string | null;
}

export const KeyHandInConnection = connectionType('KeyHandIn', KeyHandIn);

@ObjectType({ simpleResolvers: true, description: 'What came of `handInApiKey` or `refuseKeyHandIn`.' })
export class KeyHandInPayload {
  @Field(() => KeyHandIn, {
    nullable: true,
    description: 'The hand-in as it is after the change; null when the input was refused.',
  })
  keyHandIn!: KeyHandIn | null;

  @Field(() => KeyHandIn, {
    nullable: true,
    description:
      'What was pending for the same provider until `handInApiKey` took its place, as it is after the change; otherwise null.',
  })
  replaced!: KeyHandIn | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'What came of `previewKeyHandIn`.' })
export class PreviewKeyHandInPayload {
  @Field(() => ApiKeyChangePreview, {
    nullable: true,
    description: 'What accepting the key would do; null when the input was refused.',
  })
  preview!: ApiKeyChangePreview | null;

  @Field(() => [ApiKeyWarning], { description: 'The warnings that accepting would carry.' })
  warnings!: readonly ApiKeyWarning[];

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'What came of `acceptKeyHandIn`.' })
export class AcceptKeyHandInPayload extends KeyHandInPayload {
  @Field(() => ApiKey, { nullable: true, description: 'The key that was set; null when it was refused.' })
  apiKey!: ApiKey | null;

  @Field(() => Client, { nullable: true, description: 'The client, as it is now.' })
  client!: (() => Promise<Client | null>) | null;

  @Field(() => [ApiKeyWarning], { description: 'What is worth a second look, although the key was set.' })
  warnings!: OnDemand<ApiKeyWarning>;
}
