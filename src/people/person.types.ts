import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { PortalPermissionEnum, ViewerRoleEnum } from '../access/viewer.types';
import { AGENCY_ROLES, type AgencyRole, type PortalPermission, type ViewerRole } from '../access/viewer';
import type { AgencyRow } from '../agencies/agency.entity';
import { Agency } from '../agencies/agency.types';
import type { ClientRow } from '../clients/client.entity';
import { Client } from '../clients/client.types';
import { connectionType, DateTime, enumOf, UserErrorType } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';

export const AgencyRoleEnum = enumOf('AgencyRole', AGENCY_ROLES, 'What someone of the agency may do.');

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'Someone of the agency, or a portal user of one of its clients.',
})
export class Person {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'As it was invited; null for people whom the operator added.',
  })
  email!: string | null;

  @Field(() => ViewerRoleEnum)
  role!: ViewerRole;

  @Field(() => [PortalPermissionEnum], {
    description: 'Of a portal user; people of the agency have none of their own.',
  })
  permissions!: readonly PortalPermission[];

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Of the first sign-in; null while the invitation is open.',
  })
  joinedAt!: Date | null;
}

export const PersonConnection = connectionType('Person', Person);

const EMAIL =
  'With which the person signs in, verified by the issuer. At most 254 characters; upper and lower case are the same.';

@InputType()
export class InviteAgencyPersonInput {
  @Field(() => String, { description: EMAIL })
  email!: string;

  @Field(() => String, { description: '1-200 characters.' })
  name!: string;

  @Field(() => AgencyRoleEnum)
  role!: AgencyRole;
}

@InputType()
export class InvitePortalUserInput {
  @Field(() => ID)
  clientId!: string;

  @Field(() => String, { description: EMAIL })
  email!: string;

  @Field(() => String, { description: '1-200 characters.' })
  name!: string;

  @Field(() => [PortalPermissionEnum], {
    nullable: true,
    description: "The client's `portalPermissions` when not given.",
  })
  permissions?: PortalPermission[] | null;
}

@InputType()
export class ChangeAgencyPersonInput {
  @Field(() => ID)
  personId!: string;

  @Field(() => AgencyRoleEnum)
  role!: AgencyRole;
}

@InputType()
export class ChangePortalUserInput {
  @Field(() => ID)
  personId!: string;

  @Field(() => [PortalPermissionEnum], { description: 'All that the portal user may do from now on.' })
  permissions!: PortalPermission[];
}

@InputType()
export class RemovePersonInput {
  @Field(() => ID)
  personId!: string;
}

@InputType()
export class SetAgencyPortalPermissionsInput {
  @Field(() => [PortalPermissionEnum])
  permissions!: PortalPermission[];
}

@InputType()
export class SetClientPortalPermissionsInput extends SetAgencyPortalPermissionsInput {
  @Field(() => ID)
  clientId!: string;
}

@ObjectType({ simpleResolvers: true })
export class PersonPayload {
  @Field(() => Person, { nullable: true, description: 'As it is after the change; of a removal, as it was.' })
  person!: Person | null;

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true })
export class SetAgencyPortalPermissionsPayload {
  @Field(() => Agency, { nullable: true })
  agency!: AgencyRow | null;

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true })
export class SetClientPortalPermissionsPayload {
  @Field(() => Client, { nullable: true })
  client!: ClientRow | null;

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}
