import { parseDatabaseUrl } from '../../src/database/address';
import { problemOf, refuseUnsafe } from '../../src/database/server-check';

type Settings = Parameters<typeof problemOf>[0];
const settings = (values: object) => new Map(Object.entries(values)) as Settings;
const GALERA = {
  wsrep_on: 'ON',
  wsrep_sync_wait: '1',
  innodb_flush_log_at_trx_commit: '1',
  read_only: 'OFF',
};

describe('a server', () => {
  test.each([
    ['that stands alone', { wsrep_on: 'OFF', wsrep_sync_wait: '0', innodb_flush_log_at_trx_commit: '2' }],
    ['that knows no cluster', { read_only: 'OFF' }],
    ['of a Galera cluster, as it should be', GALERA],
    ['of a Galera cluster that waits for more than reads', { ...GALERA, wsrep_sync_wait: '7' }],
    [
      'of a group that waits before each read',
      { group_replication_group_name: 'x', group_replication_consistency: 'BEFORE_AND_AFTER' },
    ],
  ])('%s is used', (_what, values) => {
    expect(problemOf(settings(values))).toBeNull();
  });

  test.each([
    ['takes no writes', { read_only: 'ON' }, 'read_only = OFF'],
    ['may answer reads with what is outdated', { ...GALERA, wsrep_sync_wait: '6' }, 'wsrep_sync_wait = 1'],
    [
      'may lose what it has acknowledged',
      { ...GALERA, innodb_flush_log_at_trx_commit: '0' },
      'innodb_flush_log_at_trx_commit = 1',
    ],
    [
      'may answer reads with what is outdated',
      { group_replication_group_name: 'x', group_replication_consistency: 'EVENTUAL' },
      'group_replication_consistency = BEFORE',
    ],
    [
      'may answer reads with what is outdated',
      { group_replication_group_name: 'x', group_replication_consistency: 'BEFORE_ON_PRIMARY_FAILOVER' },
      'group_replication_consistency = BEFORE',
    ],
  ])('that %s is refused, with the setting to change', (what, values, remedy) => {
    expect(problemOf(settings(values))).toContain(what);
    expect(problemOf(settings(values))).toContain(remedy);
  });
});

describe('a replica that takes writes', () => {
  const REPLICA = [{}];
  /** A server that knows one way to ask it, and refuses all other statements. */
  const serverOf =
    (kind: 'MariaDB' | 'MySQL', answer: readonly object[] | null, asked: string[] = []) =>
    <T>(sql: string): Promise<T[]> => {
      const settings = kind === 'MariaDB' ? [{ Variable_name: 'max_statement_time', Value: '0.000000' }] : [];
      if (sql.startsWith('SHOW VARIABLES')) return Promise.resolve(settings as T[]);
      asked.push(sql);
      const known = kind === 'MariaDB' ? 'SHOW ALL REPLICAS STATUS' : 'SHOW REPLICA STATUS';
      return answer && sql === known
        ? Promise.resolve(answer as T[])
        : Promise.reject(new Error('A syntax error, or no right'));
    };

  describe.each(['MariaDB', 'MySQL'] as const)('of %s', (kind) => {
    test('is refused', async () => {
      await expect(refuseUnsafe(serverOf(kind, REPLICA))).rejects.toThrow('the server is a replica');
    });

    test.each([
      ['there is none', []],
      ['the user may not ask', null],
    ])('is asked for by one statement, and not seen where %s', async (_what, answer) => {
      const asked: string[] = [];
      await expect(refuseUnsafe(serverOf(kind, answer, asked))).resolves.toBeUndefined();
      expect(asked).toHaveLength(1);
    });
  });
});

describe('the address of a database', () => {
  test('may name several hosts, each with its port', () => {
    expect(parseDatabaseUrl('mariadb://user:p%40ss,w@a,b:3307,[::1]:3308/name')).toMatchObject({
      hosts: [
        { host: 'a', port: 3306 },
        { host: 'b', port: 3307 },
        { host: '::1', port: 3308 },
      ],
      username: 'user',
      password: 'p@ss,w',
      database: 'name',
    });
  });

  test.each([
    'mariadb://root@a,/name',
    'mariadb://root@,b/name',
    'mariadb://root@a,b:x/name',
    'mariadb://root@a,b',
    'mariadb://root@a,b@c:z/name',
  ])('is refused without quoting it where a host is none: %s', (url) => {
    expect(() => parseDatabaseUrl(url)).toThrow(/^must be sqlite:<file>, /);
  });

  test('names each host as its certificate does, where that is checked', () => {
    expect(() => parseDatabaseUrl('mariadb://root@a,127.0.0.1/name?ssl-mode=VERIFY_IDENTITY')).toThrow(
      /by its IP address/,
    );
  });
});
