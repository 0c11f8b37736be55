import { PORTAL_PERMISSIONS, type PortalPermission } from '../../src/access/portal-permissions';
import { PersonRow } from '../../src/people/person.entity';
import { identityDigest } from '../../src/people/identities';
import { AgencyRow } from '../../src/agencies/agency.entity';
import { newId } from '../../src/platform/ids';
import { HARBOR, MAPLE } from '../demo-ids';
import type { TestApp } from '../harness';

const CREATE_TOKEN =
  'mutation ($input: CreateServiceTokenInput!) { createServiceToken(input: $input) { token serviceToken { id } } }';
const INVITE =
  'mutation ($input: InviteAgencyPersonInput!) { inviteAgencyPerson(input: $input) { userErrors { code } } }';
const REVOKE =
  'mutation ($input: RevokeServiceTokenInput!) { revokeServiceToken(input: $input) { userErrors { code } } }';

/** A bearer token for each kind of viewer, in the order of the table's columns; null for nobody. */
export async function tokensOfViewers(running: TestApp): Promise<ReadonlyMap<string, string | null>> {
  const { issuer, audience, tokens } = running;
  const expired = await issuer.mint({ subject: 'demo-agencyAdmin', audience, expiresInSeconds: -60 });
  const single = await Promise.all(
    PORTAL_PERMISSIONS.map(
      async (name) => [`portal:${name}`, await portalUser(running, HARBOR, [name])] as const,
    ),
  );
  return new Map([
    ['nobody', null],
    ['expired', expired],
    ['revoked-token', await serviceToken(running, 'AGENCY_ADMIN', true)],
    ['admin', tokens.agencyAdmin],
    ['token:ADMIN', await serviceToken(running, 'AGENCY_ADMIN')],
    ['member', tokens.agencyMember],
    ['token:MEMBER', await serviceToken(running, 'AGENCY_MEMBER')],
    ['portal:none', tokens.portalUserNoPermissions],
    ...single,
    ['portal:other-client', await portalUser(running, MAPLE, PORTAL_PERMISSIONS)],
    ['other-agency-admin', tokens.otherAgencyAdmin],
    ['invited', await invited(running)],
  ]);
}

/** Signed in at the issuer, and known to no agency. */
async function invited(running: TestApp): Promise<string> {
  const email = 'invited@example.com';
  const { issuer, audience } = running;
  await running.data(INVITE, { input: { email, name: 'Invited', role: 'AGENCY_ADMIN' } });
  return issuer.mint({ subject: 'invited', audience, email, emailVerified: true, expiresInSeconds: 3600 });
}

/** Past the checks of the API, which gives no permission without the one that it needs. */
async function portalUser(
  { app, issuer, audience }: TestApp,
  clientId: string,
  permissions: readonly PortalPermission[],
): Promise<string> {
  const id = newId();
  const now = new Date();
  const identity = {
    identityDigest: identityDigest(issuer.issuer, id),
    email: null,
    emailDigest: null,
    joinedAt: now,
    createdBy: null,
    createdAt: now,
  };
  await app.database.write(async (tx) => {
    const [agency] = await tx.find(AgencyRow, { order: { id: 'ASC' } });
    await tx.insert(PersonRow, {
      id,
      agencyId: agency?.id ?? '',
      clientId,
      role: 'PORTAL_USER',
      name: id,
      permissions: [...permissions],
      ...identity,
    });
  });
  return issuer.mint({ subject: id, audience, expiresInSeconds: 3600 });
}

async function serviceToken(running: TestApp, role: string, revoked = false): Promise<string> {
  const { createServiceToken } = await running.data<{
    createServiceToken: { token: string; serviceToken: { id: string } };
  }>(CREATE_TOKEN, { input: { name: role, role } });
  if (revoked) await running.data(REVOKE, { input: { serviceTokenId: createServiceToken.serviceToken.id } });
  return createServiceToken.token;
}
