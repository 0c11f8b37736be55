import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { PortalPermissionEnum, ViewerRoleEnum } from '../access/viewer.types';
import { AGENCY_ROLES, type AgencyRole, type PortalPermission, type ViewerRole } from '../access/viewer';
import type { AgencyRow } from '../agencies/agency.entity';
import { Agency } from '../agencies/agency.types';
import type { ClientRow } from '../clients/client.entity';
import { Client } from '../clients/client.types';
import {
  GRANTED_ACCESS_KINDS,
  type GrantedAccess as GrantedAccessOf,
  type GrantedAccessKind,
  type KeptAccess,
} from './granted-access';
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

const GrantedAccessKindEnum = enumOf(
  'GrantedAccessKind',
  GRANTED_ACCESS_KINDS,
  'By what an admin has let others in.',
  {
    SERVICE_TOKEN: 'A service token that was neither revoked nor expired.',
    KEY_LINK: 'A one-time link that was open.',
    INVITATION: 'An invitation that nobody had taken up.',
    PERSON: 'A person who has taken up an invitation. People are never removed along with somebody else.',
  },
);

@ObjectType({
  simpleResolvers: true,
  description: 'Something by which an admin has let others in, and which would outlive the admin.',
})
export class GrantedAccess {
  @Field(() => GrantedAccessKindEnum, { description: 'What it is.' })
  kind!: GrantedAccessKind;

  @Field(() => ID, { description: 'The id of the service token, the one-time link or the person.' })
  objectId!: string;

  @Field(() => String, {
    description: 'The name of the service token or the person, or of the client of the link.',
  })
  name!: string;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it ends by itself. Null when it does not.' })
  expiresAt!: Date | null;

  @Field(() => Boolean, { description: 'Whether it was revoked by this mutation.' })
  isRevoked!: boolean;
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
class KeptAccessInput implements KeptAccess {
  @Field(() => Boolean, {
    nullable: true,
    description: 'Keeps the service tokens that the person made. Whoever asks answers for them from then on.',
  })
  keepServiceTokens?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Keeps the open one-time links that the person made, in the same way.',
  })
  keepKeyLinks?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Keeps the open invitations that the person made, in the same way.',
  })
  keepInvitations?: boolean | null;
}

@InputType()
export class ChangeAgencyPersonInput extends KeptAccessInput {
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
export class RemovePersonInput extends KeptAccessInput {
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

  @Field(() => [GrantedAccess], {
    nullable: true,
    description: `What the person had let others in by, where the person was removed or is no admin any more: what was revoked, what was
kept, and the people who had joined by the person's invitations, who stay.`,
  })
  grantedAccess?: readonly GrantedAccessOf[] | null;

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
