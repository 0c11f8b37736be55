// The same rows for every system, written in bulk into a database that the product has migrated.
import { createRequire } from 'node:module';

const product = createRequire(import.meta.url);
product('reflect-metadata');
const { openStore } = product('../dist/src/store.js');
const { readConfig } = product('../dist/src/config.js');
const { secretEndOf } = product('../dist/src/vault/cipher.js');
const { Secret } = product('../dist/src/vault/secret.js');
const { identityDigest } = product('../dist/src/people/identities.js');

export const PROVIDERS = ['RETELL', 'VAPI', 'BLAND'];
export const AGENCIES = 200;
const AGENTS_A_CLIENT = 4;
const ROWS_AT_ONCE = 500;
/** Agencies with a full page of clients; the rest of the clients belong to the others. */
export const LARGE_AGENCIES = 80;
const PAGE = 50;

const pad = (number) => number.toString(16).padStart(12, '0');
export const agencyId = (index) => `018f0000-0000-7000-8000-${pad(index)}`;
export const clientId = (index) => `018f0000-0000-7000-8001-${pad(index)}`;
const agentId = (index) => `018f0000-0000-7000-8002-${pad(index)}`;
const keyId = (index) => `018f0000-0000-7000-8003-${pad(index)}`;
export const personId = (index) => `018f0000-0000-7000-8004-${pad(index)}`;
const portalPersonId = (index) => `018f0000-0000-7000-8005-${pad(index)}`;
export const subjectOf = (agency) => `bench-admin-${agency}`;
export const portalSubjectOf = (client) => `bench-portal-${client}`;

/**
 * The index of the agency that a client belongs to; with `agencyClients`, the first agency has that many on
 * top.
 */
function agencyOf(client, clients) {
  if (client >= clients) return 0;
  const paged = LARGE_AGENCIES * PAGE;
  return client < paged
    ? Math.floor(client / PAGE)
    : LARGE_AGENCIES + ((client - paged) % (AGENCIES - LARGE_AGENCIES));
}

/** A first client of each of the large agencies. */
export const firstAgentOf = (client) => agentId(client * AGENTS_A_CLIENT);
export const firstClientOf = (agency) => clientId(agency * PAGE);

/** The index of one of the first clients of an agency, of which each has eight at least. */
export const clientIndexOf = (agency, ordinal) =>
  agency < LARGE_AGENCIES
    ? agency * PAGE + ordinal
    : LARGE_AGENCIES * PAGE + (agency - LARGE_AGENCIES) + ordinal * (AGENCIES - LARGE_AGENCIES);

/** A client's agent at this provider. Each client has one of each. */
export function agentAt(provider, client) {
  const first = client * AGENTS_A_CLIENT;
  const offset =
    (PROVIDERS.indexOf(provider) - (first % PROVIDERS.length) + PROVIDERS.length) % PROVIDERS.length;
  return agentId(first + offset);
}

