// Changes written by hand: the same rows as the product writes, with every column that it gives a value.
// Nothing is checked or looked for.
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Database from 'libsql';
import mysql from 'mysql2/promise';

const POOL_SIZE = 20;
const NOW = '2026-01-02 00:00:00.000';
const ACTOR = 'by hand';
const MASK = '••••••••efgh';
/** What a transaction is run again for. */
const LOST_RACES = new Set(['ER_LOCK_DEADLOCK', 'ER_DUP_ENTRY']);
const NO_ERROR = { errorCode: null, errorHttpStatus: null, errorRetryAfterSeconds: null };
const EMPTY = { isSet: 0, maskedKey: null, fingerprint: null, masterKey: null, sealed: null };

const KEYS = `SELECT a.agencyId, a.clientId, a.provider, a.providerAgentId, a.fromNumber, c.archivedAt, k.ownerType, k.ownerId,
k.version, k.region, k.sealed FROM agents a LEFT JOIN clients c ON c.id = a.clientId JOIN api_keys k`;
const READ = `${KEYS} ON k.ownerId = a.clientId AND k.provider = a.provider AND k.isSet = 1 WHERE a.id = ? AND a.agencyId = ?
UNION ALL ${KEYS} ON k.ownerId = a.agencyId AND k.provider = a.provider AND k.isSet = 1 WHERE a.id = ? AND a.agencyId = ?`;
const FIND_KEY = 'SELECT id, version FROM api_keys WHERE ownerId = ? AND ownerType = ? AND provider = ?';
const FIND_HAND_IN = 'SELECT id FROM key_hand_ins WHERE pendingFor = ?';

