import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TestApp } from './harness';

/**
 * Between the product and a server: forwards bytes until it is told to be silent, and then keeps its
 * connections open.
 */
export class Proxy {
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #silent = false;
  #silentFrom: { readonly text: string; readonly isReached: () => void } | null = null;
  #cutAt: { readonly text: string; readonly isForwarded: boolean } | null = null;
  private constructor(private readonly server: Server) {}

  static async start(target: URL): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server);
    server.on('connection', (near) => {
      const far = connect(Number(target.port || 3306), target.hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        proxy.#sockets.add(from);
        from.on('data', (bytes) => {
          if (proxy.#cutAt !== null && bytes.includes(proxy.#cutAt.text)) {
            const { isForwarded } = proxy.#cutAt;
            proxy.#cutAt = null;
            if (!isForwarded) return void near.destroy();
            // The answer comes, so that the statement was run, and is kept back.
            far.removeAllListeners('data').once('data', () => near.destroy());
          }
          if (proxy.#silentFrom !== null && bytes.includes(proxy.#silentFrom.text)) {
            proxy.#silent = true;
            proxy.#silentFrom.isReached();
          }
          if (!proxy.#silent) to.write(bytes);
        });
        from.on('error', () => undefined);
        from.on('close', () => to.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    proxy.#port = (server.address() as AddressInfo).port;
    return proxy;
  }

  /** How many connections were opened through it. */
  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** It stays the same when the proxy is closed. */
  get port(): number {
    return this.#port;
  }

  silence(silent: boolean): void {
    this.#silent = silent;
  }

  /** Becomes silent at the first statement that holds this text, and tells when it has. */
  silenceFrom(text: string): Promise<void> {
    return new Promise((isReached) => (this.#silentFrom = { text, isReached }));
  }

  /** Whether the connection was cut that was to be. */
  get hasCut(): boolean {
    return this.#cutAt === null;
  }

  /**
   * Cuts one connection at the next statement that holds this text: before it is run, or before its answer.
   */
  cutAt(text: string, when: 'BEFORE' | 'AFTER'): void {
    this.#cutAt = { text, isForwarded: when === 'AFTER' };
  }

  /** Ends all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Takes no connections any more, and ends those that there are. */
  close(): void {
    this.server.close();
    this.cut();
  }
}

/** An instance that reaches the database of another one through a proxy. */
export async function startBehindProxy(running: TestApp): Promise<{ instance: TestApp; proxy: Proxy }> {
  const proxy = await Proxy.start(new URL(running.databaseUrl));
  const behind = new URL(running.databaseUrl);
  behind.hostname = '127.0.0.1';
  behind.port = String(proxy.port);
  return { proxy, instance: await running.another({ DATABASE_URL: behind.toString() }) };
}
