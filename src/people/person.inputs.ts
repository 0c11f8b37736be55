import { Field, ID, InputType } from 'type-graphql';
import { AGENCY_ROLE_DESCRIPTIONS, PortalPermissionEnum } from '../access/viewer-enums';
import { AGENCY_ROLES, type AgencyRole } from '../access/viewer';
import type { PortalPermission } from '../access/portal-permissions';
import type { KeptAccess } from './granted-access';
import { enumOf } from '../graphql/schema-types';

export const AgencyRoleEnum = enumOf(
  'AgencyRole',
  AGENCY_ROLES,
  'What someone of the agency may do.',
  AGENCY_ROLE_DESCRIPTIONS,
);

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
