import { PORTAL_PERMISSIONS } from '../access/portal-permissions';
import type { Origin, Viewer } from '../access/viewer';
import { digest } from '../platform/digest';
import type { PersonRow } from './person.entity';
import type { ServiceTokenRow } from './service-token.entity';

export function identityDigest(issuer: string, subject: string): string {
  return digest(issuer, subject);
}

/** The part of a person's row that tells who asks. */
export type KnownPerson = Pick<PersonRow, 'id' | 'role' | 'name' | 'agencyId' | 'clientId' | 'permissions'>;

/** Returns null for a row that contradicts itself: a portal user has a client, and nobody else has one. */
export function viewerOfPerson(
  { id, role, name, agencyId, clientId, permissions }: KnownPerson,
  origin: Origin,
): Viewer | null {
  if ((role === 'PORTAL_USER') !== (clientId !== null)) return null;
  return {
    kind: 'PERSON',
    id,
    role,
    name,
    agencyId,
    clientId,
    permissions: role === 'PORTAL_USER' ? permissions : PORTAL_PERMISSIONS,
    origin,
  };
}

export function viewerOfServiceToken({ id, role, name, agencyId }: ServiceTokenRow, origin: Origin): Viewer {
  return {
    kind: 'SERVICE_TOKEN',
    id,
    role,
    name,
    agencyId,
    clientId: null,
    permissions: PORTAL_PERMISSIONS,
    origin,
  };
}
