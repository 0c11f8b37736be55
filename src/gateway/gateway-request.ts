import type { Readable } from 'node:stream';
import type { NotPassed } from '../vault/passage';
import type { Reason } from './refusals';
import type { Target } from './target';

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

/** Why there is no answer, in the words of the gateway. */
export const REASONS = {
  TIMEOUT: 'PROVIDER_TIMEOUT',
  REFUSED: 'PROVIDER_UNREACHABLE',
  BROKEN: 'PROVIDER_FAULT',
  REDIRECT: 'PROVIDER_FAULT',
  ENCODED: 'PROVIDER_FAULT',
  TOO_LONG: 'PROVIDER_FAULT',
} as const satisfies Readonly<Record<NotPassed['reason'], Reason>>;
