import { Transform, type Readable } from 'node:stream';
import type { NotPassed } from '../vault/passage';
import { GatewayRefusal, type Reason } from './refusals';
import type { Target } from './target';

/** The longest body of a request, in bytes, and that of a file which is uploaded. */
export const MAX_BODY_BYTES = 1024 * 1024;
export const MAX_UPLOAD_BYTES = 50 * 1024 * 1024;

/** A request of an integration, of which nothing is passed on as it came but what is listed. */
export interface GatewayRequest {
  readonly method: string;
  readonly target: Target;
  readonly header: (name: string) => string | undefined;
  /** The body has not been read. It is null where the request has none. */
  readonly body: Readable | null;
  readonly origin: { readonly requestId: string; readonly sourceAddress: string };
  /** It is aborted when the integration goes away. */
  readonly signal: AbortSignal;
}

export interface GatewayAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable | Buffer;
  /** Is called where the integration has gone away before it got the answer. */
  readonly undelivered?: () => Promise<void>;
}

/** These headers of a request are passed on. No other one is. */
const REQUEST_HEADERS = ['accept', 'content-type', 'user-agent'];

/**
 * Returns the headers to be passed on. A request always has a `user-agent`: what stands in front of a
 * provider may refuse one without as if its key were bad.
 */
export function passedHeaders({ header }: GatewayRequest): Record<string, string> {
  const sent = REQUEST_HEADERS.flatMap((name) => {
    const value = header(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { 'user-agent': 'latchkey', ...Object.fromEntries(sent) };
}

export function isHtml({ headers }: Pick<GatewayAnswer, 'headers'>): boolean {
  return /^text\/html\b/i.test(headers['content-type'] ?? '');
}

/** Returns undefined for what is no JSON. A byte order mark before it is left out. */
export function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as unknown;
  } catch {
    return undefined;
  }
}

/** Why there is no answer, in the words of the gateway. */
export const REASONS = {
  TIMEOUT: 'PROVIDER_TIMEOUT',
  REFUSED: 'PROVIDER_UNREACHABLE',
  BROKEN: 'PROVIDER_FAULT',
  REDIRECT: 'PROVIDER_FAULT',
  ENCODED: 'PROVIDER_FAULT',
  TOO_LONG: 'PROVIDER_FAULT',
} as const satisfies Readonly<Record<NotPassed['reason'], Reason>>;

/** Reads a body of at most `MAX_BODY_BYTES`. */
export async function readBody(body: Readable | null): Promise<Buffer | null> {
  if (!body) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new GatewayRefusal('BODY_TOO_LARGE');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Lets a body through as it comes, as far as the bound. */
export function bounded(body: Readable | null): Readable | null {
  let bytes = 0;
  const bound = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > MAX_UPLOAD_BYTES) done(new GatewayRefusal('BODY_TOO_LARGE'));
      else done(null, chunk);
    },
  });
  body?.on('error', (error) => bound.destroy(error));
  // It may end before anybody reads it: an error that nobody hears of would end the process.
  bound.on('error', () => undefined);
  return body && body.pipe(bound);
}
