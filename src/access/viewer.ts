export const VIEWER_ROLES = ['AGENCY_ADMIN', 'AGENCY_MEMBER', 'PORTAL_USER'] as const;
export type ViewerRole = (typeof VIEWER_ROLES)[number];

/** What someone of the agency can be, and with it a service token. */
export const AGENCY_ROLES = ['AGENCY_ADMIN', 'AGENCY_MEMBER'] as const;
export type AgencyRole = (typeof AGENCY_ROLES)[number];

interface PermissionTraits {
  readonly description: string;
  /** The permission without which this one means nothing. */
  readonly needs?: string;
}

/** Every permission that a portal user can have, in the words of the schema. */
const PERMISSIONS = {
  VIEW_AGENTS: { description: 'See the agents of the client.' },
  EDIT_AGENTS: { description: 'Rename the agents of the client.', needs: 'VIEW_AGENTS' },
  VIEW_CALLS: { description: 'See the calls of the client.' },
  VIEW_CALL_DETAILS: {
    description: 'See the phone number, the error and the id at the provider of each call.',
    needs: 'VIEW_CALLS',
  },
  VIEW_ANALYTICS: { description: 'See how many calls there were, by outcome and provider.' },
  MANAGE_BILLING: { description: 'See the statements of the client, once there are any.' },
  VIEW_INTEGRATIONS: {
    description: 'See which keys were handed in for the client, and what became of each; never a key.',
  },
  MANAGE_INTEGRATIONS: {
    description: 'Hand in a key of the client for the agency to accept. The key is never shown again.',
    needs: 'VIEW_INTEGRATIONS',
  },
} as const satisfies Readonly<Record<string, PermissionTraits>>;

export type PortalPermission = keyof typeof PERMISSIONS;
export const PORTAL_PERMISSIONS = Object.keys(PERMISSIONS) as PortalPermission[];

export function traitsOf(permission: PortalPermission): {
  readonly description: string;
  readonly needs?: PortalPermission;
} {
  return PERMISSIONS[permission];
}

/** How permissions stand in a column. */
export const permissionList = {
  to: (permissions: readonly PortalPermission[]): string => permissions.join(','),
  from: (text: string): PortalPermission[] => (text === '' ? [] : (text.split(',') as PortalPermission[])),
};

/** Where a request came from, for the audit trail. */
export interface Origin {
  readonly requestId: string;
  /** The IP address; null at the command line. */
  readonly sourceAddress: string | null;
  /** Of the token that the request was sent with, so that nobody sets it as a key; null where there was none. */
  readonly tokenDigest?: () => string | null;
}

/** Who is asking, and what they may do: read from the database for each request, so that a right taken away is gone at once. */
export interface Viewer {
  readonly kind: 'PERSON' | 'SERVICE_TOKEN';
  /** Of the person or the service token. */
  readonly id: string;
  readonly role: ViewerRole;
  readonly name: string;
  readonly agencyId: string;
  /** A portal user's client: everything it loads is scoped to it. */
  readonly clientId: string | null;
  readonly permissions: readonly PortalPermission[];
  readonly origin: Origin;
}

export function isAdmin(viewer: Viewer): boolean {
  return viewer.role === 'AGENCY_ADMIN';
}

/** Of its own client, for the agency to accept. Whoever works for the agency has other ways. */
export function canHandInApiKeys({ role, permissions }: Viewer): boolean {
  return role === 'PORTAL_USER' && permissions.includes('MANAGE_INTEGRATIONS');
}

/** What was handed in for a client, and what became of it. Members of the agency see nothing of keys. */
export function canViewIntegrations(viewer: Viewer): boolean {
  return (
    isAdmin(viewer) || (viewer.role === 'PORTAL_USER' && viewer.permissions.includes('VIEW_INTEGRATIONS'))
  );
}

/** What a frontend has to know to show or hide its sections. */
export function abilitiesOf(viewer: Viewer) {
  const may = (permission: PortalPermission) => viewer.permissions.includes(permission);
  return {
    canManageApiKeys: isAdmin(viewer),
    canManagePeople: canManageAccess(viewer),
    canViewAuditEvents: isAdmin(viewer),
    canStartTestCalls: isAdmin(viewer),
    canViewAgents: may('VIEW_AGENTS'),
    canEditAgents: canEditAgents(viewer),
    canViewCalls: may('VIEW_CALLS'),
    canViewCallDetails: may('VIEW_CALL_DETAILS'),
    canViewAnalytics: may('VIEW_ANALYTICS'),
    canManageBilling: may('MANAGE_BILLING'),
    canViewIntegrations: canViewIntegrations(viewer),
    canHandInApiKeys: canHandInApiKeys(viewer),
  };
}

/** Members of the agency see agents and change none. */
export function canEditAgents(viewer: Viewer): boolean {
  return isAdmin(viewer) || (viewer.role === 'PORTAL_USER' && viewer.permissions.includes('EDIT_AGENTS'));
}

/**
 * An admin in person. A service token that could make another token, or another admin, would outlive its own expiry and its being
 * revoked.
 */
export function canManageAccess(viewer: Viewer): boolean {
  return isAdmin(viewer) && viewer.kind === 'PERSON';
}
