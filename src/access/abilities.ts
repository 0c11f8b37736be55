import type { PortalPermission } from './portal-permissions';
import { isAdmin, type Viewer } from './viewer';

/**
 * Tells whether the viewer may hand in a key of its own client, which the agency then accepts. People of the
 * agency set keys instead.
 */
export function canHandInApiKeys({ role, permissions }: Viewer): boolean {
  return role === 'PORTAL_USER' && permissions.includes('MANAGE_INTEGRATIONS');
}

/**
 * Tells whether the viewer may see what was handed in for a client and what became of it. Members of the
 * agency see nothing of keys.
 */
export function canViewIntegrations(viewer: Viewer): boolean {
  return (
    isAdmin(viewer) || (viewer.role === 'PORTAL_USER' && viewer.permissions.includes('VIEW_INTEGRATIONS'))
  );
}

/**
 * Tells whether the viewer may see statements and costs. A portal user sees the statements of its client, and
 * what calls on the client's own account cost.
 */
export function canViewCosts(viewer: Viewer): boolean {
  return isAdmin(viewer) || (viewer.role === 'PORTAL_USER' && viewer.permissions.includes('MANAGE_BILLING'));
}

/** What a frontend has to know to show or hide its sections. */
export function abilitiesOf(viewer: Viewer) {
  const may = (permission: PortalPermission) => viewer.permissions.includes(permission);
  return {
    canManageApiKeys: isAdmin(viewer),
    canManagePeople: canManageAccess(viewer),
    canViewAuditEvents: isAdmin(viewer),
    canStartTestCalls: isAdmin(viewer),
    canStartCalls: canStartCalls(viewer),
    canViewAgents: may('VIEW_AGENTS'),
    canEditAgents: canEditAgents(viewer),
    canViewCalls: may('VIEW_CALLS'),
    canViewCallDetails: may('VIEW_CALL_DETAILS'),
    canViewAnalytics: may('VIEW_ANALYTICS'),
    canManageBilling: canViewCosts(viewer),
    canViewIntegrations: canViewIntegrations(viewer),
    canHandInApiKeys: canHandInApiKeys(viewer),
  };
}

/** Tells whether the viewer may place calls of everyday business: anyone of the agency may. */
export function canStartCalls({ role }: Viewer): boolean {
  return role !== 'PORTAL_USER';
}

/** Tells whether the viewer may change agents. Members of the agency only see them. */
export function canEditAgents(viewer: Viewer): boolean {
  return isAdmin(viewer) || (viewer.role === 'PORTAL_USER' && viewer.permissions.includes('EDIT_AGENTS'));
}

/**
 * Tells whether the viewer may give access to others: only an admin in person may. A service token that could
 * make another token, or another admin, would in effect outlive its own expiry and revocation.
 */
export function canManageAccess(viewer: Viewer): boolean {
  return isAdmin(viewer) && viewer.kind === 'PERSON';
}