/** Answers the agents with the key that the chain finds for each, for the measurements in process. */
export async function fill(env, { clients, agencyClients = 0, issuer }) {
  const { database, vault, audit } = await openStore(readConfig(env));
  const all = clients + agencyClients;
  await database.write(async (tx) => {
    const insert = bulk(tx);
    const now = '2026-01-01 00:00:00.000';
    for (let index = 0; index < AGENCIES; index += 1) {
      await insert('agencies', {
        id: agencyId(index),
        name: `Agency ${index}`,
        portalPermissions: '',
        createdAt: now,
      });
    }
    await insert.flush();
    for (let index = 0; index < all; index += 1) {
      const owner = { id: clientId(index), agencyId: agencyId(agencyOf(index, clients)) };
      await insert('clients', {
        ...owner,
        name: `Client ${index}`,
        archivedAt: null,
        portalPermissions: '',
        acceptsValidHandIns: 0,
        createdAt: now,
      });
    }
    await insert.flush();
    const identityOf = (subject) => ({
      identityDigest: identityDigest(issuer, subject),
      email: null,
      emailDigest: null,
      joinedAt: now,
      createdAt: now,
    });
    for (let index = 0; index < AGENCIES; index += 1) {
      await insert('people', {
        id: personId(index),
        agencyId: agencyId(index),
        clientId: null,
        role: 'AGENCY_ADMIN',
        name: `Admin ${index}`,
        permissions: '',
        ...identityOf(subjectOf(index)),
      });
    }
    // One of each client of the first agency, and one of the first client of every agency.
    for (const index of clientsWithPortal().filter((client) => client < clients)) {
      await insert('people', {
        id: portalPersonId(index),
        agencyId: agencyId(agencyOf(index, clients)),
        clientId: clientId(index),
        role: 'PORTAL_USER',
        name: `Portal user ${index}`,
        permissions: 'VIEW_INTEGRATIONS,MANAGE_INTEGRATIONS',
        ...identityOf(portalSubjectOf(index)),
      });
    }
    await insert.flush();
    for (let index = 0; index < all * AGENTS_A_CLIENT; index += 1) {
      const client = Math.floor(index / AGENTS_A_CLIENT);
      const owner = { agencyId: agencyId(agencyOf(client, clients)), clientId: clientId(client) };
      const provider = PROVIDERS[index % PROVIDERS.length];
      await insert('agents', {
        id: agentId(index),
        ...owner,
        name: `Agent ${index}`,
        provider,
        providerAgentId: `agent_${index}`,
        fromNumber: null,
        createdAt: now,
      });
    }
    await insert.flush();
    await insertKeys(insert, vault, keyOwners(clients, all), now);
  });
  await database.write((tx) =>
    audit.record(
      tx,
      {
        kind: 'OPERATOR',
        id: null,
        name: 'bench',
        agencyId: agencyId(0),
        origin: { requestId: agencyId(0), sourceAddress: null },
      },
      { type: 'AGENCY_CREATED', name: 'Agency 0' },
    ),
  );
  await database.close();
}

/** The indexes of the clients that have a portal user. */
export function clientsWithPortal() {
  const ofFirstAgency = Array.from({ length: PAGE }, (_, ordinal) => clientIndexOf(0, ordinal));
  const first = Array.from({ length: AGENCIES }, (_, agency) => clientIndexOf(agency, 0));
  return [...new Set([...ofFirstAgency, ...first])];
}

/** One key of every client, a second one of every other, and all three of every agency. */
function* keyOwners(clients, all) {
  for (let index = 0; index < AGENCIES; index += 1)
    for (const provider of PROVIDERS)
      yield { ownerType: 'AGENCY', ownerId: agencyId(index), agencyId: agencyId(index), provider };
  for (let index = 0; index < all; index += 1) {
    for (const provider of index % 2 ? ['RETELL'] : ['RETELL', 'VAPI'])
      yield {
        ownerType: 'CLIENT',
        ownerId: clientId(index),
        agencyId: agencyId(agencyOf(index, clients)),
        provider,
      };
  }
}

async function insertKeys(insert, { cipher, fingerprints, placeMacs }, owners, now) {
  let index = 0;
  for (const owner of owners) {
    const key = new Secret(`key_of_bench_${String(index).padStart(12, '0')}_abcdefgh`).read();
    const id = keyId(index);
    const health = {
      status: 'VALID',
      lastVerifiedAt: now,
      errorCode: null,
      errorHttpStatus: null,
      errorRetryAfterSeconds: null,
    };
    const fingerprint = fingerprints.of(key, owner.agencyId, owner.provider);
    const place = { ...owner, version: 1, region: 'US' };
    const sealed = cipher.seal(key, place);
    const mac = placeMacs.of({ id, ...place, isSet: true, secretEnd: secretEndOf(sealed) });
    const secret = { masterKey: cipher.masterKeyName, sealed, mac };
    await insert('api_keys', {
      id,
      ...place,
      isSet: 1,
      maskedKey: key.mask,
      updatedAt: now,
      ...health,
      fingerprint,
      ...secret,
    });
    index += 1;
  }
  await insert.flush();
}

export function bulk(tx) {
  let rows = [];
  let into = '';
  const flush = async () => {
    if (rows.length === 0) return;
    const columns = Object.keys(rows[0]);
    const marks = `(${columns.map(() => '?').join(',')})`;
    await tx.run(
      `INSERT INTO ${into} (${columns.join(',')}) VALUES ${rows.map(() => marks).join(',')}`,
      rows.flatMap((row) => Object.values(row)),
    );
    rows = [];
  };
  const insert = async (table, row) => {
    into = table;
    rows.push(row);
    if (rows.length >= ROWS_AT_ONCE) await flush();
  };
  return Object.assign(insert, { flush });
}
