// What needs no HTTP: resolving a key for a call, and setting one, against the same statements written by
// hand.
import { createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Database from 'libsql';
import mysql from 'mysql2/promise';
import { agencyId, clientId, firstAgentOf, LARGE_AGENCIES, personId } from './data.mjs';
import { median } from './load.mjs';

const product = createRequire(import.meta.url);
const { TenantDatabase } = product('../dist/src/access/tenant-database.js');
const { lostRights } = product('../dist/src/people/lost-rights.js');
const { openStore } = product('../dist/src/store.js');
const { readConfig } = product('../dist/src/config.js');
const { ApiKeyService } = product('../dist/src/keys/changes/api-key.service.js');
const { KeyResolverService } = product('../dist/src/keys/resolution/key-resolver.service.js');
const { ProviderApi } = product('../dist/src/providers/provider-api.js');
const { ClientService } = product('../dist/src/clients/client.service.js');
const { Secret } = product('../dist/src/vault/secret.js');

const BATCHES = 9;

export async function measureInProcess(env, times) {
  const config = readConfig(env);
  const { database, vault, audit } = await openStore(config);
  const byHand = openByHand(env);
  const resolver = new KeyResolverService(database, vault);
  const ofTenants = new TenantDatabase(database, lostRights);
  const clients = new ClientService(ofTenants, audit);
  const providers = new ProviderApi(config.baseUrls, 1000);
  const keys = new ApiKeyService(ofTenants, audit, vault, providers, clients, null);
  const viewer = {
    kind: 'PERSON',
    id: personId(0),
    role: 'AGENCY_ADMIN',
    name: 'bench',
    agencyId: agencyId(0),
    clientId: null,
    permissions: [],
    origin: { requestId: agencyId(0), sourceAddress: null },
  };
  const set = (index) =>
    keys.set(
      viewer,
      { type: 'CLIENT', id: clientId(index % 50), agencyId: agencyId(0) },
      [{ provider: 'BLAND', apiKey: new Secret(`key_of_bench_${index}_abcdefgh`) }],
      false,
    );
  try {
    return [
      {
        title: 'resolving a key',
        ...(await compare(
          times,
          (index) => resolve(resolver, index),
          (index) => byHand.resolve(agentOf(index)),
        )),
      },
      {
        title: 'setting a key',
        ...(await compare(Math.ceil(times / 2), set, (index) =>
          byHand.set(
            { agencyId: agencyId(1), clientId: clientId(50 + (index % 50)), provider: 'BLAND' },
            index,
          ),
        )),
      },
    ];
  } finally {
    await byHand.close();
    await database.close();
  }
}

function agentOf(index) {
  const agency = index % LARGE_AGENCIES;
  return { agencyId: agencyId(agency), agentId: firstAgentOf(agency * 50 + (index % 50)) };
}

/** As a call does: from the agent to the open key. */
async function resolve(resolver, index) {
  const { agencyId: agency, agentId: agent } = agentOf(index);
  const { key } = await resolver.resolve(agency, agent);
  return resolver.open(key);
}

/** Resolves keys, and tells how many microseconds one takes. */
export async function openResolver(env) {
  const { database, vault } = await openStore(readConfig(env));
  const resolver = new KeyResolverService(database, vault);
  return {
    async time(times) {
      const started = performance.now();
      for (let index = 0; index < times; index += 1) await resolve(resolver, index);
      return ((performance.now() - started) * 1000) / times;
    },
    close: () => database.close(),
  };
}

/** In turns, so that whatever else the machine does concerns both. The first batch warms up. */
async function compare(times, ours, byHand) {
  const samples = { ours: [], byHand: [] };
  for (let batch = 0; batch < BATCHES; batch += 1) {
    for (const [name, work] of [
      ['ours', ours],
      ['byHand', byHand],
    ]) {
      const started = performance.now();
      for (let index = 0; index < times / BATCHES; index += 1) await work(batch * 1_000 + index);
      samples[name].push(((performance.now() - started) * 1000) / (times / BATCHES));
    }
  }
  return { productUs: median(samples.ours.slice(1)), byHandUs: median(samples.byHand.slice(1)) };
}

const KEYS = `SELECT a.agencyId, a.clientId, a.provider, a.providerAgentId, a.fromNumber, c.archivedAt, k.ownerType, k.ownerId,
k.version, k.region, k.sealed FROM agents a LEFT JOIN clients c ON c.id = a.clientId JOIN api_keys k`;
const READ = `${KEYS} ON k.ownerId = a.clientId AND k.provider = a.provider AND k.isSet = 1 WHERE a.id = ? AND a.agencyId = ?
UNION ALL ${KEYS} ON k.ownerId = a.agencyId AND k.provider = a.provider AND k.isSet = 1 WHERE a.id = ? AND a.agencyId = ?`;

function openByHand(env) {
  const [name, encoded] = readFileSync(env.LATCHKEY_MASTER_KEY_FILE, 'utf8').trim().split(':');
  const masterKey = Buffer.from(encoded, 'base64');
  const store = env.DATABASE_URL.startsWith('sqlite:')
    ? overSqlite(env.DATABASE_URL.slice('sqlite:'.length))
    : overMysql(env.DATABASE_URL);
  return {
    close: store.close,
    async resolve({ agencyId: agency, agentId: agent }) {
      const rows = await store.read(READ, [agent, agency, agent, agency]);
      const row = rows.find(({ ownerType }) => ownerType === 'CLIENT') ?? rows[0];
      const place = [agency, row.ownerType, row.ownerId, row.provider, row.version, row.region];
      const bytes = Buffer.from(row.sealed.split('.')[2], 'base64url');
      const dataKey = open(masterKey, bytes.subarray(0, 60), JSON.stringify(['lk2', 'data-key', ...place]));
      return {
        account: {
          key: open(dataKey, bytes.subarray(60), JSON.stringify(['lk2', 'secret', ...place])).toString(),
        },
      };
    },
    /**
     * The same rows as the product writes, and nothing checked: the key and its audit event.
     */
    set: ({ agencyId: agency, clientId: client, provider }, index) =>
      store.write(rowsOfSet(agency, client, provider, index, name)),
  };
}

function open(key, sealed, associated) {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 })
    .setAAD(Buffer.from(associated))
    .setAuthTag(sealed.subarray(12, 28));
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]);
}

