import type { PortalPermission } from './portal-permissions';

export const VIEWER_ROLES = ['AGENCY_ADMIN', 'AGENCY_MEMBER', 'PORTAL_USER'] as const;
export type ViewerRole = (typeof VIEWER_ROLES)[number];

/** The roles that people of the agency and service tokens can have. */
export const AGENCY_ROLES = ['AGENCY_ADMIN', 'AGENCY_MEMBER'] as const;
export type AgencyRole = (typeof AGENCY_ROLES)[number];

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
