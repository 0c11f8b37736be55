import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { connectionType, DateTime, enumOf, UserErrorType } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { ProviderEnum, ProviderRegionEnum, REGION_DESCRIPTION } from '../providers/provider.types';
import { KEY_LINK_STATUSES, type KeyLinkStatus } from './key-link.entity';

export const KeyLinkStatusEnum = enumOf(
  'KeyLinkStatus',
  KEY_LINK_STATUSES,
  'Whether a one-time link still opens.',
  {
    LOCKED: 'Five wrong codes were given, or ten keys that the provider refused.',
  },
);

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'A link by which someone without a login hands in one key of a client. Never the link itself.',
})
export class KeyLink {
  @Field(() => ID)
  id!: string;

  @Field(() => ProviderEnum)
  provider!: Provider;

  @Field(() => ProviderRegionEnum)
  region!: ProviderRegion;

  @Field(() => KeyLinkStatusEnum)
  status!: KeyLinkStatus;

  @Field(() => Int, { description: 'Wrong codes so far; the fifth locks it.' })
  failedCodes!: number;

  @Field(() => Int, {
    description:
      'Keys so far that the provider refused, or is being asked about; the tenth refused one locks the link.',
  })
  refusedKeys!: number;

  @Field(() => String)
  createdByName!: string;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime)
  expiresAt!: Date;

  @Field(() => DateTime, { nullable: true })
  usedAt!: Date | null;

  @Field(() => DateTime, { nullable: true })
  revokedAt!: Date | null;
}

export const KeyLinkConnection = connectionType('KeyLink', KeyLink);

@InputType()
export class CreateKeyLinkInput {
  @Field(() => ID)
  clientId!: string;

  @Field(() => ProviderEnum)
  provider!: Provider;

  @Field(() => ProviderRegionEnum, {
    nullable: true,
    description: REGION_DESCRIPTION,
  })
  region?: ProviderRegion | null;

  @Field(() => Int, { nullable: true, description: '1-168; 72 when not given.' })
  expiresInHours?: number | null;
}

@InputType()
export class RevokeKeyLinkInput {
  @Field(() => ID)
  keyLinkId!: string;
}

@ObjectType({ simpleResolvers: true })
export class RevokeKeyLinkPayload {
  @Field(() => KeyLink, { nullable: true })
  keyLink!: KeyLink | null;

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true })
export class CreateKeyLinkPayload extends RevokeKeyLinkPayload {
  @Field(() => String, {
    nullable: true,
    description: 'The address to send to whoever has the key. Shown here and never again.',
  })
  url!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Six digits, to be told over another channel than the address. Shown here and never again.',
  })
  code!: string | null;
}
