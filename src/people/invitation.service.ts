import { In, IsNull, Not } from 'typeorm';
import type { Identity } from '../access/identity';
import type { Viewer } from '../access/viewer';
import { AgencyRow } from '../agencies/agency.entity';
import type { AuditTrail } from '../audit/audit-trail';
import { ClientRow } from '../clients/client.entity';
import type { TenantDatabase } from '../access/tenant-database';
import type { Reader, Select, Transaction } from '../database/transaction';
import { addressUnavailable } from '../graphql/errors';
import { userError, type UserError } from '../graphql/user-error';
import { isId } from '../platform/ids';
import type { AccessGranter } from './access-granters';
import { emailDigest } from './email';
import type { GrantedAccess } from './granted-access';
import { viewerOfPerson } from './identities';
import { PersonRow } from './person.entity';
import { eventOf } from './person-event';

/** An invitation as it is shown to the person who is invited, before it is taken up. */
export interface ShownInvitation extends Pick<PersonRow, 'agencyId' | 'role' | 'createdAt'> {
  readonly invitationId: string;
  readonly agencyName: string;
  /** Null when it is not known who invited, or when that person is no longer there. */
  readonly invitedByName: string | null;
  readonly clientName: string | null;
}

export interface InvitationResult {
  readonly invitation: ShownInvitation | null;
  readonly userErrors: readonly UserError[];
}

/**
 * At most this many invitations are shown at once, the newest first. Each agency can have one for an address.
 */
export const MAX_INVITATIONS_LISTED = 50;

const MEMBERSHIP =
  'SELECT 1 FROM people member WHERE member.identityDigest = :digest AND member.agencyId = invited.agencyId';

const NOT_FOUND: InvitationResult = {
  invitation: null,
  userErrors: [userError('NOT_FOUND', ['input', 'invitationId'])],
};

/** An agency to which somebody belongs. */
export type Membership = Pick<ShownInvitation, 'agencyId' | 'agencyName'>;

/** At most this many memberships are shown at once. */
export const MAX_MEMBERSHIPS_LISTED = 50;

/**
 * Invitations as the people see them who are invited. Anyone may invite any address, so that each invitation
 * is taken up only when the owner of the address decides so.
 */
