import { In, Not } from 'typeorm';
import { PersonRow } from '../people/person.entity';
import { identityDigest } from '../people/identities';
import { PORTAL_PERMISSIONS, type PortalPermission, type ViewerRole } from '../access/viewer';
import { operator } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import { AgencyRow } from '../agencies/agency.entity';
import { AgentRow } from '../agents/agent.entity';
import { ClientRow } from '../clients/client.entity';
import { storeKey } from '../keys/changes/key-writer';
import type { KeyOwner } from '../keys/key-store';
import { ConfigError } from '../platform/config-error';
import type { Database } from '../database/database';
import type { Transaction } from '../database/transaction';
import type { Provider } from '../providers';
import { Secret, type ApiKeyText } from '../vault/secret';
import type { Vault } from '../vault/vault';
import type { AccountName } from './sandbox/account';
import { SANDBOX_ACCOUNTS, type Sandbox, type SandboxName } from './sandbox';

/** The people of the demo, by the names of their tokens in `.latchkey/demo.json`. */
export const PERSONAS = [
  'agencyAdmin',
  'agencyMember',
  'portalUser',
  'portalUserNoPermissions',
  'otherAgencyAdmin',
] as const;
export type Persona = (typeof PERSONAS)[number];

export function subjectOf(persona: Persona): string {
  return `demo-${persona}`;
}

// Fixed, so that the README's and the playground's operations work as they stand.
export const demoId = (number: number) => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;

const PORTAL_DEFAULTS: readonly PortalPermission[] = [
  'VIEW_AGENTS',
  'VIEW_CALLS',
  'VIEW_CALL_DETAILS',
  'VIEW_ANALYTICS',
];

export const BRIGHTLINE = demoId(1);
const NORTHWIND = demoId(2);
export const HARBOR_DENTAL = demoId(101);
const MAPLE_REALTY = demoId(102);
export const CEDAR_CLINIC = demoId(103);
const OLD_MILL_MOTORS = demoId(104);
const FJORD_HOTELS = demoId(201);

/** Fills an empty database with the demo, once; points its people to the issuer of this start, each time. Throws `ConfigError` where others are. */
export async function seed(
  database: Database,
  vault: Vault,
  audit: AuditTrail,
  issuer: string,
  sandbox: Sandbox,
): Promise<void> {
  await database.write(async (tx) => {
    if (await tx.existsBy(AgencyRow, { id: Not(In([BRIGHTLINE, NORTHWIND])) })) {
      throw new ConfigError(
        "DATABASE_URL: this database holds agencies that are not the demo's. The demo was not put into it.",
      );
    }
    if (!(await tx.existsBy(AgencyRow, { id: BRIGHTLINE }))) {
      await insertDemo(tx, vault, issuer, sandbox);
      for (const { id, name } of await tx.findBy(AgencyRow, { id: In([BRIGHTLINE, NORTHWIND]) }))
        await audit.record(tx, operator(id), { type: 'AGENCY_CREATED', name });
    }
    for (const persona of people(issuer))
      await tx.update(PersonRow, { id: persona.id }, { identityDigest: persona.identityDigest });
  });
}

async function insertDemo(tx: Transaction, vault: Vault, issuer: string, sandbox: Sandbox): Promise<void> {
  const createdAt = new Date();
  await tx.insert(AgencyRow, [
    { id: BRIGHTLINE, name: 'Brightline Voice', portalPermissions: [...PORTAL_DEFAULTS], createdAt },
    { id: NORTHWIND, name: 'Northwind Calls', portalPermissions: [], createdAt },
  ]);
  await tx.insert(ClientRow, clients(createdAt));
  await tx.insert(PersonRow, people(issuer));
  await tx.insert(AgentRow, agents(createdAt));
  const agency: KeyOwner = { type: 'AGENCY', id: BRIGHTLINE, agencyId: BRIGHTLINE };
  const client: KeyOwner = { type: 'CLIENT', id: HARBOR_DENTAL, agencyId: BRIGHTLINE };
  for (const name of ['retell', 'vapi', 'bland'] as const)
    await insertKey(tx, vault, agency, name, sandbox[name].keys.valid);
  for (const name of ['retell', 'vapi'] as const)
    await insertKey(tx, vault, client, name, sandbox[name].keys.secondAccount);
  await insertKey(
    tx,
    vault,
    { type: 'AGENCY', id: NORTHWIND, agencyId: NORTHWIND },
    'retell',
    sandbox.retell.keys.valid,
  );
}

