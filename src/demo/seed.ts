import { In, Not } from 'typeorm';
import { PORTAL_PERMISSIONS, type PortalPermission } from '../access/portal-permissions';
import { PersonRow } from '../people/person.entity';
import { identityDigest } from '../people/identities';
import type { ViewerRole } from '../access/viewer';
import { operator } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import { AgencyRow } from '../agencies/agency.entity';
import { AgentRow } from '../agents/agent.entity';
import { ClientRow } from '../clients/client.entity';
import { storeKey } from '../keys/key-writer';
import { nameOfKey, type KeyOwner } from '../keys/key-store';
import { ConfigError } from '../platform/config-error';
import type { Database } from '../database/database';
import type { Transaction } from '../database/transaction';
import { Secret, type ApiKeyText } from '../vault/secret';
import type { Vault } from '../vault/vault';
import {
  BRIGHTLINE,
  CEDAR_CLINIC,
  demoId,
  FJORD_HOTELS,
  HARBOR_DENTAL,
  MAPLE_REALTY,
  NORTHWIND,
  OLD_MILL_MOTORS,
} from './ids';
import type { Sandbox, SandboxProvider } from './sandbox';
import type { DemoPerson } from './sign-in-page';

/** The people of the demo are listed by the names of their tokens in `.latchkey/demo.json`. */
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

export const NORAS_ADDRESS = 'nora@northwind.example';
export const INESS_ADDRESS = 'ines@brightline.example';

/** A visitor of the demo can sign in as one of these people. */
export const DEMO_PEOPLE: readonly DemoPerson[] = [
  demoPerson(
    'agencyAdmin',
    'Ada Brightline',
    'Admin of the agency Brightline Voice: keys, people, everything.',
  ),
  demoPerson(
    'agencyMember',
    'Max Brightline',
    'Member of the agency Brightline Voice: clients, agents and calls.',
  ),
  demoPerson('portalUser', 'Dr. Hana Harbor', 'Of the client Harbor Dental, with every permission.'),
  demoPerson(
    'portalUserNoPermissions',
    'Finn Harbor',
    'Of the client Harbor Dental, with no permission at all.',
  ),
  {
    ...demoPerson('otherAgencyAdmin', 'Nora Northwind', 'Admin of another agency, Northwind Calls.'),
    email: NORAS_ADDRESS,
  },
  {
    subject: 'demo-invited',
    name: 'Ines Brightline',
    description: 'Invited by Brightline Voice, and in no agency yet.',
    email: INESS_ADDRESS,
  },
];

function demoPerson(persona: Persona, name: string, description: string): DemoPerson {
  return { subject: subjectOf(persona), name, description };
}

const PORTAL_DEFAULTS: readonly PortalPermission[] = [
  'VIEW_AGENTS',
  'VIEW_CALLS',
  'VIEW_CALL_DETAILS',
  'VIEW_ANALYTICS',
];

/**
 * Fills an empty database with the demo when it starts for the first time. At each start, the demo's people
 * are linked to the issuer of this start. Throws `ConfigError` when the database holds other agencies.
 */
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
      await insertDemo(tx, issuer, sandbox);
      for (const { id, name } of await tx.findBy(AgencyRow, { id: In([BRIGHTLINE, NORTHWIND]) }))
        await audit.record(tx, operator(id), { type: 'AGENCY_CREATED', name });
      for (const provider of sandbox.providers) await insertKeys(tx, vault, audit, provider);
    }
    for (const persona of people(issuer))
      await tx.update(PersonRow, { id: persona.id }, { identityDigest: persona.identityDigest });
  });
}

async function insertDemo(tx: Transaction, issuer: string, sandbox: Sandbox): Promise<void> {
  const createdAt = new Date();
  await tx.insert(AgencyRow, [
    {
      id: BRIGHTLINE,
      name: 'Brightline Voice',
      portalPermissions: [...PORTAL_DEFAULTS],
      timeZone: 'America/Chicago',
      createdAt,
    },
    { id: NORTHWIND, name: 'Northwind Calls', portalPermissions: [], timeZone: 'Europe/Berlin', createdAt },
  ]);
  await tx.insert(ClientRow, clients(createdAt));
  await tx.insert(PersonRow, people(issuer));
  await tx.insert(AgentRow, agents(sandbox, createdAt));
}

async function insertKeys(
  tx: Transaction,
  vault: Vault,
  audit: AuditTrail,
  { provider, keys, scene }: SandboxProvider,
): Promise<void> {
  for (const { agencyId, clientId, key } of scene.keys) {
    const owner: KeyOwner =
      clientId === null
        ? { type: 'AGENCY', id: agencyId, agencyId }
        : { type: 'CLIENT', id: clientId, agencyId };
    const entry = { provider, region: 'US', key: readKey(keys[key]), verdict: null } as const;
    const { version, maskedKey, status } = await storeKey(tx, vault, owner, null, entry);
    const event = { ...nameOfKey(owner, provider), version, maskedKey, status };
    await audit.record(tx, operator(agencyId), { type: 'API_KEY_SET', ...event });
  }
}

export function readKey(text: string): ApiKeyText {
  const key = new Secret(text).read();
  if (typeof key === 'string') throw new Error('A key of the demo is not well formed');
  return key;
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
    createdBy: null,
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

function agents(sandbox: Sandbox, createdAt: Date): AgentRow[] {
  const rows = sandbox.providers.flatMap((provider) => agentsAt(provider, createdAt));
  return rows.sort((one, other) => (one.id < other.id ? -1 : 1));
}

function agentsAt({ provider, accounts, scene }: SandboxProvider, createdAt: Date): AgentRow[] {
  return scene.agents.map(({ number, name, clientId, account, index }) => {
    const { agents: known, fromNumber } = accounts[account];
    const providerAgentId = known[index]?.id;
    if (providerAgentId === undefined) throw new Error('The stand-in has no such agent');
    return {
      id: demoId(number),
      agencyId: clientId === FJORD_HOTELS ? NORTHWIND : BRIGHTLINE,
      clientId,
      name,
      provider,
      providerAgentId,
      providerAgentKind: 'AGENT',
      fromNumber,
      createdAt,
    };
  });
}
