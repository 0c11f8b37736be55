import { IsNull, LessThan, Or } from 'typeorm';
import type { AddressRefusal, Identity } from '../access/identity';
import { permissionList } from '../access/portal-permissions';
import type { IdentityVerifier, TokenRefusal } from './identity';
import type { InvitationService } from './invitation.service';
import { PersonRow } from './person.entity';
import { isServiceToken, serviceTokenDigest } from './service-token';
import { ServiceTokenRow } from './service-token.entity';
import type { Origin, Viewer } from '../access/viewer';
import { viewerOfPerson, viewerOfServiceToken, type KnownPerson } from './identities';
import type { Actor, AuditDetails } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import type { Database } from '../database/database';
import { placeholders } from '../database/raw';
import { readTogether } from '../database/read-together';
import { emailDigest } from './email';
import { eventOf } from './person-event';

/** The part of a request that says who sends it. */
export interface Credentials {
  readonly authorization: string | undefined;
  /**
   * The agency for which the request is meant. Nobody is signed in to another one, and an invitation of this
   * agency is taken up.
   */
  readonly agencyId: string | undefined;
  /** Whether the request may change anything: only then is an invitation taken up. */
  readonly mayJoin: boolean;
}

/**
 * The reason why a sign-in was refused, as a code for the log. The answer does not tell it. `NO_TOKEN` is an
 * ordinary request of a stranger.
 */
export type SignInRefusal =
  | TokenRefusal
  | AddressRefusal
  | 'NO_TOKEN'
  | 'NOBODY_KNOWN'
  | 'NOT_INVITED'
  | 'OTHER_AGENCY'
  | 'CONTRADICTORY_ROW'
  | 'SERVICE_TOKEN_MALFORMED'
  | 'SERVICE_TOKEN_UNKNOWN'
  | 'SERVICE_TOKEN_EXPIRED'
  | 'SERVICE_TOKEN_REVOKED';

/**
 * Either who asks, or why nobody is known. The identity is that of the token, whether or not an agency knows
 * it.
 */
export type SignInOutcome = { readonly identity: Identity | null } & (
  | { readonly viewer: Viewer; readonly refusal: null; readonly join: Join | null }
  | { readonly viewer: null; readonly refusal: SignInRefusal; readonly join: null }
);

/**
 * Takes up the invitation by which a viewer will belong to the agency. It is called once the operation is
 * about to run. Returns null when the invitation is gone.
 */
export type Join = () => Promise<Viewer | null>;

const NOTE_EVERY_MS = 60_000;

// This statement runs for every request, so that no entities are made of its rows. The agency that was joined
// first comes first.
const find = (digests: readonly string[]) =>
  `SELECT identityDigest, id, role, name, agencyId, clientId, permissions FROM people WHERE identityDigest IN (${placeholders(digests)}) ORDER BY joinedAt, id`;
type RawPerson = Omit<KnownPerson, 'permissions'> & {
  readonly identityDigest: string;
  readonly permissions: string;
};

/** Finds out who asks. This is either a person of the issuer, or an integration with a service token. */
export class SignIn {
  // Requests that arrive together ask together, each of them after it has arrived. So a right that is taken
  // away is gone at once.
  readonly #people = readTogether((digests) => this.#findAll(digests));

  constructor(
    private readonly database: Database,
    private readonly identities: IdentityVerifier,
    private readonly audit: AuditTrail,
    private readonly invitations: InvitationService,
  ) {}

  /** Finds out who asks. Throws `IssuerUnreachable` when it cannot tell. */
  async identify({ authorization, agencyId, mayJoin }: Credentials, origin: Origin): Promise<SignInOutcome> {
    if (authorization === undefined) return refused('NO_TOKEN');
    const token = /^Bearer +(lk_svc_.*)$/i.exec(authorization)?.[1];
    if (token !== undefined) return this.#byServiceToken(token, agencyId, origin);
    const holder = await this.identities.identify(authorization);
    if (typeof holder === 'string') return refused(holder);
    const identity = { digest: holder.digest, address: holder.address, origin };
    return { ...(await this.#byIdentity(identity, agencyId, mayJoin)), identity };
  }

  async #byIdentity(
    identity: Identity,
    agencyId: string | undefined,
    mayJoin: boolean,
  ): Promise<SignInOutcome> {
    const { digest, origin } = identity;
    const known = await this.#people.load(digest);
    const person = meant(known, agencyId);
    if (person)
      return outcomeOf(
        viewerOfPerson({ ...person, permissions: permissionList.from(person.permissions) }, origin),
      );
    // Anyone may invite any address. Therefore signing in takes an invitation up only when the request names
    // the agency.
    if (agencyId === undefined) return refused('NOBODY_KNOWN');
    const outcome = mayJoin ? await this.#byInvitation(identity, agencyId) : refused('NOBODY_KNOWN');
    // Whether there is an invitation is not known where the issuer failed to tell the address.
    if (outcome.viewer || known.length === 0 || outcome.refusal === 'USERINFO_FAILED') return outcome;
    await this.#refusePerson(digest, origin);
    return refused('OTHER_AGENCY');
  }

  async #findAll(digests: readonly string[]): Promise<RawPerson[][]> {
    const rows = await this.database.read.rows<RawPerson>(find(digests), digests);
    return digests.map((digest) => rows.filter(({ identityDigest }) => identityDigest === digest));
  }

