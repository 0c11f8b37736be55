import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { AGENCY_ROLE_DESCRIPTIONS, PortalPermissionEnum, ViewerRoleEnum } from '../access/viewer.types';
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
import { connectionType, DateTime, enumOf, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';

export const AgencyRoleEnum = enumOf(
  'AgencyRole',
  AGENCY_ROLES,
  'What someone of the agency may do.',
  AGENCY_ROLE_DESCRIPTIONS,
);

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'Someone of the agency, or a portal user of one of its clients.',
})
export class Person {
  @Field(() => ID, { description: 'The id of the person.' })
  id!: string;

  @Field(() => String, { description: 'The name of the person, 1-200 characters.' })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The address to which the person was invited; null for people whom the operator added.',
  })
  email!: string | null;

  @Field(() => ViewerRoleEnum, { description: 'What the person is to the agency.' })
  role!: ViewerRole;

  @Field(() => [PortalPermissionEnum], {
    description:
      'What a portal user may do. The list is empty for people of the agency, who need no permissions.',
  })
  permissions!: readonly PortalPermission[];

  @Field(() => DateTime, { description: 'When the person was invited or added.' })
  createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the person joined; null while the invitation is open.',
  })
  joinedAt!: Date | null;
}

const GrantedAccessKindEnum = enumOf(
  'GrantedAccessKind',
  GRANTED_ACCESS_KINDS,
  'By what an admin has let others in.',
  {
    SERVICE_TOKEN: 'A service token that was neither revoked nor expired.',
    GATEWAY_TOKEN: 'A gateway token that was neither revoked nor expired.',
    KEY_LINK: 'A one-time link that was open.',
    INVITATION: 'An invitation that nobody had taken up.',
    OUTGOING_WEBHOOK:
      'A webhook to the systems of the agency that this person has created or changed, or whose secret this person has rotated and so knows. It stays, since nobody gets in by it: delete it where it leads to a system that is not the agency’s own, and else rotate its secret.',
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

  @Field(() => ID, { description: 'The id of the token, the one-time link, the person or the webhook.' })
  objectId!: string;

  @Field(() => String, {
    description:
      'The name of the token or the person, of the client of the link, or of the host of the webhook.',
  })
  name!: string;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it ends by itself. Null when it does not.' })
  expiresAt!: Date | null;

  @Field(() => Boolean, { description: 'Whether it was revoked by this mutation; false in a query.' })
  isRevoked!: boolean;
}

export const PersonConnection = connectionType('Person', Person);

const EMAIL =
  'The address with which the person signs in, verified by the issuer. It has at most 254 characters; upper and lower case are the same.';

@InputType({ description: 'Someone to be invited to the agency.' })
export class InviteAgencyPersonInput {
  @Field(() => String, { description: EMAIL })
  email!: string;

  @Field(() => String, { description: 'The name, of 1-200 characters.' })
  name!: string;

  @Field(() => AgencyRoleEnum, { description: 'What the person will be to the agency.' })
  role!: AgencyRole;
}

@InputType({ description: 'Someone to be invited to the portal of a client.' })
export class InvitePortalUserInput {
  @Field(() => ID, {
    description:
      'The client to whose portal the person is invited; NOT_FOUND when the agency has no such client.',
  })
  clientId!: string;

  @Field(() => String, { description: EMAIL })
  email!: string;

  @Field(() => String, { description: 'The name, of 1-200 characters.' })
  name!: string;

  @Field(() => [PortalPermissionEnum], {
    nullable: true,
    description: "What the portal user may do. The client's `portalPermissions` are taken when not given.",
  })
  permissions?: PortalPermission[] | null;
}

@InputType()
class KeptAccessInput implements KeptAccess {
  @Field(() => Boolean, {
    nullable: true,
    description:
      'Keeps the service tokens that the person made. Whoever asks answers for them from then on, so it has no effect where the person is the one who asks.',
  })
  keepServiceTokens?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Keeps the gateway tokens that the person made, in the same way.',
  })
  keepGatewayTokens?: boolean | null;

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

@InputType({ description: 'Someone of the agency and the new role.' })
export class ChangeAgencyPersonInput extends KeptAccessInput {
  @Field(() => ID, {
    description: 'The person who is to get another role; NOT_FOUND when the agency has no such person.',
  })
  personId!: string;

  @Field(() => AgencyRoleEnum, { description: 'The role that the person has from now on.' })
  role!: AgencyRole;
}

@InputType({ description: 'A portal user and all of the new permissions.' })
export class ChangePortalUserInput {
  @Field(() => ID, {
    description:
      'The portal user whose permissions are to change; NOT_FOUND when the agency has no such portal user.',
  })
  personId!: string;

  @Field(() => [PortalPermissionEnum], { description: 'All that the portal user may do from now on.' })
  permissions!: PortalPermission[];
}

@InputType({ description: 'Someone to be removed.' })
export class RemovePersonInput extends KeptAccessInput {
  @Field(() => ID, {
    description: 'The person who is to be removed; NOT_FOUND when the agency has no such person.',
  })
  personId!: string;
}

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

@ObjectType({ simpleResolvers: true, description: 'What came of a change of a person or of an invitation.' })
export class PersonPayload {
  @Field(() => Person, {
    nullable: true,
    description: 'The person as it is after the change, or as it was before a removal.',
  })
  person!: Person | null;

  @Field(() => [GrantedAccess], {
    nullable: true,
    description: `What the person had let others in by, where the person was removed or is no admin any more: what was revoked, what was
kept, and the webhooks and the people who had joined by the person's invitations, which stay.`,
  })
  grantedAccess?: readonly GrantedAccessOf[] | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
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
