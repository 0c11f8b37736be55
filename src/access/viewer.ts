export const VIEWER_ROLES = ['AGENCY_ADMIN', 'AGENCY_MEMBER', 'PORTAL_USER'] as const;
export type ViewerRole = (typeof VIEWER_ROLES)[number];

/** The roles that people of the agency and service tokens can have. */
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
  MANAGE_BILLING: {
    description:
      "See what calls on the client's own account cost, and the statements of the client, once there are any.",
  },
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

export function traitsOfPermission(permission: PortalPermission): {
  readonly description: string;
  readonly needs?: PortalPermission;
} {
  return PERMISSIONS[permission];
}

/** Converts permissions to and from the text in which a column stores them. */
export const permissionList = {
  to: (permissions: readonly PortalPermission[]): string => permissions.join(','),
  from: (text: string): PortalPermission[] => (text === '' ? [] : (text.split(',') as PortalPermission[])),
};

/** Where a request came from; the audit trail records it. */
export interface Origin {
  readonly requestId: string;
  /** The IP address of the caller; null at the command line. */
  readonly sourceAddress: string | null;
  /**
   * The digest of the token of the request, so that nobody can set the token as a key; null if there was
   * none.
   */
  readonly tokenDigest?: () => string | null;
}

/**
 * Who is asking, and what they may do: read from the database for each request, so that a right taken away is
 * gone at once.
 */
export interface Viewer {
  readonly kind: 'PERSON' | 'SERVICE_TOKEN';
  /** The id of the person or of the service token. */
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

/** Tells whether the viewer may see what providers take for calls: a portal user, on its client's account. */
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
    canManageBilling: may('MANAGE_BILLING'),
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