  async #byInvitation(identity: Identity, agencyId: string): Promise<SignInOutcome> {
    const { digest, origin } = identity;
    const { email, refusal } = await identity.address();
    if (email === null) return refused(refusal);
    const invited = { identityDigest: IsNull(), emailDigest: emailDigest(email), agencyId };
    // One statement reads both, because between two statements another request of this person could take the
    // invitation up.
    const [found] = await this.database.read.find(PersonRow, {
      where: [{ identityDigest: digest, agencyId }, invited],
      order: { identityDigest: 'DESC' },
    });
    if (!found) return refused('NOT_INVITED');
    const join = () => this.invitations.join(found.id, identity);
    return outcomeOf(viewerOfPerson(found, origin), found.identityDigest === digest ? null : join);
  }

  async #byServiceToken(token: string, agencyId: string | undefined, origin: Origin): Promise<SignInOutcome> {
    if (!isServiceToken(token)) return refused('SERVICE_TOKEN_MALFORMED');
    const row = await this.database.read.findOneBy(ServiceTokenRow, {
      tokenDigest: serviceTokenDigest(token),
    });
    if (!row) return refused('SERVICE_TOKEN_UNKNOWN');
    const viewer = viewerOfServiceToken(row, origin);
    const reason = refusalOf(row, agencyId);
    if (reason === null) {
      await this.#noteUse(row);
      return outcomeOf(viewer);
    }
    const { id: serviceTokenId, name, role } = row;
    await this.#refuse(ServiceTokenRow, row, viewer, { serviceTokenId, name, role, reason });
    return refused(reason === 'OTHER_AGENCY' ? reason : `SERVICE_TOKEN_${reason}`);
  }

  async #noteUse({ id, lastUsedAt }: ServiceTokenRow): Promise<void> {
    const now = new Date();
    if (lastUsedAt !== null && now.getTime() - lastUsedAt.getTime() < NOTE_EVERY_MS) return;
    await this.database.write((tx) => tx.update(ServiceTokenRow, { id }, { lastUsedAt: now }));
  }

  // The refusal is recorded in each agency that knows the person, because people there may ask what was
  // tried.
  async #refusePerson(digest: string, origin: Origin): Promise<void> {
    for (const person of await this.database.read.findBy(PersonRow, { identityDigest: digest })) {
      const { id, name, agencyId } = person;
      await this.#refuse(
        PersonRow,
        person,
        { kind: 'PERSON', id, name, agencyId, origin },
        { ...eventOf(person), reason: 'OTHER_AGENCY' },
      );
    }
  }

  async #refuse(
    of: typeof PersonRow | typeof ServiceTokenRow,
    row: Refusable,
    actor: Actor,
    details: AuditDetails['SIGN_IN_REFUSED'],
  ): Promise<void> {
    const now = new Date();
    const due = new Date(now.getTime() - NOTE_EVERY_MS);
    if (row.lastRefusedAt && row.lastRefusedAt >= due) return;
    await this.database.write(async (tx) => {
      const notYet = { id: row.id, lastRefusedAt: Or(IsNull(), LessThan(due)) };
      const { affected } = await tx.update<Refusable>(of, notYet, { lastRefusedAt: now });
      if (affected === 1) await this.audit.record(tx, actor, { type: 'SIGN_IN_REFUSED', ...details });
    });
  }
}

function refused(refusal: SignInRefusal): SignInOutcome {
  return { identity: null, viewer: null, refusal, join: null };
}

function outcomeOf(viewer: Viewer | null, join: Join | null = null): SignInOutcome {
  return viewer ? { identity: null, viewer, refusal: null, join } : refused('CONTRADICTORY_ROW');
}

type Refusable = Pick<PersonRow, 'id' | 'lastRefusedAt'>;

/** Returns what someone is in the agency that is named. Without a name, returns what someone became first. */
function meant<P extends Pick<PersonRow, 'agencyId'>>(
  people: readonly P[],
  agencyId: string | undefined,
): P | undefined {
  return agencyId === undefined ? people[0] : people.find((person) => person.agencyId === agencyId);
}

function refusalOf({ revokedAt, expiresAt, agencyId }: ServiceTokenRow, meantAgencyId: string | undefined) {
  if (revokedAt !== null) return 'REVOKED';
  if (expiresAt <= new Date()) return 'EXPIRED';
  return meantAgencyId === undefined || meantAgencyId === agencyId ? null : 'OTHER_AGENCY';
}
