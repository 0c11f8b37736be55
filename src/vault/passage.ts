import { Readable, Writable } from 'node:stream';
import { Pool } from 'undici';
import { keyHeader, wasNeverSent, type OutboundTarget } from './outbound';
import { KeyFinder, Scrubber } from './scrubber';
import type { ApiKeyText } from './secret';

/** A request of an integration, built anew. It has neither a host nor a key. */
export interface PassedRequest {
  readonly method: string;
  /** The path, with the query, starts with `/` and is already URL-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | Readable | null;
}

export interface PassedHead {
  readonly status: number;
  /** Only headers of a list, in none of which the key stands. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface PassedAnswer extends PassedHead {
  /** The body, with a mask in place of the key. */
  readonly body: Readable;
}

export interface WholeAnswer extends PassedHead {
  readonly body: Buffer;
}

/** The provider gave no answer that can be passed on. Nothing of what it sent is in the error. */
export class NotPassed extends Error {
  constructor(readonly reason: 'TIMEOUT' | 'REFUSED' | 'BROKEN' | 'REDIRECT' | 'ENCODED' | 'TOO_LONG') {
    super(`The answer was not passed on: ${reason}`);
  }
}

/** These headers of an answer are passed on. No other one is. */
const ANSWER_HEADERS = [
  'content-type',
  'content-length',
  'content-disposition',
  'retry-after',
  'retry-after-ms',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
];

/** As many connections to one provider as there can be answers on their way to integrations. */
const CONNECTIONS = 1024;

/**
 * Passes requests of integrations on to providers, each with a key, and what providers answer back without
 * it. No request is repeated, and no redirect is followed.
 */
export class Passages {
  readonly #pools = new Map<string, Pool>();

  /** The time is how long a provider may be silent, before its answer and within it. */
  constructor(private readonly timeoutMs: number) {}

  /** Waits for the head of the answer, whose body then streams. Throws `NotPassed`. */
  async stream(
    key: ApiKeyText,
    target: OutboundTarget,
    request: PassedRequest,
    signal: AbortSignal,
  ): Promise<PassedAnswer> {
    const finder = new KeyFinder(key);
    return new Promise((resolve, reject) => {
      const passed = this.#pass(key, target, request, signal, finder, false, (head) => {
        const body = new Scrubber(finder);
        resolve({ ...head, body });
        return body;
      });
      passed.catch(reject);
    });
  }

  /** Waits for the whole answer, in whatever way it takes its time. Throws `NotPassed`. */
  async whole(
    key: ApiKeyText,
    target: OutboundTarget,
    request: PassedRequest,
    maxBytes: number,
  ): Promise<WholeAnswer> {
    const finder = new KeyFinder(key);
    const signal = AbortSignal.timeout(this.timeoutMs);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const heads: PassedHead[] = [];
    await this.#pass(key, target, request, signal, finder, true, (received) => {
      heads.push(received);
      return new Writable({
        write(chunk: Buffer, _encoding, done) {
          chunks.push(chunk);
          bytes += chunk.length;
          done(bytes > maxBytes ? new NotPassed('TOO_LONG') : null);
        },
      });
    });
    const [head] = heads;
    if (!head) throw new NotPassed('BROKEN');
    return { ...head, body: finder.masked(Buffer.concat(chunks)) };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  async #pass(
    key: ApiKeyText,
    target: OutboundTarget,
    { method, path, headers, body }: PassedRequest,
    signal: AbortSignal,
    finder: KeyFinder,
    isWhole: boolean,
    begin: (head: PassedHead) => Writable,
  ): Promise<void> {
    const { origin, pathname } = new URL(target.baseUrl);
    try {
      await this.#poolOf(origin, isWhole).stream(
        {
          method,
          path: pathname.replace(/\/+$/, '') + path,
          // The key comes last, over whatever stands there.
          headers: { ...headers, 'accept-encoding': 'identity', ...keyHeader(key, target.keyPresentation) },
          body,
          signal,
        },
        ({ statusCode, headers: received }) => begin(headOf(statusCode, received, finder)),
      );
    } catch (error) {
      // A body that was ended on this side, e.g. as too long, is no fault of the provider.
      if (body instanceof Readable && body.errored === error) throw error;
      throw notPassed(error, signal);
    }
  }

  // Calls are placed by connections of their own, which no stream that is read slowly can take from them.
  #poolOf(origin: string, isWhole: boolean): Pool {
    const name = `${origin} ${isWhole}`;
    const pool =
      this.#pools.get(name) ??
      new Pool(origin, {
        connections: CONNECTIONS,
        headersTimeout: this.timeoutMs,
        bodyTimeout: this.timeoutMs,
        connectTimeout: this.timeoutMs,
      });
    this.#pools.set(name, pool);
    return pool;
  }
}

type Received = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Other characters stand in a header of HTTP by no rule, and Node does not send all that it receives. */
const HEADER_VALUE = /^[\t\x20-\x7E]*$/;

function headOf(status: number, received: Received, finder: KeyFinder): PassedHead {
  if (status >= 300 && status < 400) throw new NotPassed('REDIRECT');
  if (status > 599) throw new NotPassed('BROKEN');
  if ((received['content-encoding'] ?? 'identity') !== 'identity') throw new NotPassed('ENCODED');
  const passed = ANSWER_HEADERS.flatMap((name) => {
    const value = received[name];
    const isPassed = typeof value === 'string' && HEADER_VALUE.test(value) && !finder.isIn(value);
    return isPassed ? [[name, value] as const] : [];
  });
  return { status, headers: Object.fromEntries(passed) };
}

function notPassed(error: unknown, signal: AbortSignal): NotPassed {
  if (error instanceof NotPassed) return error;
  const { code = '', name = '' } = error as { code?: string; name?: string };
  if (signal.aborted || name === 'TimeoutError' || /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(code))
    return new NotPassed('TIMEOUT');
  return new NotPassed(wasNeverSent(error) ? 'REFUSED' : 'BROKEN');
}
