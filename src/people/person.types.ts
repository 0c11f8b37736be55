import { Field, ID, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { PortalPermissionEnum, ViewerRoleEnum } from '../access/viewer-enums';
import type { ViewerRole } from '../access/viewer';
import type { PortalPermission } from '../access/portal-permissions';
import type { GrantedAccess as GrantedAccessOf } from './granted-access';
import { connectionType, DateTime, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import { GrantedAccess } from './granted-access.types';

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

export const PersonConnection = connectionType('Person', Person);

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
