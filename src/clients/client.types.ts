import { Field, ID, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import type { PortalPermission } from '../access/portal-permissions';
import { PortalPermissionEnum } from '../access/viewer-enums';
import type { UserError } from '../graphql/user-error';
import { connectionType, DateTime, UserErrorsField } from '../graphql/schema-types';

@ObjectType({ implements: Node, simpleResolvers: true, description: 'A customer of the agency.' })
export class Client {
  @Field(() => ID, { description: 'The id of the client.' })
  id!: string;

  @Field(() => String, { description: 'The name of the client, 1-200 characters.' })
  name!: string;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the client was archived. From then on its agents can place no calls. It is null for an active client.',
  })
  archivedAt!: Date | null;

  @Field(() => [PortalPermissionEnum], {
    nullable: true,
    description: 'The permissions of a new portal user of this client for whom no others are given.',
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

@ObjectType({ simpleResolvers: true, description: 'What came of `createClient`.' })
export class CreateClientPayload {
  @Field(() => Client, { nullable: true, description: 'The new client; null when the input was refused.' })
  client!: Client | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'What came of `archiveClient` or `restoreClient`.' })
export class ArchiveClientPayload extends CreateClientPayload {}

@ObjectType({ simpleResolvers: true, description: 'What came of `renameClient`.' })
export class RenameClientPayload extends CreateClientPayload {}
