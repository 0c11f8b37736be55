import { permissionList } from '../access/portal-permissions';
import type { Viewer } from '../access/viewer';
import { dateOf, type RawDate } from '../database/raw';
import type { Beginning } from '../database/transaction';
import { forbidden, unauthenticated, type PublicError } from '../graphql/errors';
import type { PersonRow } from './person.entity';
import type { ServiceTokenRow } from './service-token.entity';

type Rights = Pick<PersonRow, 'agencyId' | 'clientId' | 'role'>;

interface RawPerson extends Rights {
  readonly permissions: string;
}

interface RawServiceToken extends Pick<ServiceTokenRow, 'agencyId' | 'role'> {
  readonly expiresAt: RawDate;
  readonly revokedAt: RawDate | null;
}

/**
 * Tells inside a transaction whether the viewer still has the rights that it had when its request arrived.
 * The viewer's row is locked for reading until the transaction ends, so that whoever takes a right away waits
 * for the work that was begun with it, or is waited for. Returns `UNAUTHENTICATED` for a person or a token
 * that is gone, `FORBIDDEN` for other rights, and null for the same rights.
 */
export async function lostRights(tx: Beginning, viewer: Viewer): Promise<PublicError | null> {
  const rights = viewer.kind === 'PERSON' ? await personRights(tx, viewer) : await tokenRights(tx, viewer);
  if (!rights) return unauthenticated();
  const { agencyId, clientId, role, permissions } = rights;
  const same =
    agencyId === viewer.agencyId &&
    clientId === viewer.clientId &&
    role === viewer.role &&
    (role !== 'PORTAL_USER' || permissions === permissionList.to(viewer.permissions));
  return same ? null : forbidden();
}

async function personRights(tx: Beginning, { id }: Viewer): Promise<RawPerson | undefined> {
  const [person] = await tx.shareRows<RawPerson>(
    'SELECT agencyId, clientId, role, permissions FROM people WHERE id = ?',
    [id],
  );
  return person;
}

async function tokenRights(tx: Beginning, { id }: Viewer): Promise<RawPerson | undefined> {
  const [token] = await tx.shareRows<RawServiceToken>(
    'SELECT agencyId, role, expiresAt, revokedAt FROM service_tokens WHERE id = ?',
    [id],
  );
  if (!token || token.revokedAt !== null || dateOf(token.expiresAt) <= new Date()) return undefined;
  return { agencyId: token.agencyId, role: token.role, clientId: null, permissions: '' };
}
