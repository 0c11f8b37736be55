import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { until } from '../e2e/process';

const MEMORY = '/dev/shm';
const PROVIDER = '/usr/lib/galera/libgalera_smm.so';
/** The ports of clients begin above this one, and would take those of the nodes. */
const PORTS = { from: 20_000, to: 32_000 };
/** Documented in docs/operations.md: a node that is dead is left out of its cluster after about a second. */
const TIMERS = {
  'evs.keepalive_period': 'PT0.25S',
  'evs.inactive_check_period': 'PT0.1S',
  'evs.suspect_timeout': 'PT1S',
  'evs.inactive_timeout': 'PT2S',
  'evs.install_timeout': 'PT2S',
  'evs.join_retrans_period': 'PT0.2S',
};

const STATEMENT_TIMEOUT_MS = 10_000;
const STANDS_STILL_S = 0.2;

interface StatusRow {
  readonly Variable_name: string;
  readonly Value: string;
}

interface Ports {
  readonly mysql: number;
  readonly group: number;
  readonly increments: number;
  readonly state: number;
}

/** A node of a cluster, as Debian's service would run it. */
export class GaleraNode {
  #process: ChildProcess | null = null;
  #log = '';

  constructor(
    readonly ports: Ports,
    private readonly folder: string,
    private readonly cluster: string,
  ) {}

  get port(): number {
    return this.ports.mysql;
  }

  /** The first node of a new cluster, with an empty database. */
  async found(): Promise<void> {
    this.#install();
    this.#run([...this.#clusterOptions(), '--wsrep-new-cluster']);
    await until(() => this.isSynced());
  }

  /** A server of its own, without a cluster. */
  async alone(): Promise<void> {
    this.#install();
    this.#run(this.#options());
    await until(() =>
      this.query('SELECT 1').then(
        () => true,
        () => false,
      ),
    );
  }

  /** Takes part in the cluster; after a crash, from where its files end. */
  async start(): Promise<void> {
    this.#run([...this.#clusterOptions(), ...(await this.#position())]);
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  /** Ends the process and waits for that. */
  async end(name: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(name);
    await exit;
  }

  /** Ends the process and whatever it started, e.g. the transfer of a state. */
  destroy(): void {
    if (this.#process?.pid === undefined) return;
    try {
      process.kill(-this.#process.pid, 'SIGKILL');
    } catch {
      // All of them have ended.
    }
  }

  query(sql: string): Promise<unknown> {
    return this.#ask(sql);
  }

  /** Reads what is committed on any node. */
  read<T>(sql: string): Promise<T[]> {
    return this.#ask('SET SESSION wsrep_sync_wait = 1', sql) as Promise<T[]>;
  }

  /** Answers with the rows of the last statement. */
  async #ask(...statements: string[]): Promise<unknown> {
    const options = { host: '127.0.0.1', port: this.port, user: 'root', connectTimeout: 1_000 };
    const connection = await createConnection(options);
    const timer = setTimeout(() => connection.destroy(), STATEMENT_TIMEOUT_MS);
    try {
      let rows: unknown;
      for (const sql of statements) [rows] = await connection.query<RowDataPacket[]>(sql);
      return rows;
    } finally {
      clearTimeout(timer);
      connection.destroy();
    }
  }

  /** Cuts the node off from the others, or lets it reach them again. */
  isolate(isolated: boolean): Promise<unknown> {
    return this.query(`SET GLOBAL wsrep_provider_options = 'gmcast.isolate=${isolated ? 1 : 0}'`);
  }

  async standStill(): Promise<void> {
    await this.#ask('FLUSH TABLES WITH READ LOCK', `DO SLEEP(${STANDS_STILL_S})`);
  }

  async isSynced(nodes = 1): Promise<boolean> {
    try {
      const rows = (await this.query("SHOW STATUS LIKE 'wsrep_%'")) as StatusRow[];
      const status = new Map(rows.map((row) => [row.Variable_name, row.Value]));
      return (
        status.get('wsrep_local_state_comment') === 'Synced' &&
        status.get('wsrep_cluster_status') === 'Primary' &&
        Number(status.get('wsrep_cluster_size')) >= nodes
      );
    } catch {
      return false;
    }
  }

  get log(): string {
    return this.#log;
  }

  #install(): void {
    const made = spawnSync('mariadb-install-db', [
      ...['--no-defaults', ...asMysql(), `--datadir=${this.folder}/data`],
      ...['--auth-root-authentication-method=normal', '--skip-test-db'],
    ]);
    if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stderr.toString()}`);
  }

  // As galera_recovery does it, which Debian's service asks before each start.
  async #position(): Promise<string[]> {
    if (!existsSync(join(this.folder, 'data', 'grastate.dat'))) return [];
    const recovering = spawn('mariadbd', [...this.#clusterOptions(), '--wsrep-recover'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const position = /Recovered position:\s*(\S+)/.exec(await text(recovering.stderr))?.[1];
    return position === undefined ? [] : [`--wsrep-start-position=${position}`];
  }

  #run(options: readonly string[]): void {
    const child = spawn('mariadbd', options, {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    child.stderr.on('data', (data: Buffer) => (this.#log += data.toString()));
    this.#process = child;
  }

  #options(): string[] {
    return [
      ...['--no-defaults', ...asMysql(), `--datadir=${this.folder}/data`, `--socket=${this.folder}/socket`],
      ...[`--pid-file=${this.folder}/pid`, '--bind-address=127.0.0.1', `--port=${this.port}`],
      ...['--innodb-buffer-pool-size=64M', '--innodb-log-file-size=16M', '--skip-log-bin'],
      ...['--binlog-format=ROW', '--innodb-autoinc-lock-mode=2', '--innodb-flush-log-at-trx-commit=1'],
      // So long a node that stands still and a change may wait for each other.
      '--innodb-lock-wait-timeout=1',
    ];
  }

  #clusterOptions(): string[] {
    const { mysql, group, increments, state } = this.ports;
    const provider = {
      'gcache.size': '32M',
      'gmcast.listen_addr': `tcp://127.0.0.1:${group}`,
      'ist.recv_addr': `127.0.0.1:${increments}`,
      ...TIMERS,
    };
    return [
      ...this.#options(),
      ...['--wsrep-on=ON', `--wsrep-provider=${PROVIDER}`, `--wsrep-cluster-address=gcomm://${this.cluster}`],
      ...[`--wsrep-node-address=127.0.0.1:${group}`, `--wsrep-node-name=node${mysql}`],
      ...['--wsrep-sst-method=rsync', `--wsrep-sst-receive-address=127.0.0.1:${state}`],
      `--wsrep-provider-options=${Object.entries(provider)
        .map(([name, value]) => `${name}=${value}`)
        .join(';')}`,
    ];
  }
}

