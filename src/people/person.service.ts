import { In, IsNull, Not } from 'typeorm';
import { requireAccessManager, requireAdmin } from '../access/context';
import type { PortalPermission } from '../access/portal-permissions';
import { findOwn, findOwnMany, lockOwn, visibleTo } from '../access/tenancy';
import { grantedBy, withdrawAccess, type AccessGranters } from './access-granters';
import { PersonRow } from './person.entity';
import type { AgencyRole, Viewer } from '../access/viewer';
import { AgencyRow } from '../agencies/agency.entity';
import type { AuditTrail } from '../audit/audit-trail';
import { ClientRow } from '../clients/client.entity';
import type { ClientService } from '../clients/client.service';
import type { TenantDatabase } from '../access/tenant-database';
import { isId, newId } from '../platform/ids';
import type { Transaction } from '../database/transaction';
import { readPage } from '../database/pages';
import type { Page, PageArgs } from '../graphql/page';
import { checkName } from '../graphql/checks';
import { userError, type UserError } from '../graphql/user-error';
import { checkEmail, emailDigest } from './email';
import type { GrantedAccess, KeptAccess } from './granted-access';
import { eventOf } from './person-event';
import { checkPermissions, samePermissions } from './permissions';

export interface Invitee {
  readonly email: string;
  readonly name: string;
}

export interface PersonResult {
  readonly person: PersonRow | null;
  /**
   * Lists the ways in that the person had opened for others, when the person was removed or is no longer an
   * admin.
   */
  readonly grantedAccess?: readonly GrantedAccess[];
  readonly userErrors: readonly UserError[];
}

const NOT_FOUND: PersonResult = { person: null, userErrors: [userError('NOT_FOUND', ['input', 'personId'])] };

/**
 * The people who work for the agency and who use its clients' portals, with what each of them may do. Only
 * admins in person manage them.
 */
