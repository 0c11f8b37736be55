import { Field, ID, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { PORTAL_PERMISSIONS, traitsOf, VIEWER_ROLES, type PortalPermission, type ViewerRole } from './viewer';
import { enumOf } from '../graphql/schema-types';

export const ViewerRoleEnum = enumOf('ViewerRole', VIEWER_ROLES, 'What someone is to the agency.', {
  AGENCY_ADMIN: 'Manages everything of the agency, keys included.',
  AGENCY_MEMBER: 'Sees clients, agents and calls; never keys.',
  PORTAL_USER: 'A person of one client; sees that client alone, by permission.',
});

export const PortalPermissionEnum = enumOf(
  'PortalPermission',
  PORTAL_PERMISSIONS,
  'What a portal user may do. None of them shows a key.',
  Object.fromEntries(
    PORTAL_PERMISSIONS.map((permission) => {
      const { description, needs } = traitsOf(permission);
      return [permission, needs ? `${description} Needs ${needs}.` : description];
    }),
  ),
);

@ObjectType('Viewer', {
  implements: Node,
  simpleResolvers: true,
  description: 'Who is asking, and what they may do.',
})
export class ViewerType {
  @Field(() => ID, { description: 'Not the id of the person or of the service token that it stands for.' })
  id!: string;

  @Field(() => ViewerRoleEnum)
  role!: ViewerRole;

  @Field(() => String)
  name!: string;

  @Field(() => [PortalPermissionEnum], {
    description: 'Of a portal user, those that were granted; people of the agency have them all.',
  })
  permissions!: readonly PortalPermission[];

  @Field(() => Boolean, { description: 'Whether to show anything of keys at all: an agency admin.' })
  canManageApiKeys!: boolean;

  @Field(() => Boolean, {
    description:
      'People, portal permissions, service tokens, one-time links and who decides on keys that are handed in: an agency admin in person.',
  })
  canManagePeople!: boolean;

  @Field(() => Boolean, { description: 'An agency admin.' })
  canViewAuditEvents!: boolean;

  @Field(() => Boolean, { description: 'An agency admin.' })
  canStartTestCalls!: boolean;

  @Field(() => Boolean)
  canViewAgents!: boolean;

  @Field(() => Boolean, { description: 'Members of the agency see agents and change none.' })
  canEditAgents!: boolean;

  @Field(() => Boolean)
  canViewCalls!: boolean;

  @Field(() => Boolean, { description: 'What is inside a call: numbers, ids and errors.' })
  canViewCallDetails!: boolean;

  @Field(() => Boolean)
  canViewAnalytics!: boolean;

  @Field(() => Boolean)
  canManageBilling!: boolean;

  @Field(() => Boolean, { description: 'What became of keys that were handed in.' })
  canViewIntegrations!: boolean;

  @Field(() => Boolean, {
    description: 'Hand in a key of its own client: a portal user with MANAGE_INTEGRATIONS.',
  })
  canHandInApiKeys!: boolean;
}
