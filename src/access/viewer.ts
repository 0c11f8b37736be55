import type { Database } from '../platform/database';
import { digest } from '../platform/ids';
import type { Identity } from './identity';
import { PersonRow } from './person.entity';

export const VIEWER_ROLES = ['AGENCY_ADMIN', 'AGENCY_MEMBER', 'PORTAL_USER'] as const;
export type ViewerRole = (typeof VIEWER_ROLES)[number];

export const PORTAL_PERMISSIONS = [
  'VIEW_AGENTS',
  'EDIT_AGENTS',
  'VIEW_CALLS',
  'VIEW_CALL_DETAILS',
  'VIEW_ANALYTICS',
  'MANAGE_BILLING',
  'VIEW_INTEGRATIONS',
  'MANAGE_INTEGRATIONS',
] as const;
export type PortalPermission = (typeof PORTAL_PERMISSIONS)[number];

/** Who is asking, and what they may do: read from the database for each request, so that a right taken away is gone at once. */
export interface Viewer {
  readonly kind: 'PERSON' | 'SERVICE_TOKEN';
  readonly role: ViewerRole;
  readonly name: string;
  readonly agencyId: string;
  /** A portal user's client: everything it loads is scoped to it. */
  readonly clientId: string | null;
  readonly permissions: readonly PortalPermission[];
}

export function identityDigest(issuer: string, subject: string): string {
  return digest(issuer, subject);
}

/** Null for an identity that nobody here has. */
export async function viewerOf(database: Database, identity: Identity): Promise<Viewer | null> {
  const person = await database.read.findOneBy(PersonRow, { identityDigest: identityDigest(identity.issuer, identity.subject) });
  if (!person || (person.role === 'PORTAL_USER') !== (person.clientId !== null)) return null;
  return { ...person, kind: 'PERSON', permissions: person.role === 'PORTAL_USER' ? person.permissions : [...PORTAL_PERMISSIONS] };
}

export function isAdmin(viewer: Viewer): boolean {
  return viewer.role === 'AGENCY_ADMIN';
}

/** An admin in person. A service token that could make another would outlive its own expiry, and its being revoked. */
export function canManageServiceTokens(viewer: Viewer): boolean {
  return isAdmin(viewer) && viewer.kind === 'PERSON';
}
