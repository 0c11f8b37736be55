import { Transform, type Readable } from 'node:stream';
import type { ResolvedKey } from '../keys/resolution/key-resolver.service';
import type { Metrics } from '../platform/metrics';
import { adapterOf } from '../providers';
import type { ProviderApi } from '../providers/provider-api';
import { NotPassed, type PassedAnswer } from '../vault/passage';
import type { GatewayAccess, Integration } from './gateway-access';
import type { GatewayResolution } from './gateway-resolution';
import { GatewayRefusal, type Reason } from './refusals';
import { operationFor, type AskedOperation, type Target } from './target';

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
}

/** Counts a request of a token. Throws `PublicError` beyond its limit. */
export type CountRequest = (by: Integration) => Promise<void>;

/** These headers of a request are passed on. No other one is. */
const REQUEST_HEADERS = ['accept', 'content-type', 'user-agent'];

/** Passes requests of integrations on to providers. */
export class GatewayService {
  constructor(
    private readonly access: GatewayAccess,
    private readonly resolution: GatewayResolution,
    private readonly providers: ProviderApi,
    private readonly metrics: Metrics | null,
  ) {}

  /** Throws `GatewayRefusal` for what is not passed on, before any key is opened. */
  async pass(request: GatewayRequest, count: CountRequest): Promise<GatewayAnswer> {
    const { target, method } = request;
    const asked = operationFor(target, method);
    const { operation } = asked;
    if (operation.placement) throw new GatewayRefusal('OPERATION_NOT_ALLOWED');
    const by = await this.access.identify(adapterOf(target.provider.id).keyPresentation, request.header);
    await count(by);
    if (!by.providers.includes(target.provider.id)) throw new GatewayRefusal('PROVIDER_NOT_ALLOWED');
    if (!by.scopes.includes(operation.scope)) throw new GatewayRefusal('SCOPE_MISSING');
    const body = operation.isUpload ? bounded(request.body) : await readBody(request.body);
    if (body !== null && method === 'GET') throw new GatewayRefusal('MALFORMED_REQUEST');
    const key = await this.resolution.keyFor(by, target.provider, asked);
    return this.#stream(key, request, asked, body);
  }

  /** Ends what is still on its way. */
  close(): Promise<void> {
    return this.providers.close();
  }

  async #stream(
    key: ResolvedKey,
    request: GatewayRequest,
    { path }: AskedOperation,
    body: Buffer | Readable | null,
  ): Promise<GatewayAnswer> {
    const headers = passedHeaders(request);
    const start = performance.now();
    const note = (outcome: string) =>
      this.metrics?.providerRequest(
        { provider: key.account.provider, request: 'GATEWAY', outcome },
        (performance.now() - start) / 1000,
      );
    try {
      const passed = { method: request.method, path, headers, body };
      const answer = await this.providers.passOn(key.account, passed, request.signal);
      note(`${String(answer.status).slice(0, 1)}xx`);
      return answerOf(answer);
    } catch (error) {
      if (!(error instanceof NotPassed)) throw error;
      note(error.reason);
      throw new GatewayRefusal(REASONS[error.reason]);
    }
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

function answerOf({ status, headers, body }: PassedAnswer): GatewayAnswer {
  // An integration should not take the provider's refusal of the key for one of its token.
  const reason = status === 401 && { 'latchkey-reason': 'REFUSED_BY_PROVIDER' };
  return { status, headers: { ...headers, ...reason }, body };
}

export function passedHeaders({ header }: GatewayRequest): Record<string, string> {
  return Object.fromEntries(
    REQUEST_HEADERS.flatMap((name) => {
      const value = header(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

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
function bounded(body: Readable | null): Readable | null {
  let bytes = 0;
  const bound = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > MAX_UPLOAD_BYTES) done(new GatewayRefusal('BODY_TOO_LARGE'));
      else done(null, chunk);
    },
  });
  body?.on('error', (error) => bound.destroy(error));
  return body && body.pipe(bound);
}
