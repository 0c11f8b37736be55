import { PORTAL_PERMISSIONS, type PortalPermission } from '../access/portal-permissions';
import { AgencyRow } from '../agencies/agency.entity';
import { ClientRow } from '../clients/client.entity';
import type { Database } from '../database/database';
import { isId, newId } from '../platform/ids';
import { checkName } from '../graphql/checks';
import { PersonRow } from './person.entity';
import { identityDigest } from './identities';
import { VIEWER_ROLES, type ViewerRole } from '../access/viewer';
import { operator } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import { checkPermissions } from './permissions';
import { eventOf } from './person-event';

export const PEOPLE_FIELDS = ['agency', 'client', 'role', 'name', 'subject', 'permissions'] as const;

/** A person as an operator of the server describes one. Nothing of it has been checked. */
export type NewPerson = Readonly<Partial<Record<(typeof PEOPLE_FIELDS)[number], string>>> & {
  readonly issuer: string;
};

/** The operator asked for something that cannot be done. The message says why. */
export class RefusedPerson extends Error {}

/** Creates an agency with its first admin. Returns the id of the agency. */
export async function createAgency(
  database: Database,
  audit: AuditTrail,
  agencyName: string,
  person: NewPerson,
): Promise<string> {
  const agency: AgencyRow = {
    id: newId(),
    name: named(agencyName, '--agency'),
    portalPermissions: [],
    timeZone: 'UTC',
    createdAt: new Date(),
  };
  const admin = toPerson({ ...person, agency: agency.id, role: 'AGENCY_ADMIN' });
  await database.write(async (tx) => {
    await refuseSameAgency(tx, agency, admin);
    await tx.insert(AgencyRow, agency);
    await tx.insert(PersonRow, admin);
    await audit.record(tx, operator(agency.id), { type: 'AGENCY_CREATED', name: agency.name });
    await audit.record(tx, operator(agency.id), { type: 'PERSON_ADDED', ...eventOf(admin) });
  });
  return agency.id;
}

// The same command may be run again by accident. Another person may give the name to another agency.
async function refuseSameAgency(
  tx: Database['read'],
  { name }: AgencyRow,
  { identityDigest }: PersonRow,
): Promise<void> {
  const places = await tx.findBy(PersonRow, {
    identityDigest: identityDigest ?? '',
    role: 'AGENCY_ADMIN',
  });
  for (const { agencyId } of places)
    if (await tx.existsBy(AgencyRow, { id: agencyId, name }))
      throw new RefusedPerson(
        `--agency: this person is an admin of an agency of this name already: ${agencyId}`,
      );
}

/** Adds someone to an agency, or to the portal of one of its clients. Returns the id of the person. */
export async function addPerson(database: Database, audit: AuditTrail, person: NewPerson): Promise<string> {
  const row = toPerson(person);
  await database.write(async (tx) => {
    await refuseKnown(tx, row);
    if (!(await tx.existsBy(AgencyRow, { id: row.agencyId })))
      throw new RefusedPerson('--agency: there is no such agency');
    const ofAgency =
      row.clientId === null || (await tx.existsBy(ClientRow, { id: row.clientId, agencyId: row.agencyId }));
    if (!ofAgency) throw new RefusedPerson('--client: the agency has no such client');
    await tx.insert(PersonRow, row);
    await audit.record(tx, operator(row.agencyId), { type: 'PERSON_ADDED', ...eventOf(row) });
  });
  return row.id;
}

// Only this agency is asked: an operator need not learn here what the person is in other agencies.
async function refuseKnown(tx: Database['read'], { identityDigest, agencyId }: PersonRow): Promise<void> {
  const known = await tx.existsBy(PersonRow, { identityDigest: identityDigest ?? '', agencyId });
  if (known) throw new RefusedPerson('--subject: this person has been added already');
}

function toPerson({
  agency = '',
  client,
  role = '',
  name = '',
  subject = '',
  permissions,
  issuer,
}: NewPerson): PersonRow {
  if (!isId(agency)) throw new RefusedPerson('--agency: not an id');
  if (!oneOf(VIEWER_ROLES, role)) throw new RefusedPerson(`--role: one of ${VIEWER_ROLES.join(', ')}`);
  if ((role === 'PORTAL_USER') !== (client !== undefined))
    throw new RefusedPerson('--client: for the role PORTAL_USER, and only for it');
  const sub = subject.trim();
  if (sub === '') throw new RefusedPerson('--subject: required');
  const base = {
    id: newId(),
    agencyId: agency,
    clientId: client ?? null,
    name: named(name, '--name'),
    email: null,
    emailDigest: null,
  };
  const now = new Date();
  return {
    ...base,
    role: role as ViewerRole,
    permissions: toPermissions(permissions),
    identityDigest: identityDigest(issuer, sub),
    joinedAt: now,
    createdBy: null,
    createdAt: now,
  };
}

function named(text: string, option: string): string {
  const name = checkName(text, []);
  if (typeof name === 'string') return name;
  throw new RefusedPerson(`${option}: ${name.message}`);
}

function toPermissions(text: string | undefined): PortalPermission[] {
  const permissions = text ? text.split(',').map((name) => name.trim()) : [];
  const known = permissions.filter((name): name is PortalPermission => oneOf(PORTAL_PERMISSIONS, name));
  if (known.length < permissions.length)
    throw new RefusedPerson(`--permissions: of ${PORTAL_PERMISSIONS.join(', ')}`);
  const [fault] = checkPermissions(known, []);
  if (fault) throw new RefusedPerson(`--permissions: ${fault.message}`);
  return known;
}

function oneOf(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