/** A cluster of three nodes on loopback, in a folder of its own. */
export class GaleraCluster {
  private constructor(
    readonly nodes: readonly [GaleraNode, GaleraNode, GaleraNode],
    private readonly folder: string,
  ) {}

  static async start(): Promise<GaleraCluster> {
    for (const program of ['mariadbd', 'mariadb-install-db', 'rsync', 'socat'])
      if (spawnSync('which', [program]).status !== 0 || !existsSync(PROVIDER))
        throw new Error('The cluster takes the packages mariadb-server, galera-4, rsync and socat');
    const folder = newFolder();
    const ports = await freePorts(12);
    const all = [portsOf(ports, 0), portsOf(ports, 1), portsOf(ports, 2)] as const;
    const address = all.map(({ group }) => `127.0.0.1:${group}`).join(',');
    const node = (index: 0 | 1 | 2) => new GaleraNode(all[index], folderIn(folder, `node${index}`), address);
    const cluster = new GaleraCluster([node(0), node(1), node(2)], folder);
    // Whatever ends this process ends them, too.
    process.once('exit', () => cluster.destroy());
    try {
      const [first, ...others] = cluster.nodes;
      await first.found();
      // One node gives its state to one other at a time.
      for (const [index, other] of others.entries()) {
        await other.start();
        await until(() => other.isSynced(index + 2));
      }
    } catch (error) {
      for (const { log } of cluster.nodes) process.stderr.write(log.slice(-3_000));
      cluster.destroy();
      throw error;
    }
    return cluster;
  }

  /** Waits until every node has the whole state and sees the others. */
  async whole(): Promise<void> {
    for (const node of this.nodes) await until(() => node.isSynced(this.nodes.length));
  }

  /**
   * Lets one node after the other stand still for a moment, as a backup does: until it goes on, it has
   * nothing of what the others commit.
   */
  async backUp(isOver: () => boolean): Promise<void> {
    while (!isOver()) for (const node of this.nodes) await node.standStill();
  }

  /** Tells whether each node serves somebody. */
  async isUsedEverywhere(): Promise<boolean> {
    const sql = "SELECT id FROM information_schema.processlist WHERE db = 'latchkey' LIMIT 1";
    const used = await Promise.all(this.nodes.map((node) => node.read(sql)));
    return used.every((rows) => rows.length > 0);
  }

  destroy(): void {
    for (const node of this.nodes) node.destroy();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A server without a cluster, with the settings that the nodes of a cluster have. */
export async function startSingleServer(): Promise<{ readonly port: number; destroy(): void }> {
  const folder = newFolder();
  const server = new GaleraNode(portsOf(await freePorts(4), 0), folderIn(folder, 'single'), '');
  const destroy = () => {
    server.destroy();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', destroy);
  await server.alone();
  return { port: server.port, destroy };
}

function newFolder(): string {
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'latchkey-cluster-'));
  chmodSync(folder, 0o755);
  return folder;
}

/** A folder for the files of a server, which belong to the user that it runs as. */
function folderIn(folder: string, name: string): string {
  const own = join(folder, name);
  const made = spawnSync('install', ['-d', ...(isRoot() ? ['-o', 'mysql'] : []), own, join(own, 'data')]);
  if (made.status !== 0) throw new Error(made.stderr.toString());
  return own;
}

function portsOf(ports: readonly number[], index: number): Ports {
  const [mysql = 0, group = 0, increments = 0, state = 0] = ports.slice(4 * index, 4 * index + 4);
  return { mysql, group, increments, state };
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function asMysql(): string[] {
  return isRoot() ? ['--user=mysql'] : [];
}

async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  let port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from - 1_000));
  for (; found.length < count && port < PORTS.to; port += 1) if (await isFree(port)) found.push(port);
  return found;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
