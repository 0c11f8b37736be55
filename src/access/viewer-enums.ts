import { VIEWER_ROLES } from './viewer';
import { PORTAL_PERMISSIONS, traitsOfPermission, type PortalPermission } from './portal-permissions';
import { enumOf } from '../graphql/schema-types';

export const AGENCY_ROLE_DESCRIPTIONS = {
  AGENCY_ADMIN: 'Manages everything of the agency, keys included.',
  AGENCY_MEMBER: 'Sees clients, agents and calls, and never keys.',
};

export const ViewerRoleEnum = enumOf('ViewerRole', VIEWER_ROLES, 'What someone is to the agency.', {
  ...AGENCY_ROLE_DESCRIPTIONS,
  PORTAL_USER: 'Belongs to one client, and sees of that client what its permissions allow.',
});

export const PortalPermissionEnum = enumOf(
  'PortalPermission',
  PORTAL_PERMISSIONS,
  'What a portal user may do. None of them shows a key.',
  Object.fromEntries(
    PORTAL_PERMISSIONS.map((permission) => {
      const { description, needs } = traitsOfPermission(permission);
      return [permission, needs ? `${description} Needs ${needs}.` : description];
    }),
  ) as Record<PortalPermission, string>,
);
