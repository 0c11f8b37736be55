import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { connectionType, DateTime, enumOf, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { ProviderEnum, ProviderRegionEnum } from '../providers/provider.types';
import { KEY_LINK_STATUSES, type KeyLinkStatus } from './key-link-status';

export const KeyLinkStatusEnum = enumOf(
  'KeyLinkStatus',
  KEY_LINK_STATUSES,
  'Whether a one-time link still opens.',
  {
    OPEN: 'A key can be handed in by it.',
    USED: 'A key was handed in by it.',
    REVOKED: 'An admin revoked it.',
    EXPIRED: 'Its time was over before a key was handed in.',
    LOCKED: 'Five wrong codes were given, or ten keys that the provider refused.',
  },
);

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description:
    'A link by which someone without a login hands in one key of a client. The address of the link is not shown.',
})
export class KeyLink {
  @Field(() => ID, { description: 'The id of the one-time link, which does not open it.' })
  id!: string;

  @Field(() => ProviderEnum, { description: 'The provider for which a key can be handed in.' })
  provider!: Provider;

  @Field(() => ProviderRegionEnum, { description: 'Where the account of the key is to be.' })
  region!: ProviderRegion;

  @Field(() => KeyLinkStatusEnum, { description: 'Whether the link can still be used, or why it cannot.' })
  status!: KeyLinkStatus;

  @Field(() => Int, { description: 'The number of wrong codes so far. The fifth locks the link.' })
  failedCodes!: number;

  @Field(() => Int, {
    description: 'The number of keys so far that the provider refused. The tenth locks the link.',
  })
  refusedKeys!: number;

  @Field(() => String, { description: 'The name of the admin who created the link.' })
  createdByName!: string;

  @Field(() => DateTime, { description: 'When the link was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'From this time on the link cannot be used.' })
  expiresAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When a key was handed in by the link; null when none was.',
  })
  usedAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'When the link was revoked; null when it was not.' })
  revokedAt!: Date | null;
}

export const KeyLinkConnection = connectionType('KeyLink', KeyLink);

@ObjectType({ simpleResolvers: true, description: 'What came of `revokeKeyLink`.' })
export class RevokeKeyLinkPayload {
  @Field(() => KeyLink, {
    nullable: true,
    description: 'The link as it is after the change; null when the input was refused.',
  })
  keyLink!: KeyLink | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'What came of `createKeyLink`.' })
export class CreateKeyLinkPayload extends RevokeKeyLinkPayload {
  @Field(() => String, {
    nullable: true,
    description: 'The address to send to whoever has the key. It is shown here and never again.',
  })
  url!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Six digits, to be told over another channel than the address. They are shown here and never again.',
  })
  code!: string | null;
}
