import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startIssuer, type DemoIssuer } from '../../src/demo/issuer';
import { KeyRing } from '../../src/vault/master-keys/key-ring';
import { Process, until } from '../e2e/process';
import { freePort } from '../fixtures/oidc';
import { post, type Answer } from '../harness';
import type { GaleraCluster } from './galera';
import { StandIns } from './stand-ins';

const DATABASE = 'latchkey';
const AUDIENCE = 'latchkey-cluster';
const PLENTY = '1000000';

/** One process of the product, always on the same port. */
class Instance {
  #process: Process | null = null;
  /** Of the processes that have ended. */
  #output = '';
  isUp = false;

  constructor(
    private readonly folder: string,
    readonly port: number,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(env: NodeJS.ProcessEnv = {}): Promise<void> {
    const started = new Process('src/main.js', this.folder, {
      ...this.env,
      ...env,
      PORT: String(this.port),
    });
    this.#process = started;
    const isReady = () =>
      fetch(`${this.url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    const ended = started.ended().then(() => {
      throw new Error(`An instance did not start: ${started.output}`);
    });
    await Promise.race([until(isReady), ended]);
    this.isUp = true;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.isUp = false;
    this.#process?.signal(signal);
    await this.#process?.ended();
    this.#output += this.#process?.output ?? '';
    this.#process = null;
  }

  get output(): string {
    return this.#output + (this.#process?.output ?? '');
  }
}
export type { Instance };

/** Three instances over one cluster, each of which prefers another node, with one agency. */
export class Product {
  readonly instances: readonly Instance[];
  agencyId = '';
  #token = '';

  private constructor(
    private readonly folder: string,
    private readonly issuer: DemoIssuer,
    readonly standIns: StandIns,
    env: NodeJS.ProcessEnv,
    databaseUrls: readonly string[],
    ports: readonly number[],
  ) {
    this.instances = databaseUrls.map(
      (url, index) => new Instance(folder, ports[index] ?? 0, { ...env, DATABASE_URL: url }),
    );
  }

  static async start({ nodes }: GaleraCluster): Promise<Product> {
    await nodes[0].query(`CREATE DATABASE ${DATABASE} CHARACTER SET utf8mb4`);
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-instances-'));
    await writeFile(join(folder, 'master.keys'), KeyRing.generateLine('test'), { mode: 0o600 });
    const issuer = await startIssuer({ keyFile: join(folder, 'issuer.json') });
    const standIns = await StandIns.start();
    const env = {
      ...standIns.env,
      LATCHKEY_MASTER_KEY_FILE: 'master.keys',
      AUTH_ISSUER: issuer.issuer,
      AUTH_AUDIENCE: AUDIENCE,
      LOG_LEVEL: 'error',
      RATE_LIMIT_QUERIES: PLENTY,
      RATE_LIMIT_MUTATIONS: PLENTY,
      RATE_LIMIT_KEY_OPERATIONS: PLENTY,
    };
    const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`);
    const urls = hosts.map(
      (_, index) =>
        `mariadb://root@${[...hosts.slice(index), ...hosts.slice(0, index)].join(',')}/${DATABASE}`,
    );
    const ports = [await freePort(), await freePort(), await freePort()];
    const product = new Product(folder, issuer, standIns, env, urls, ports);
    await product.#createAgency();
    await product.startAll();
    return product;
  }

  /** `env` is added to what the instances are configured with. */
  async startAll(env: NodeJS.ProcessEnv = {}): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.start(env)));
  }

  async endAll(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.end('SIGTERM')));
  }

  /** Asks one instance as the agency's admin. */
  ask(instance: Instance, query: string, variables: object): Promise<Answer> {
    return post(instance.url, this.#token, { query, variables });
  }

  /** The kinds of errors that the instances have logged, each with how often it came. */
  logged(): string {
    const counts = new Map<string, number>();
    for (const line of this.instances.flatMap(({ output }) => output.split('\n')).filter(Boolean)) {
      const kind = /"message":"[^"]*"/.exec(line)?.[0] ?? line;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    return [...counts].map(([kind, count]) => `${count} ${kind.slice(0, 200)}`).join('\n');
  }

  /** Runs `audit:verify`, and returns its status. */
  async verifyAudit(): Promise<{ status: number | null; output: string }> {
    const verifying = this.#command('audit-verify');
    return { status: await verifying.ended(), output: verifying.output };
  }

  async close(): Promise<void> {
    await this.endAll();
    await this.issuer.close();
    this.standIns.close();
    await rm(this.folder, { recursive: true });
  }

  async #createAgency(): Promise<void> {
    const subject = 'admin-of-the-cluster';
    const words = ['create-agency', '--agency', 'Harbor', '--name', 'Ada', '--subject', subject];
    const creating = this.#command(...words);
    if ((await creating.ended()) !== 0) throw new Error(creating.output);
    this.agencyId = /^[0-9a-f-]{36}$/m.exec(creating.output)?.[0] ?? '';
    this.#token = await this.issuer.mint({ subject, audience: AUDIENCE, expiresInSeconds: 24 * 60 * 60 });
  }

  #command(...args: string[]): Process {
    return new Process('src/cli.js', this.folder, this.instances[0]?.env, args);
  }
}