export class PersonService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly clients: ClientService,
    private readonly granters: AccessGranters,
  ) {}

  /** Lists the people of the agency, or the portal users of a client when its id is given. */
  list(viewer: Viewer, args: PageArgs, clientId: string | null): Promise<Page<PersonRow>> {
    requireAdmin(viewer);
    const client = clientId === null ? IsNull() : In([clientId].filter(isId));
    const { read } = this.database;
    const query = read
      .createQueryBuilder(PersonRow, 'person')
      .where({ ...visibleTo(viewer), clientId: client });
    return readPage(read, query, args, 'ASC', clientId === null ? 'people_by_agency' : 'people_by_client');
  }

  findMany(viewer: Viewer, ids: readonly string[]): Promise<(PersonRow | null)[]> {
    requireAdmin(viewer);
    return findOwnMany(this.database.read, viewer, PersonRow, ids);
  }

  /**
   * Invites someone, who joins by signing in with this address once the issuer has verified it. No mail is
   * sent.
   */
  inviteToAgency(viewer: Viewer, input: Invitee & { readonly role: AgencyRole }): Promise<PersonResult> {
    requireAccessManager(viewer);
    return this.#invite(viewer, input, { clientId: null, role: input.role, permissions: [] }, []);
  }

  /** When no permissions are given, the person gets those of the client's portal. */
  async inviteToPortal(
    viewer: Viewer,
    input: Invitee & { readonly clientId: string; readonly permissions?: readonly PortalPermission[] | null },
  ): Promise<PersonResult> {
    requireAccessManager(viewer);
    const client = await this.clients.find(viewer, input.clientId);
    const permissions = input.permissions ?? client?.portalPermissions ?? [];
    const place = {
      clientId: client?.id ?? null,
      role: 'PORTAL_USER' as const,
      permissions: [...permissions],
    };
    const errors = client ? [] : [userError('NOT_FOUND', ['input', 'clientId'])];
    return this.#invite(viewer, input, place, [
      ...errors,
      ...checkPermissions(permissions, ['input', 'permissions']),
    ]);
  }

  /**
   * A person who is no longer an admin also loses the ways in that they opened for others, because the person
   * may know their secrets.
   */
  changeRole(
    viewer: Viewer,
    personId: string,
    role: AgencyRole,
    kept: KeptAccess = {},
  ): Promise<PersonResult> {
    requireAccessManager(viewer);
    return this.#change(viewer, personId, async (tx, person) => {
      if (person.role === 'PORTAL_USER') return NOT_FOUND;
      if (person.role === role) return { person, userErrors: [] };
      if (role !== 'AGENCY_ADMIN' && (await this.#isLastAdmin(tx, person))) return lastAdmin();
      const result = await this.#update(tx, viewer, { ...person, role });
      if (role === 'AGENCY_ADMIN') return result;
      return { ...result, grantedAccess: await withdrawAccess(this.granters, tx, viewer, person.id, kept) };
    });
  }

  changePermissions(
    viewer: Viewer,
    personId: string,
    permissions: readonly PortalPermission[],
  ): Promise<PersonResult> {
    requireAccessManager(viewer);
    const userErrors = checkPermissions(permissions, ['input', 'permissions']);
    return this.#change(viewer, personId, async (tx, person) => {
      if (person.role !== 'PORTAL_USER') return NOT_FOUND;
      if (userErrors.length > 0) return { person: null, userErrors };
      if (samePermissions(person.permissions, permissions)) return { person, userErrors };
      return this.#update(tx, viewer, { ...person, permissions: [...permissions] });
    });
  }

  /**
   * Lists by what a person has let others in, most of which goes with the person unless it is kept. It
   * is null for a person whom the agency does not have.
   */
  async grantedAccess(viewer: Viewer, personId: string): Promise<GrantedAccess[] | null> {
    requireAccessManager(viewer);
    const { read } = this.database;
    const person = await findOwn(read, viewer, PersonRow, personId);
    return person && grantedBy(this.granters, read, viewer.agencyId, person.id);
  }

  /**
   * Removes a person at once: the very next request of the person is refused. The ways in that the person
   * opened for others are closed as well, unless they are kept.
   */
  remove(viewer: Viewer, personId: string, kept: KeptAccess = {}): Promise<PersonResult> {
    requireAccessManager(viewer);
    return this.#change(viewer, personId, async (tx, person) => {
      if (await this.#isLastAdmin(tx, person)) return lastAdmin();
      await tx.delete(PersonRow, { id: person.id });
      await this.audit.record(tx, viewer, { type: 'PERSON_REMOVED', ...eventOf(person) });
      const grantedAccess = await withdrawAccess(this.granters, tx, viewer, person.id, kept);
      return { person, grantedAccess, userErrors: [] };
    });
  }

  /** Sets the defaults of the agency, which are copied to clients that are created from now on. */
  setAgencyDefaults(
    viewer: Viewer,
    permissions: readonly PortalPermission[],
  ): Promise<{ agency: AgencyRow | null; userErrors: UserError[] }> {
    requireAccessManager(viewer);
    const userErrors = checkPermissions(permissions, ['input', 'permissions']);
    if (userErrors.length > 0) return Promise.resolve({ agency: null, userErrors });
    return this.database.write(viewer, async (tx) => {
      const agency = await tx.lock(AgencyRow, viewer.agencyId);
      if (!agency || samePermissions(agency.portalPermissions, permissions)) return { agency, userErrors };
      const portalPermissions = [...permissions];
      await tx.update(AgencyRow, { id: agency.id }, { portalPermissions });
      await this.audit.record(tx, viewer, { type: 'PORTAL_DEFAULTS_CHANGED', clientId: null, permissions });
      return { agency: { ...agency, portalPermissions }, userErrors };
    });
  }

  /** Sets what the portal users of one client may do who are invited from now on. */
  async setClientDefaults(
    viewer: Viewer,
    clientId: string,
    permissions: readonly PortalPermission[],
  ): Promise<{ client: ClientRow | null; userErrors: UserError[] }> {
    requireAccessManager(viewer);
    return this.database.write(viewer, async (tx) => {
      const client = await lockOwn(tx, viewer, ClientRow, clientId);
      const missing = client ? [] : [userError('NOT_FOUND', ['input', 'clientId'])];
      const userErrors = [...missing, ...checkPermissions(permissions, ['input', 'permissions'])];
      if (!client || userErrors.length > 0) return { client: null, userErrors };
      if (samePermissions(client.portalPermissions, permissions)) return { client, userErrors };
      const portalPermissions = [...permissions];
      await tx.update(ClientRow, { id: client.id }, { portalPermissions });
      await this.audit.record(tx, viewer, {
        type: 'PORTAL_DEFAULTS_CHANGED',
        clientId: client.id,
        permissions,
      });
      return { client: { ...client, portalPermissions }, userErrors };
    });
  }

  async #invite(
    viewer: Viewer,
    invitee: Invitee,
    place: Pick<PersonRow, 'clientId' | 'role' | 'permissions'>,
    errors: readonly UserError[],
  ): Promise<PersonResult> {
    const name = checkName(invitee.name, ['input', 'name']);
    const email = checkEmail(invitee.email, ['input', 'email']);
    const userErrors = [...errors, ...[name, email].filter((part) => typeof part === 'object')];
    if (typeof name !== 'string' || typeof email !== 'string' || userErrors.length > 0)
      return { person: null, userErrors };
    const unknown = { emailDigest: emailDigest(email), identityDigest: null, joinedAt: null };
    const person: PersonRow = {
      id: newId(),
      agencyId: viewer.agencyId,
      name,
      email,
      ...unknown,
      ...place,
      createdBy: viewer.id,
      createdAt: new Date(),
    };
    return this.database.write(viewer, async (tx) => {
      const known = await tx.existsBy(PersonRow, {
        agencyId: viewer.agencyId,
        emailDigest: unknown.emailDigest,
      });
      if (known)
        return {
          person: null,
          userErrors: [
            userError(
              'DUPLICATE',
              ['input', 'email'],
              'Someone of the agency or of its portals has this address.',
            ),
          ],
        };
      await tx.insert(PersonRow, person);
      await this.audit.record(tx, viewer, { type: 'PERSON_INVITED', ...eventOf(person) });
      return { person, userErrors: [] };
    });
  }

  // The people of an agency are changed one after the other. Otherwise two changes that each leave one admin
  // could together leave none.
  #change(
    viewer: Viewer,
    id: string,
    work: (tx: Transaction, person: PersonRow) => Promise<PersonResult>,
  ): Promise<PersonResult> {
    return this.database.write(viewer, async (tx) => {
      await tx.lock(AgencyRow, viewer.agencyId);
      const person = await findOwn(tx, viewer, PersonRow, id);
      return person ? work(tx, person) : NOT_FOUND;
    });
  }

  async #update(tx: Transaction, viewer: Viewer, person: PersonRow): Promise<PersonResult> {
    await tx.update(PersonRow, { id: person.id }, { role: person.role, permissions: person.permissions });
    await this.audit.record(tx, viewer, { type: 'PERSON_CHANGED', ...eventOf(person) });
    return { person, userErrors: [] };
  }

  // An admin who has never signed in does not count, because the invitation may never be taken up.
  async #isLastAdmin(tx: Transaction, { id, agencyId, role, identityDigest }: PersonRow): Promise<boolean> {
    if (role !== 'AGENCY_ADMIN' || identityDigest === null) return false;
    return !(await tx.existsBy(PersonRow, { agencyId, role, id: Not(id), identityDigest: Not(IsNull()) }));
  }
}

function lastAdmin(): PersonResult {
  return { person: null, userErrors: [userError('LAST_ADMIN', ['input', 'personId'])] };
}