export function openByHand({ DATABASE_URL, LATCHKEY_MASTER_KEY_FILE }) {
  const [masterKeyName, encoded] = readFileSync(LATCHKEY_MASTER_KEY_FILE, 'utf8').trim().split(':');
  const masterKey = Buffer.from(encoded, 'base64');
  const store = DATABASE_URL.startsWith('sqlite:')
    ? overSqlite(DATABASE_URL.slice('sqlite:'.length))
    : overMysql(DATABASE_URL);
  const sealed = (key, place) => {
    const dataKey = randomBytes(32);
    const wrapped = seal(masterKey, dataKey, JSON.stringify(['lk2', 'data-key', ...place]));
    const body = seal(dataKey, Buffer.from(key), JSON.stringify(['lk2', 'secret', ...place]));
    const text = `lk2.${masterKeyName}.${Buffer.concat([wrapped, body]).toString('base64url')}`;
    return { masterKey: masterKeyName, sealed: text };
  };
  const replaceKey = (place, stateOf, event) =>
    store.write(async (tx) => {
      const { agencyId, clientId, provider } = place;
      const [found] = await tx.lock(FIND_KEY, [clientId, 'CLIENT', provider]);
      const version = (found?.version ?? 0) + 1;
      const state = stateOf([agencyId, 'CLIENT', clientId, provider, version, 'US']);
      const row = { ...state, version, region: 'US', updatedAt: NOW, mac: text(32), ...NO_ERROR };
      if (found) await update(tx, 'api_keys', row, { id: found.id, version: found.version });
      else
        await insert(tx, 'api_keys', {
          id: id(),
          agencyId,
          ownerType: 'CLIENT',
          ownerId: clientId,
          provider,
          ...row,
        });
      await record(tx, agencyId, clientId, event, {
        clientId,
        provider,
        version,
        maskedKey: state.maskedKey,
      });
    });

  return {
    close: store.close,

    /** Where a server has written the id of its process. */
    pidFile: store.pidFile,

    /** As a call does: from the agent to the open key. */
    async resolve({ agencyId, agentId }) {
      const rows = await store.read(READ, [agentId, agencyId, agentId, agencyId]);
      const row = rows.find(({ ownerType }) => ownerType === 'CLIENT') ?? rows[0];
      const place = [agencyId, row.ownerType, row.ownerId, row.provider, row.version, row.region];
      const bytes = Buffer.from(row.sealed.split('.')[2], 'base64url');
      const dataKey = open(masterKey, bytes.subarray(0, 60), JSON.stringify(['lk2', 'data-key', ...place]));
      const key = open(dataKey, bytes.subarray(60), JSON.stringify(['lk2', 'secret', ...place])).toString();
      return { ...row, key };
    },

    /** The key and its audit event. */
    set: (place) => {
      const health = { status: 'UNVERIFIED', lastVerifiedAt: null };
      const state = { isSet: 1, maskedKey: MASK, ...health };
      const stateOf = (bound) => ({ ...state, fingerprint: hash(), ...sealed(place.apiKey, bound) });
      return replaceKey(place, stateOf, 'API_KEY_SET');
    },

    clear: (place) =>
      replaceKey(place, () => ({ ...EMPTY, status: 'NOT_SET', lastVerifiedAt: null }), 'API_KEY_CLEARED'),

    /** A call and its audit event, before the provider is asked. Returns the id of the call. */
    async startCall({ agencyId, agentId, toNumber }, { clientId, provider, ownerType, version }) {
      const call = {
        id: id(),
        agencyId,
        clientId,
        agentId,
        provider,
        providerCallId: null,
        kind: 'TEST',
        origin: 'API',
        direction: 'OUTBOUND',
        status: 'UNKNOWN',
        keySource: ownerType,
        keyVersion: version,
        resolvedAt: NOW,
        receipt: '{"CLIENT":null,"AGENCY":{"status":"VALID","version":1}}',
        toNumber,
        idempotencyDigest: null,
        variablesDigest: null,
        ...NO_ERROR,
        startedAt: null,
        endedAt: null,
        durationMs: null,
        endReason: null,
        costStatus: 'PENDING',
        costMicros: null,
        costCurrency: null,
        costFigure: null,
        costUnit: null,
        keyOwnerId: ownerType === 'CLIENT' ? clientId : agencyId,
        rateId: null,
        isOtherAccount: 0,
        revision: 0,
        knownAt: null,
        askAt: null,
        createdAt: NOW,
        updatedAt: NOW,
      };
      await store.write(async (tx) => {
        await insert(tx, 'calls', call);
        const details = { callId: call.id, agentId, clientId, provider, keySource: ownerType, version };
        await record(tx, agencyId, clientId, 'CALL_PLACED', details);
      });
      return call.id;
    },

    /** What the provider answered. */
    endCall: (callId, providerCallId) =>
      store.writeOne((tx) =>
        update(
          tx,
          'calls',
          { status: 'QUEUED', providerCallId, updatedAt: NOW, ...NO_ERROR },
          { id: callId },
        ),
      ),

    /** A key that takes the place of the one that is pending. Returns the id of the hand-in. */
    async handIn({ agencyId, clientId, provider, apiKey }) {
      const handInId = id();
      const pendingFor = `${clientId}:${provider}`;
      const names = { clientId, provider, keyHandInId: handInId };
      await store.write(async (tx) => {
        const [older] = await tx.lock(FIND_HAND_IN, [pendingFor]);
        if (older) {
          const end = { pendingFor: null, sealed: null, masterKey: null, decidedAt: NOW, status: 'REPLACED' };
          await update(tx, 'key_hand_ins', end, { id: older.id });
        }
        await insert(tx, 'key_hand_ins', {
          id: handInId,
          agencyId,
          clientId,
          provider,
          region: 'US',
          pendingFor,
          status: 'PENDING',
          maskedKey: MASK,
          keyStatus: 'UNVERIFIED',
          verifiedAt: null,
          ...sealed(apiKey, [handInId, agencyId, clientId, provider, 'US']),
          handedInByKind: 'PERSON',
          handedInByName: ACTOR,
          createdAt: NOW,
          expiresAt: '2099-01-01 00:00:00.000',
          decidedAt: null,
          decidedByName: null,
          reason: null,
        });
        if (older)
          await record(tx, agencyId, clientId, 'HAND_IN_REPLACED', { ...names, keyHandInId: older.id });
        await record(tx, agencyId, clientId, 'HAND_IN_RECEIVED', { ...names, maskedKey: MASK });
      });
      return handInId;
    },

    /** The product would look at these events again and again, because it did not write them. */
    forgetEvents: () => store.write((tx) => tx.run('DELETE FROM audit_events WHERE actorName = ?', [ACTOR])),

    /** The product would ask about these calls, whose provider knows nothing of them, after two minutes. */
    askOfNoCall: () =>
      store.write((tx) => tx.run('UPDATE calls SET askAt = NULL WHERE askAt IS NOT NULL', [])),

    /** What the provider said of the key. */
    judgeHandIn: (handInId, { agencyId, clientId, provider }) =>
      store.write(async (tx) => {
        await update(tx, 'key_hand_ins', { keyStatus: 'VALID', verifiedAt: NOW }, { id: handInId });
        const details = { clientId, provider, keyHandInId: handInId, status: 'VALID' };
        await record(tx, agencyId, clientId, 'HAND_IN_VERIFIED', details);
      }),
  };
}

