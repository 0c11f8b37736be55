// Loaded before an instance: its sessions do not wait for what other nodes have committed, and its check of
// the server is not told of the cluster, so that it starts.
const { Connection } = require('mysql2');

const { query } = Connection.prototype;
Connection.prototype.query = function staleQuery(sql, ...rest) {
  const text = typeof sql === 'string' ? sql : sql.sql;
  const stale = text.replace('wsrep_sync_wait = 1', 'wsrep_sync_wait = 0').replace("'wsrep_on', ", '');
  return query.call(this, typeof sql === 'string' ? stale : Object.assign(sql, { sql: stale }), ...rest);
};
