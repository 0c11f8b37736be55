import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { PortalPermissionEnum } from '../access/viewer-enums';
import type { PortalPermission } from '../access/portal-permissions';
import type { AgencyRow } from '../agencies/agency.entity';
import { Agency } from '../agencies/agency.types';
import type { ClientRow } from '../clients/client.entity';
import { Client } from '../clients/client.types';
import { UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';

@InputType({ description: 'The permissions that new clients start with.' })
export class SetAgencyPortalPermissionsInput {
  @Field(() => [PortalPermissionEnum], {
    description:
      'All of the permissions, each at most once (DUPLICATE) and with the one that it needs (PERMISSION_NEEDED).',
  })
  permissions!: PortalPermission[];
}

@InputType({ description: 'The permissions that new portal users of a client start with.' })
export class SetClientPortalPermissionsInput extends SetAgencyPortalPermissionsInput {
  @Field(() => ID, {
    description:
      'The client whose new portal users start with these permissions; NOT_FOUND when the agency has no such client.',
  })
  clientId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'What came of `setAgencyPortalPermissions`.' })
export class SetAgencyPortalPermissionsPayload {
  @Field(() => Agency, {
    nullable: true,
    description: 'The agency as it is after the change; null when the input was refused.',
  })
  agency!: AgencyRow | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'What came of `setClientPortalPermissions`.' })
export class SetClientPortalPermissionsPayload {
  @Field(() => Client, {
    nullable: true,
    description: 'The client as it is after the change; null when the input was refused.',
  })
  client!: ClientRow | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}