function open(key, sealed, associated) {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 })
    .setAAD(Buffer.from(associated))
    .setAuthTag(sealed.subarray(12, 28));
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]);
}

function seal(key, secret, associated) {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(associated));
  const body = Buffer.concat([cipher.update(secret), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

const text = (bytes) => randomBytes(bytes).toString('base64url');
const hash = () => createHmac('sha256', 'x').update(randomBytes(8)).digest('hex');

let ids = 0;

/** Ids grow, as those of the product do. */
function id() {
  ids += 1;
  const counter = ids.toString(16).padStart(8, '0');
  return `019f0000-0000-7000-${process.pid.toString(16).padStart(4, '9').slice(-4)}-${counter}${randomBytes(2).toString('hex')}`;
}

function record(tx, agencyId, clientId, type, details) {
  return insert(tx, 'audit_events', {
    id: id(),
    agencyId,
    sequence: null,
    type,
    at: NOW,
    actorKind: 'PERSON',
    actorId: agencyId,
    actorName: ACTOR,
    requestId: agencyId,
    sourceAddress: null,
    clientId,
    details: JSON.stringify(details),
    hash: hash(),
  });
}

function insert(tx, table, row) {
  const columns = Object.keys(row);
  const marks = columns.map(() => '?').join(', ');
  return tx.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`, Object.values(row));
}

function update(tx, table, change, where) {
  const settings = Object.keys(change).map((column) => `${column} = ?`);
  const conditions = Object.keys(where).map((column) => `${column} = ?`);
  return tx.run(`UPDATE ${table} SET ${settings.join(', ')} WHERE ${conditions.join(' AND ')}`, [
    ...Object.values(change),
    ...Object.values(where),
  ]);
}

/** One connection, whose transactions come one after the other. */
function overSqlite(file) {
  const database = new Database(file);
  database.pragma('synchronous = FULL');
  const statements = new Map();
  const prepared = (sql) => {
    if (!statements.has(sql)) statements.set(sql, database.prepare(sql));
    return statements.get(sql);
  };
  const rows = async (sql, values) => prepared(sql).all(...values);
  const tx = { lock: rows, run: async (sql, values) => prepared(sql).run(...values) };
  let last = Promise.resolve();
  const transaction = async (work) => {
    prepared('BEGIN IMMEDIATE').run();
    await work(tx);
    prepared('COMMIT').run();
  };
  const write = (work) => (last = last.then(() => transaction(work)));
  return {
    read: rows,
    write,
    writeOne: write,
    pidFile: async () => null,
    close: async () => database.close(),
  };
}

function overMysql(url) {
  const pool = mysql.createPool({ uri: url.replace(/^mariadb:/, 'mysql:'), connectionLimit: POOL_SIZE });
  pool.pool.on('connection', (connection) =>
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED'),
  );
  const execute = async (sql, values) => (await pool.execute(sql, values))[0];
  return {
    read: execute,
    /** One statement is a transaction by itself. */
    writeOne: (work) => work({ run: execute }),
    write: async (work) => {
      const connection = await pool.getConnection();
      const run = async (sql, values) => (await connection.execute(sql, values))[0];
      try {
        for (;;) {
          await connection.beginTransaction();
          try {
            await work({ lock: (sql, values) => run(`${sql} FOR UPDATE`, values), run });
            return await connection.commit();
          } catch (error) {
            await connection.rollback();
            if (!LOST_RACES.has(error.code)) throw error;
          }
        }
      } finally {
        connection.release();
      }
    },
    pidFile: async () => (await pool.query('SELECT @@pid_file AS file'))[0][0].file,
    close: () => pool.end(),
  };
}
