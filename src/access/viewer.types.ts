import { Field, ID, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import type { ViewerRole } from './viewer';
import type { PortalPermission } from './portal-permissions';
import { ViewerRoleEnum, PortalPermissionEnum } from './viewer-enums';

@ObjectType('Viewer', {
  implements: Node,
  simpleResolvers: true,
  description: 'Who is asking, and what they may do.',
})
export class ViewerType {
  @Field(() => ID, {
    description: 'The id of the viewer, which is not the id of the person or of the service token that asks.',
  })
  id!: string;

  @Field(() => ViewerRoleEnum, {
    description: 'What the viewer is to the agency. A service token has the role with which it was created.',
  })
  role!: ViewerRole;

  @Field(() => String, { description: 'The name of the person or of the service token.' })
  name!: string;

  @Field(() => [PortalPermissionEnum], {
    description: 'The permissions that a portal user was granted. People of the agency have all of them.',
  })
  permissions!: readonly PortalPermission[];

  @Field(() => Boolean, { description: 'Whether the viewer may see and change keys: an agency admin.' })
  canManageApiKeys!: boolean;

  @Field(() => Boolean, {
    description:
      'Whether the viewer may manage people, portal permissions, service and gateway tokens, one-time links and who decides on keys that are handed in: an agency admin in person.',
  })
  canManagePeople!: boolean;

  @Field(() => Boolean, { description: 'Whether the viewer may read the audit trail: an agency admin.' })
  canViewAuditEvents!: boolean;

  @Field(() => Boolean, { description: 'Whether the viewer may start test calls: an agency admin.' })
  canStartTestCalls!: boolean;

  @Field(() => Boolean, { description: 'Whether the viewer may start calls: someone of the agency.' })
  canStartCalls!: boolean;

  @Field(() => Boolean, {
    description:
      'Whether the viewer may see agents: someone of the agency, or a portal user with VIEW_AGENTS.',
  })
  canViewAgents!: boolean;

  @Field(() => Boolean, {
    description: 'Whether the viewer may rename agents: an agency admin, or a portal user with EDIT_AGENTS.',
  })
  canEditAgents!: boolean;

  @Field(() => Boolean, {
    description: 'Whether the viewer may see calls: someone of the agency, or a portal user with VIEW_CALLS.',
  })
  canViewCalls!: boolean;

  @Field(() => Boolean, {
    description:
      'Whether the viewer may see the number, the error and the provider id of a call: someone of the agency, or a portal user with VIEW_CALL_DETAILS.',
  })
  canViewCallDetails!: boolean;

  @Field(() => Boolean, {
    description:
      'Whether the viewer may ask for `callSummary` and `callAnalytics`: someone of the agency, or a portal user with VIEW_ANALYTICS.',
  })
  canViewAnalytics!: boolean;

  @Field(() => Boolean, {
    description:
      'Whether the viewer may see statements and costs: an agency admin, or a portal user with MANAGE_BILLING.',
  })
  canManageBilling!: boolean;

  @Field(() => Boolean, {
    description:
      'Whether the viewer may see what became of keys that were handed in: an agency admin, or a portal user with VIEW_INTEGRATIONS.',
  })
  canViewIntegrations!: boolean;

  @Field(() => Boolean, {
    description:
      'Whether the viewer may hand in a key of its own client: a portal user with MANAGE_INTEGRATIONS.',
  })
  canHandInApiKeys!: boolean;
}