async function insertKey(
  tx: Transaction,
  vault: Vault,
  owner: KeyOwner,
  name: SandboxName,
  text: string,
): Promise<void> {
  await storeKey(tx, vault, owner, null, {
    provider: providerOf(name),
    region: 'US',
    key: readKey(text),
    verdict: null,
  });
}

export function readKey(text: string): ApiKeyText {
  const key = new Secret(text).read();
  if (typeof key === 'string') throw new Error('A key of the demo is not well formed');
  return key;
}

function providerOf(name: SandboxName): Provider {
  return name.toUpperCase() as Uppercase<SandboxName>;
}

function clients(createdAt: Date): ClientRow[] {
  const active = {
    agencyId: BRIGHTLINE,
    archivedAt: null,
    portalPermissions: [...PORTAL_DEFAULTS],
    acceptsValidHandIns: false,
    createdAt,
  };
  return [
    { ...active, id: HARBOR_DENTAL, name: 'Harbor Dental' },
    { ...active, id: MAPLE_REALTY, name: 'Maple Realty' },
    { ...active, id: CEDAR_CLINIC, name: 'Cedar Clinic' },
    { ...active, id: OLD_MILL_MOTORS, name: 'Old Mill Motors', archivedAt: createdAt },
    { ...active, id: FJORD_HOTELS, name: 'Fjord Hotels', agencyId: NORTHWIND },
  ];
}

function people(issuer: string): PersonRow[] {
  const person = (
    number: number,
    persona: Persona,
    name: string,
    role: ViewerRole,
    permissions: readonly PortalPermission[] = [],
  ) => ({
    id: demoId(number),
    agencyId: persona === 'otherAgencyAdmin' ? NORTHWIND : BRIGHTLINE,
    clientId: role === 'PORTAL_USER' ? HARBOR_DENTAL : null,
    role,
    name,
    permissions: [...permissions],
    email: null,
    emailDigest: null,
    identityDigest: identityDigest(issuer, subjectOf(persona)),
    joinedAt: new Date(),
    createdAt: new Date(),
  });
  return [
    person(301, 'agencyAdmin', 'Ada Brightline', 'AGENCY_ADMIN'),
    person(302, 'agencyMember', 'Max Brightline', 'AGENCY_MEMBER'),
    person(303, 'portalUser', 'Dr. Hana Harbor', 'PORTAL_USER', PORTAL_PERMISSIONS),
    person(304, 'portalUserNoPermissions', 'Finn Harbor', 'PORTAL_USER'),
    person(305, 'otherAgencyAdmin', 'Nora Northwind', 'AGENCY_ADMIN'),
  ];
}

function agents(createdAt: Date): AgentRow[] {
  const agent = (
    number: number,
    name: string,
    provider: SandboxName,
    account: AccountName,
    index: number,
    clientId: string | null,
  ) => {
    const { agents: known, fromNumber } = SANDBOX_ACCOUNTS[provider][account];
    const providerAgentId = known[index]?.id;
    if (providerAgentId === undefined) throw new Error('The stand-in has no such agent');
    return {
      id: demoId(number),
      agencyId: BRIGHTLINE,
      clientId,
      name,
      provider: providerOf(provider),
      providerAgentId,
      fromNumber,
      createdAt,
    };
  };
  return [
    agent(401, 'Harbor front desk', 'retell', 'client', 0, HARBOR_DENTAL),
    agent(402, 'Harbor recall', 'vapi', 'client', 0, HARBOR_DENTAL),
    agent(403, 'Harbor reminders', 'bland', 'agency', 0, HARBOR_DENTAL),
    agent(404, 'Maple viewings', 'retell', 'agency', 0, MAPLE_REALTY),
    agent(405, 'Maple follow-up', 'vapi', 'agency', 0, MAPLE_REALTY),
    agent(406, 'Cedar intake', 'bland', 'agency', 1, CEDAR_CLINIC),
    agent(407, 'Old Mill service', 'retell', 'agency', 1, OLD_MILL_MOTORS),
    agent(408, 'Brightline sales', 'retell', 'agency', 1, null),
    { ...agent(409, 'Fjord reservations', 'retell', 'agency', 0, FJORD_HOTELS), agencyId: NORTHWIND },
    { ...agent(410, 'Fjord concierge', 'vapi', 'agency', 0, FJORD_HOTELS), agencyId: NORTHWIND },
  ];
}