export class InvitationService implements AccessGranter {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
  ) {}

  /** Where whoever asks belongs, in the order of joining: the first one counts where none is named. */
  async memberships({ digest }: Identity): Promise<Membership[]> {
    const { read } = this.database;
    const people = await read.find(PersonRow, {
      where: { identityDigest: digest },
      order: { joinedAt: 'ASC', id: 'ASC' },
      take: MAX_MEMBERSHIPS_LISTED,
    });
    const agencies = await read.findBy(AgencyRow, { id: In(people.map(({ agencyId }) => agencyId)) });
    return people.map(({ agencyId }) => ({ agencyId, agencyName: nameIn(agencies, agencyId) ?? '' }));
  }

  /**
   * Lists the invitations for the verified address of whoever asks, from agencies to which they do not belong
   * yet.
   */
  async list(identity: Identity): Promise<ShownInvitation[]> {
    const invited = await this.#invited(identity);
    if (!invited) return [];
    const people = await invited.orderBy('invited.id', 'DESC').limit(MAX_INVITATIONS_LISTED).getMany();
    return shown(this.database.read, people);
  }

  /**
   * Takes an invitation up. From now on the person is known by issuer and subject, because an address can
   * change hands. Whoever has taken it up and asks again, e.g. because the answer was lost, is answered in
   * the same way.
   */
  async accept(identity: Identity, id: string): Promise<InvitationResult> {
    const invitation = await this.#own(identity, id);
    if (invitation && (await this.join(invitation.invitationId, identity)))
      return { invitation, userErrors: [] };
    const takenUp = await this.#takenUp(identity, id);
    return takenUp ? { invitation: takenUp, userErrors: [] } : NOT_FOUND;
  }

  /** Removes the invitation and tells the agency. */
  async decline(identity: Identity, id: string): Promise<InvitationResult> {
    const invitation = await this.#own(identity, id);
    if (!invitation) return NOT_FOUND;
    const isDeclined = await this.database.writeWithoutViewer(async (tx) => {
      const row = await tx.lock(PersonRow, id);
      const actor = row?.identityDigest === null ? viewerOfPerson(row, identity.origin) : null;
      if (!row || !actor) return false;
      await tx.delete(PersonRow, { id });
      await this.audit.record(tx, actor, { type: 'INVITATION_DECLINED', ...eventOf(row) });
      return true;
    });
    return isDeclined ? { invitation, userErrors: [] } : NOT_FOUND;
  }

  /**
   * Takes an invitation up that was found by the verified address of whoever asks. Returns null when it is
   * gone, or when somebody else has taken it up.
   */
  join(id: string, { digest, origin }: Identity): Promise<Viewer | null> {
    return this.database.writeWithoutViewer(async (tx) => {
      // When two requests come at once, the second waits here and then finds the membership that the first
      // one made.
      const invitation = await tx.lock(PersonRow, id);
      if (!invitation) return null;
      const { agencyId } = invitation;
      const member = await tx.findOneBy(PersonRow, { identityDigest: digest, agencyId });
      if (member) return viewerOfPerson(member, origin);
      const viewer = invitation.identityDigest === null ? viewerOfPerson(invitation, origin) : null;
      if (!viewer) return null;
      await tx.update(PersonRow, { id }, { identityDigest: digest, joinedAt: new Date() });
      await this.audit.record(tx, viewer, { type: 'PERSON_JOINED', ...eventOf(invitation) });
      return viewer;
    });
  }

  async granted(read: Reader, agencyId: string, createdBy: string): Promise<GrantedAccess[]> {
    return (await invitedBy(read, agencyId, createdBy)).map(grantedAs);
  }

  /**
   * Withdraws the open invitations. People who have joined are listed and stay: an admin decides about each
   * of them.
   */
  async withdraw(
    tx: Transaction,
    viewer: Viewer,
    createdBy: string,
    keep: boolean,
  ): Promise<GrantedAccess[]> {
    const people = await invitedBy(tx, viewer.agencyId, createdBy);
    const open = people.filter(({ identityDigest }) => identityDigest === null);
    for (const person of open) {
      if (keep) await tx.update(PersonRow, { id: person.id }, { createdBy: viewer.id });
      else {
        await tx.delete(PersonRow, { id: person.id });
        await this.audit.record(tx, viewer, { type: 'PERSON_REMOVED', ...eventOf(person) });
      }
    }
    return people.map((person) => ({
      ...grantedAs(person),
      isRevoked: person.identityDigest === null && !keep,
    }));
  }

  // Only those who were invited have the digest of an address.
  async #takenUp({ digest }: Identity, id: string): Promise<ShownInvitation | undefined> {
    const { read } = this.database;
    const where = { id, identityDigest: digest, emailDigest: Not(IsNull()) };
    const person = isId(id) ? await read.findOneBy(PersonRow, where) : null;
    const [invitation] = person ? await shown(read, [person]) : [];
    return invitation;
  }

  async #own(identity: Identity, id: string): Promise<ShownInvitation | undefined> {
    const invited = isId(id) ? await this.#invited(identity) : null;
    const person = await invited?.andWhere('invited.id = :id', { id }).getOne();
    const [invitation] = person ? await shown(this.database.read, [person]) : [];
    return invitation;
  }

  // The result is null for somebody without a verified address.
  async #invited(identity: Identity): Promise<Select<PersonRow> | null> {
    const { email, refusal } = await identity.address();
    if (refusal === 'USERINFO_FAILED') throw addressUnavailable();
    if (email === null) return null;
    return this.database.read
      .createQueryBuilder(PersonRow, 'invited')
      .where('invited.identityDigest IS NULL AND invited.emailDigest = :email', { email: emailDigest(email) })
      .andWhere(`NOT EXISTS (${MEMBERSHIP})`, { digest: identity.digest });
  }
}

function invitedBy(read: Reader, agencyId: string, createdBy: string): Promise<PersonRow[]> {
  return read.find(PersonRow, { where: { agencyId, createdBy }, order: { id: 'ASC' } });
}

function grantedAs({ id, name, createdAt, identityDigest }: PersonRow): GrantedAccess {
  const kind = identityDigest === null ? 'INVITATION' : 'PERSON';
  return { kind, objectId: id, name, createdAt, expiresAt: null, isRevoked: false };
}

async function shown(read: Reader, invitations: readonly PersonRow[]): Promise<ShownInvitation[]> {
  const ids = (of: (row: PersonRow) => string | null) => In(invitations.map(of).filter((id) => id !== null));
  const [agencies, inviters, clients] = await Promise.all([
    read.findBy(AgencyRow, { id: ids(({ agencyId }) => agencyId) }),
    read.findBy(PersonRow, { id: ids(({ createdBy }) => createdBy) }),
    read.findBy(ClientRow, { id: ids(({ clientId }) => clientId) }),
  ]);
  return invitations.map(({ id, agencyId, clientId, createdBy, role, createdAt }) => ({
    invitationId: id,
    agencyId,
    role,
    createdAt,
    agencyName: nameIn(agencies, agencyId) ?? '',
    invitedByName: nameIn(inviters, createdBy),
    clientName: nameIn(clients, clientId),
  }));
}

function nameIn(rows: readonly { id: string; name: string }[], id: string | null): string | null {
  return rows.find((row) => row.id === id)?.name ?? null;
}
