import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import type { PortalPermission } from '../access/viewer';
import { PortalPermissionEnum } from '../access/viewer.types';
import type { UserError } from '../graphql/user-error';
import { connectionType, DateTime, UserErrorType } from '../graphql/schema-types';

@ObjectType({ implements: Node, simpleResolvers: true, description: 'A customer of the agency.' })
export class Client {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Since when its agents can place no calls; null for an active client.',
  })
  archivedAt!: Date | null;

  @Field(() => [PortalPermissionEnum], {
    nullable: true,
    description: 'What a new portal user of this client may do when nothing else is said.',
  })
  portalPermissions!: readonly PortalPermission[];

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether a key that is handed in counts at once if its provider says that it is valid; otherwise an admin decides.',
  })
  acceptsValidHandIns!: boolean;
}

export const ClientConnection = connectionType('Client', Client);

@InputType()
export class CreateClientInput {
  @Field(() => String, { description: '1-200 characters.' })
  name!: string;
}

@InputType()
export class ArchiveClientInput {
  @Field(() => ID)
  clientId!: string;
}

@InputType()
export class RenameClientInput {
  @Field(() => ID)
  clientId!: string;

  @Field(() => String, { description: '1-200 characters.' })
  name!: string;
}

@ObjectType({ simpleResolvers: true })
export class CreateClientPayload {
  @Field(() => Client, { nullable: true })
  client!: Client | null;

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true })
export class ArchiveClientPayload extends CreateClientPayload {}

@ObjectType({ simpleResolvers: true })
export class RenameClientPayload extends CreateClientPayload {}
