import { once } from 'node:events';
import { isIP } from 'node:net';
import type { createClient } from '@redis/client';
import type { FastifyBaseLogger } from 'fastify';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { ConfigError } from '../platform/config-error';
import { within } from '../platform/within';

/** Where a Redis server is, read from `RATE_LIMIT_STORE`. */
export interface StoreAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** The number of one of the server's databases. */
  readonly database: number;
  readonly tls: boolean;
}

const DEFAULT_PORT = 6379;
const FORM =
  'must be redis://user:password@host:port/number, or rediss://... for TLS; all but the host may be left out (a % in a password is written %25)';

/** Throws an error whose message quotes nothing of the text. */
export function parseStoreAddress(given: string): StoreAddress {
  const text = given.trim();
  const url = URL.canParse(text) ? new URL(text) : null;
  const [, number] = /^\/?(\d{0,5})$/.exec(url?.pathname ?? '') ?? [];
  if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '') throw new Error(FORM);
  // An option may be anything that was pasted there, so that its name is not quoted.
  if (/[?#]/.test(text))
    throw new Error('has an option, and there are none (a ? or # in a password is %3F or %23)');
  const host = decoded(url.hostname).replace(/^\[(.*)\]$/, '$1');
  if (number === undefined || (isIP(host) === 0 && !/^[\w.-]+$/.test(host))) throw new Error(FORM);
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    username: decoded(url.username),
    password: decoded(url.password),
    database: Number(number),
    tls: url.protocol === 'rediss:',
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Error(FORM);
  }
}

/** Counts what callers consume. It throws a `RateLimiterRes` beyond the limit. */
export interface Limiter {
  consume(caller: string, points: number): Promise<unknown>;
}

interface Limit {
  /** It tells the counts of one limit from those of others. */
  readonly keyPrefix: string;
  readonly points: number;
  /** In seconds. */
  readonly duration: number;
}

/** A request waits this long for the store, which answers in a millisecond or two where all is well. */
const ANSWER_MS = 250;
/** After it has failed to answer, one request in this time tries it again, and no other waits for it. */
const PAUSE_MS = 5_000;
/** A connection on which nothing is heard for this long, although the server is asked, is given up. */
const SILENCE_MS = 3_000;
const PING_EVERY_MS = 1_000;
const CONNECT_MS = 2_000;
const MOST_BETWEEN_ATTEMPTS_MS = 2_000;

type Client = ReturnType<typeof createClient>;

/**
 * Counts in Redis, so that all instances share one budget. Where the store does not answer, or not in time,
 * each instance counts in its memory: limits get looser then, and nobody is refused for it.
 */
export class RateLimitStore {
  #isAway = false;
  #pausedUntil = 0;

  private constructor(
    private readonly client: Client,
    private readonly log: FastifyBaseLogger,
  ) {
    client.on('error', (error: unknown) => this.#missed(error));
  }

  /** Waits a moment for the first connection. Throws `ConfigError` where the package is missing. */
  static async open(address: StoreAddress, log: FastifyBaseLogger): Promise<RateLimitStore> {
    const { createClient } = await load();
    const { host, port, username, password, database, tls } = address;
    const client = createClient({
      socket: {
        host,
        port,
        ...(tls && { tls }),
        connectTimeout: CONNECT_MS,
        socketTimeout: SILENCE_MS,
        reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, MOST_BETWEEN_ATTEMPTS_MS),
      },
      ...(username !== '' && { username }),
      ...(password !== '' && { password }),
      database,
      pingInterval: PING_EVERY_MS,
      // Nothing is kept for a connection that may come back: it is counted in memory.
      disableOfflineQueue: true,
      // It says what every server and every proxy in front of one understands, and nothing of ourselves.
      RESP: 2,
      disableClientInfo: true,
    });
    const store = new RateLimitStore(client as Client, log);
    const connected = client.connect().catch(() => undefined);
    await within(CONNECT_MS, Promise.race([connected, once(client, 'error')]), tooLate).catch(
      (error: unknown) => store.#missed(error),
    );
    return store;
  }

  limiter(limit: Limit): Limiter {
    const shared = new RateLimiterRedis({ ...limit, storeClient: this.client, useRedisPackage: true });
    const own = new RateLimiterMemory(limit);
    return {
      consume: async (caller, points) =>
        (await this.#ask(() => shared.consume(caller, points))) ?? own.consume(caller, points),
    };
  }

  close(): void {
    this.client.destroy();
  }

  /** Returns null where the store does not answer. */
  async #ask(question: () => Promise<RateLimiterRes>): Promise<RateLimiterRes | null> {
    if (!this.#mayAsk()) return null;
    try {
      const answer = await within(ANSWER_MS, question(), tooLate);
      this.#answered();
      return answer;
    } catch (error) {
      if (error instanceof RateLimiterRes) {
        this.#answered();
        throw error;
      }
      this.#missed(error);
      return null;
    }
  }

  #mayAsk(): boolean {
    const now = performance.now();
    if (!this.client.isReady || now < this.#pausedUntil) return false;
    // While it is away, others do not try it at the same time.
    if (this.#isAway) this.#pausedUntil = now + PAUSE_MS;
    return true;
  }

  #answered(): void {
    this.#pausedUntil = 0;
    if (this.#isAway) this.log.info('The store of the rate limits answers again');
    this.#isAway = false;
  }

  #missed(error: unknown): void {
    const code = codeOf(error);
    this.#pausedUntil = performance.now() + PAUSE_MS;
    // The server has become a replica, which keeps its connections: the address may lead to another one now.
    if (code === 'READONLY') this.#connectAnew();
    if (!this.#isAway)
      this.log.warn(
        { code },
        'The store of the rate limits does not answer: each instance counts by itself until it does',
      );
    this.#isAway = true;
  }

  #connectAnew(): void {
    this.client.destroy();
    this.client.connect().catch(() => undefined);
  }
}

class TooLate extends Error {}
const tooLate = () => new TooLate();

// A message may name the host, and what a server answers may quote what it was sent. Its answers begin with a
// word that says what is wrong, e.g. NOAUTH.
function codeOf(error: unknown): string {
  if (error instanceof TooLate) return 'TIMEOUT';
  const { code, message = '' } = error as { code?: unknown; message?: string };
  return typeof code === 'string' ? code : (/^[A-Z]{2,20}\b/.exec(message)?.[0] ?? 'it failed');
}

/** The package is loaded only where a store is configured, so that nobody else has to install it. */
async function load(): Promise<typeof import('@redis/client')> {
  try {
    return await import('@redis/client');
  } catch {
    throw new ConfigError(
      'RATE_LIMIT_STORE: the package @redis/client is not there (npm install @redis/client)',
    );
  }
}