const id = () => `018f0000-0000-7000-9000-${randomBytes(6).toString('hex')}`;

/**
 * Statements with values, every column that a set gives a value. The owner is not locked, and duplicates are
 * not looked for.
 */
function rowsOfSet(agency, client, provider, index, masterKey) {
  const now = '2026-01-02 00:00:00.000';
  const hash = createHmac('sha256', 'x').update(String(index)).digest('hex');
  const details = JSON.stringify({
    clientId: client,
    provider,
    version: 1,
    maskedKey: '••••••••efgh',
    status: 'UNVERIFIED',
  });
  const sealed = `lk2.bench.${randomBytes(120).toString('base64url')}`;
  const health = {
    status: 'UNVERIFIED',
    lastVerifiedAt: null,
    errorCode: null,
    errorHttpStatus: null,
    errorRetryAfterSeconds: null,
  };
  const state = {
    isSet: 1,
    maskedKey: '••••••••efgh',
    fingerprint: hash,
    region: 'US',
    updatedAt: now,
    ...health,
    masterKey,
    sealed,
    mac: randomBytes(32).toString('base64url'),
  };
  return {
    find: [
      'SELECT id, version FROM api_keys WHERE ownerId = ? AND ownerType = ? AND provider = ?',
      [client, 'CLIENT', provider],
    ],
    create: (key) => [
      insert('api_keys', {
        id: key,
        agencyId: agency,
        ownerType: 'CLIENT',
        ownerId: client,
        provider,
        version: 1,
        ...state,
      }),
    ],
    replace: (key, version) => [
      [
        `UPDATE api_keys SET version = ?, ${Object.keys(state)
          .map((column) => `${column} = ?`)
          .join(', ')} WHERE id = ? AND version = ?`,
        [version, ...Object.values(state), key, version - 1],
      ],
    ],
    rest: [
      insert('audit_events', {
        id: id(),
        agencyId: agency,
        sequence: null,
        type: 'API_KEY_SET',
        at: now,
        actorKind: 'PERSON',
        actorId: agency,
        actorName: 'bench',
        requestId: agency,
        sourceAddress: null,
        clientId: client,
        details,
        hash,
      }),
    ],
  };
}

function insert(table, row) {
  const columns = Object.keys(row);
  return [
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    Object.values(row),
  ];
}

function overSqlite(file) {
  const database = new Database(file);
  database.pragma('synchronous = FULL');
  const statements = new Map();
  const prepared = (sql) => {
    if (!statements.has(sql)) statements.set(sql, database.prepare(sql));
    return statements.get(sql);
  };
  return {
    read: async (sql, values) => prepared(sql).all(...values),
    write: async ({ find, create, replace, rest }) => {
      prepared('BEGIN IMMEDIATE').run();
      const found = prepared(find[0]).get(...find[1]);
      const key = found?.id ?? id();
      const version = (found?.version ?? 0) + 1;
      const changes = found ? replace(key, version) : create(key);
      for (const [sql, values] of [...changes, ...rest]) prepared(sql).run(...values);
      prepared('COMMIT').run();
    },
    close: async () => database.close(),
  };
}

function overMysql(url) {
  const pool = mysql.createPool({ uri: url.replace(/^mariadb:/, 'mysql:'), connectionLimit: 20 });
  pool.pool.on('connection', (connection) =>
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED'),
  );
  return {
    read: async (sql, values) => (await pool.execute(sql, values))[0],
    write: async ({ find, create, replace, rest }) => {
      const connection = await pool.getConnection();
      await connection.beginTransaction();
      const [[found]] = await connection.execute(`${find[0]} FOR UPDATE`, find[1]);
      const key = found?.id ?? id();
      const version = (found?.version ?? 0) + 1;
      const changes = found ? replace(key, version) : create(key);
      for (const [sql, values] of [...changes, ...rest]) await connection.execute(sql, values);
      await connection.commit();
      connection.release();
    },
    close: () => pool.end(),
  };
}
