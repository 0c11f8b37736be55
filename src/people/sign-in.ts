import { IsNull, LessThan, Or } from 'typeorm';
import type { Identity, IdentityVerifier } from '../access/identity';
import { PersonRow } from '../access/person.entity';
import { isServiceToken, serviceTokenDigest } from '../access/service-token';
import { ServiceTokenRow } from '../access/service-token.entity';
import { identityDigest, permissionList, viewerOfPerson, viewerOfServiceToken, type KnownPerson, type Origin, type Viewer } from '../access/viewer';
import type { AuditTrail } from '../audit/audit-trail';
import type { Database } from '../platform/database';
import { emailDigest } from './email';

/** What a request says of who sends it. */
export interface Credentials {
  readonly authorization: string | undefined;
  /** The agency that is meant: nothing else is signed in to, and of several invitations its own is taken up. */
  readonly agencyId: string | undefined;
}

const NOTE_EVERY_MS = 60_000;

// No entity is made of it: this is asked for every request.
const FIND = 'SELECT id, role, name, agencyId, clientId, permissions FROM people WHERE identityDigest = ?';
type RawPerson = Omit<KnownPerson, 'permissions'> & { readonly permissions: string };

/** Finds out who asks: a person of the issuer, or an integration with a service token. */
export class SignIn {
  constructor(
    private readonly database: Database,
    private readonly identities: IdentityVerifier,
    private readonly audit: AuditTrail,
  ) {}

  /** Null for nobody known, whatever the reason. Throws `IssuerUnreachable` when it cannot tell. */
  async identify({ authorization, agencyId }: Credentials, origin: Origin): Promise<Viewer | null> {
    const token = /^Bearer +(lk_svc_.*)$/i.exec(authorization ?? '')?.[1];
    if (token !== undefined) return this.#byServiceToken(token, origin);
    const identity = await this.identities.identify(authorization);
    return identity && this.#byIdentity(identity, agencyId, origin);
  }

  async #byIdentity(identity: Identity, agencyId: string | undefined, origin: Origin): Promise<Viewer | null> {
    const known = { identityDigest: identityDigest(identity.issuer, identity.subject) };
    const [person] = await this.database.read.rows<RawPerson>(FIND, [known.identityDigest]);
    if (person) return this.#ofAgency({ ...person, permissions: permissionList.from(person.permissions) }, agencyId, origin);
    if (identity.email === null || !identity.emailVerified) return null;
    // In one look: after the one above, another request of this person may have taken the invitation up.
    const found = await this.database.read.findBy(PersonRow, [known, { identityDigest: IsNull(), emailDigest: emailDigest(identity.email) }]);
    const joined = found.find((row) => row.identityDigest === known.identityDigest);
    if (joined) return this.#ofAgency(joined, agencyId, origin);
    // Anyone may invite any address: whom several invite must say whose invitation it takes up.
    const [invitation, ...others] = found.filter((row) => agencyId === undefined || row.agencyId === agencyId);
    return invitation && others.length === 0 ? this.#join(invitation, known.identityDigest, origin) : null;
  }

  // Whoever means another agency must not act in this one.
  #ofAgency(person: KnownPerson, agencyId: string | undefined, origin: Origin): Viewer | null {
    return agencyId === undefined || agencyId === person.agencyId ? viewerOfPerson(person, origin) : null;
  }

  // From now on known by issuer and subject: an address can change hands.
  #join({ id }: PersonRow, digest: string, origin: Origin): Promise<Viewer | null> {
    return this.database.write(async (tx) => {
      const { affected } = await tx.update(PersonRow, { id, identityDigest: IsNull() }, { identityDigest: digest, joinedAt: new Date() });
      const person = await tx.findOneBy(PersonRow, { identityDigest: digest });
      const viewer = person && viewerOfPerson(person, origin);
      if (affected !== 1 || !viewer) return viewer;
      const { clientId, role, permissions } = person;
      await this.audit.record(tx, viewer, { type: 'PERSON_JOINED', personId: id, clientId, role, permissions });
      return viewer;
    });
  }

  async #byServiceToken(token: string, origin: Origin): Promise<Viewer | null> {
    if (!isServiceToken(token)) return null;
    const row = await this.database.read.findOneBy(ServiceTokenRow, { tokenDigest: serviceTokenDigest(token) });
    if (!row) return null;
    const reason = row.revokedAt !== null ? 'REVOKED' : row.expiresAt <= new Date() ? 'EXPIRED' : null;
    if (reason !== null) return this.#refuse(row, reason, origin);
    await this.#noteUse(row);
    return viewerOfServiceToken(row, origin);
  }

  async #noteUse({ id, lastUsedAt }: ServiceTokenRow): Promise<void> {
    const now = new Date();
    if (lastUsedAt !== null && now.getTime() - lastUsedAt.getTime() < NOTE_EVERY_MS) return;
    await this.database.write((tx) => tx.update(ServiceTokenRow, { id }, { lastUsedAt: now }));
  }

  async #refuse(row: ServiceTokenRow, reason: 'EXPIRED' | 'REVOKED', origin: Origin): Promise<null> {
    const now = new Date();
    const due = new Date(now.getTime() - NOTE_EVERY_MS);
    if (row.lastRefusedAt !== null && row.lastRefusedAt >= due) return null;
    const { id: serviceTokenId, name, role } = row;
    await this.database.write(async (tx) => {
      const notYet = { id: row.id, lastRefusedAt: Or(IsNull(), LessThan(due)) };
      const { affected } = await tx.update(ServiceTokenRow, notYet, { lastRefusedAt: now });
      if (affected === 1) await this.audit.record(tx, viewerOfServiceToken(row, origin), { type: 'SIGN_IN_REFUSED', serviceTokenId, name, role, reason });
    });
    return null;
  }
}
