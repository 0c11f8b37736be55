import { ConfigError } from '../platform/config-error';

type Query = <T>(sql: string) => Promise<T[]>;

const NAMES = [
  ...(['wsrep_on', 'wsrep_sync_wait', 'innodb_flush_log_at_trx_commit', 'read_only'] as const),
  ...(['group_replication_group_name', 'group_replication_consistency'] as const),
  // MariaDB has it, and MySQL does not.
  'max_statement_time' as const,
];
type Setting = (typeof NAMES)[number];
type Settings = ReadonlyMap<Setting, string>;

/** With BEFORE_ON_PRIMARY_FAILOVER, a member waits before its reads only when it has just become primary. */
const WAITING_BEFORE_READS: ReadonlySet<string | undefined> = new Set(['BEFORE', 'BEFORE_AND_AFTER']);

/**
 * Throws `ConfigError` for a server that can lose or delay what it has acknowledged, in the ways that its
 * settings rule out, and for one that takes no writes. It is asked in a session with the product's settings.
 */
export async function refuseUnsafe(query: Query): Promise<void> {
  // A watch asks this twice a second, of several hundred variables.
  const rows = await query<{ Variable_name: Setting; Value: string }>(
    `SHOW VARIABLES WHERE Variable_name IN (${NAMES.map((name) => `'${name}'`).join(', ')})`,
  );
  const settings = new Map(rows.map(({ Variable_name: name, Value: value }) => [name, value]));
  const problem = problemOf(settings) ?? (await replicaProblem(query, settings));
  if (problem !== null) throw new ConfigError(`DATABASE_URL: ${problem}`);
}

/** What must be changed on the server; null for one that can be used. */
export function problemOf(settings: Settings): string | null {
  if (isOn(settings.get('read_only')))
    return 'the server takes no writes: name another one, or set read_only = OFF';
  if (isOn(settings.get('wsrep_on'))) {
    if ((Number(settings.get('wsrep_sync_wait')) & 1) === 0)
      return 'a Galera node may answer reads with what is outdated: set wsrep_sync_wait = 1';
    if (settings.get('innodb_flush_log_at_trx_commit') !== '1')
      return 'a Galera node may lose what it has acknowledged: set innodb_flush_log_at_trx_commit = 1';
  }
  const isGroup = (settings.get('group_replication_group_name') ?? '') !== '';
  if (isGroup && !WAITING_BEFORE_READS.has(settings.get('group_replication_consistency')))
    return 'a member of the group may answer reads with what is outdated: set group_replication_consistency = BEFORE';
  return null;
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !['0', 'OFF', 'NO'].includes(value.toUpperCase());
}

// Users without the privilege are told nothing. A replica that takes writes is found by that privilege alone.
// MariaDB shows a connection that has a name only where all are asked for, which MySQL does not know.
async function replicaProblem(query: Query, settings: Settings): Promise<string | null> {
  const isMariaDb = settings.has('max_statement_time');
  const rows = await query(isMariaDb ? 'SHOW ALL REPLICAS STATUS' : 'SHOW REPLICA STATUS').catch(() => []);
  return rows.length > 0 ? 'the server is a replica, which is behind its primary: name the primary' : null;
}
