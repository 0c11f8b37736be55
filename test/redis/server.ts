import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { freePort } from '../fixtures/oidc';
import { until } from '../e2e/process';

/** A Redis server of a test's own, which keeps nothing. */
export class RedisServer {
  #child: ChildProcess | null = null;

  private constructor(
    readonly port: number,
    private readonly options: readonly string[],
  ) {}

  /** `options` are those of redis-server. */
  static async start(...options: string[]): Promise<RedisServer> {
    const server = await RedisServer.notYet(...options);
    await server.start();
    return server;
  }

  /** One whose port is known, and which does not run yet. */
  static async notYet(...options: string[]): Promise<RedisServer> {
    return new RedisServer(await freePort(), options);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const port = this.options.includes('--tls-port') ? [] : ['--port', String(this.port)];
    this.#child = spawn(
      'redis-server',
      [
        ...port,
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        ...this.options.map((each) => each.replace('PORT', String(this.port))),
      ],
      { stdio: 'ignore' },
    );
    await once(this.#child, 'spawn');
    await until(() => this.#answers());
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child && child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  }

  /** Sends one command as a person would type it, and returns what comes back at first. */
  async send(command: string): Promise<string> {
    const socket = createConnection(this.port, '127.0.0.1');
    try {
      socket.write(`${command}\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      return answer.toString();
    } finally {
      socket.destroy();
    }
  }

  #answers(): Promise<boolean> {
    const socket = createConnection(this.port, '127.0.0.1');
    return once(socket, 'connect')
      .then(
        // Where nobody listens, a connection may come to be with itself.
        () => socket.localPort !== this.port,
        () => false,
      )
      .finally(() => socket.destroy());
  }
}
