// The SQL of the peers: hand-written, prepared, the least that the answer needs.
import Database from 'libsql';
import mysql from 'mysql2/promise';

// The plus keeps the agency's index out of it, in which SQLite would read all rows of the agency.
const SQL = {
  clients: 'SELECT id, name FROM clients WHERE agencyId = ? ORDER BY id LIMIT ?',
  client: 'SELECT id, name FROM clients WHERE agencyId = ? AND id = ?',
  keys: (marks) =>
    `SELECT ownerId, provider, isSet, maskedKey, status, version FROM api_keys WHERE +agencyId = ? AND ownerId IN (${marks})`,
  agents: (marks) =>
    `SELECT clientId, id, name, provider, providerAgentId FROM agents WHERE +agencyId = ? AND clientId IN (${marks}) ORDER BY id`,
};
const PROVIDERS = ['RETELL', 'VAPI', 'BLAND'];

export function openRows(url) {
  const query = url.startsWith('sqlite:') ? overSqlite(url.slice('sqlite:'.length)) : overMysql(url);
  const marks = (ids) => ids.map(() => '?').join(',');
  return {
    clients: (agency, limit) => query(SQL.clients, [agency, limit]),
    client: async (agency, id) => (await query(SQL.client, [agency, id]))[0] ?? null,
    async keys(agency, clientIds) {
      const found = new Map(
        (await query(SQL.keys(marks(clientIds)), [agency, ...clientIds])).map((row) => [
          row.ownerId + row.provider,
          row,
        ]),
      );
      return clientIds.map((id) => PROVIDERS.map((provider) => toKey(provider, found.get(id + provider))));
    },
    async agents(agency, clientIds) {
      const byClient = new Map(clientIds.map((id) => [id, []]));
      for (const { clientId, ...agent } of await query(SQL.agents(marks(clientIds)), [agency, ...clientIds]))
        byClient.get(clientId).push(agent);
      return clientIds.map((id) => byClient.get(id));
    },
  };
}

export function toKey(provider, row) {
  if (!row?.isSet)
    return { provider, isSet: false, maskedKey: null, status: 'NOT_SET', version: row?.version ?? 0 };
  return { provider, isSet: true, maskedKey: row.maskedKey, status: row.status, version: row.version };
}

function overSqlite(file) {
  const database = new Database(file);
  const statements = new Map();
  return async (sql, values) => {
    if (!statements.has(sql)) statements.set(sql, database.prepare(sql));
    return statements.get(sql).all(...values);
  };
}

function overMysql(url) {
  const pool = mysql.createPool({ uri: url.replace(/^mariadb:/, 'mysql:'), connectionLimit: 20 });
  // As the product has it: lists of fifty owners are planned by statistics.
  pool.pool.on('connection', (connection) => connection.query('SET SESSION eq_range_index_dive_limit = 50'));
  return async (sql, values) =>
    (
      await pool.execute(
        sql,
        values.map((value) => (typeof value === 'number' ? String(value) : value)),
      )
    )[0];
}
