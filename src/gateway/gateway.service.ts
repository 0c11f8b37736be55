import type { ResolvedKey } from '../keys/resolution/key-resolver.service';
import { adapterOf } from '../providers';
import type { ProviderApi } from '../providers/provider-api';
import type { ProviderErrorCode } from '../providers/provider-errors';
import type { ProviderError } from '../providers/refusals';
import { parseRetryAfter } from '../vault/outbound';
import { NotPassed, type PassedAnswer, type PassedRequest } from '../vault/passage';
import { operationFor, type AskedOperation } from './asked-operation';
import type { GatewayAccess } from './gateway-access';
import type { GatewayResolution } from './gateway-resolution';
import type { GatewayPlacementService } from './gateway-placement.service';
import { isHtml, passedHeaders, REASONS, type GatewayAnswer, type GatewayRequest } from './gateway-request';
import type { Integration } from './integration';
import { hasNameTwice } from './json-text';
import { GatewayRefusal, REASON_HEADER } from './refusals';
import { bounded, jsonIn, readBody } from './request-body';
import type { Target } from './target';

/** So many answers of one token can be on their way from one instance at a time. */
export const MAX_STREAMS = 250;

/** Counts a request of a token. Throws `PublicError` beyond its limit. */
export type CountRequest = (by: Integration) => Promise<void>;

/** Passes requests of integrations on to providers. */
export class GatewayService {
  /** How many answers of each token are on their way. */
  readonly #streams = new Map<string, number>();

  constructor(
    private readonly access: GatewayAccess,
    private readonly resolution: GatewayResolution,
    private readonly placement: GatewayPlacementService,
    private readonly providers: ProviderApi,
    /** Has a key verified again that a provider refuses. */
    private readonly doubt: (key: ResolvedKey, error: ProviderError) => Promise<void>,
  ) {}

  /** Throws `GatewayRefusal` for what is not passed on, before any key is opened. */
  async pass(request: GatewayRequest, count: CountRequest): Promise<GatewayAnswer> {
    const { target, method } = request;
    const asked = operationFor(target, method);
    const { operation } = asked;
    const by = await this.access.identify(adapterOf(target.provider.id).keyPresentation, request.header);
    await count(by);
    if (!by.providers.includes(target.provider.id)) throw new GatewayRefusal('PROVIDER_NOT_ALLOWED');
    if (!by.scopes.includes(operation.scope)) throw new GatewayRefusal('SCOPE_MISSING');
    const whole = operation.isUpload ? null : await readBody(request.body);
    const body = operation.isUpload ? bounded(request.body) : whole;
    if (body !== null && method === 'GET') throw new GatewayRefusal('MALFORMED_REQUEST');
    if (operation.placement)
      return this.placement.place(by, request, { ...asked, placement: operation.placement }, whole);
    const agents = agentsIn(asked, target, whole);
    const key = await this.resolution.keyFor(by, target.provider, asked, agents ?? []);
    const headers = { ...passedHeaders(request), ...(agents && { 'content-type': 'application/json' }) };
    const passed = { method, path: asked.path, headers, body };
    return this.#counted(by, request, () => this.#stream(key, request, passed));
  }

  /** Removes what nothing can be a repetition of any more. */
  forgetOldAttempts(): Promise<void> {
    return this.placement.forgetOld();
  }

  /** Ends what is still on its way, behind the calls that are being placed. */
  async close(): Promise<void> {
    await this.placement.finish();
    await this.providers.close();
  }

  /** One token takes no more than its part of the connections to a provider, which all agencies share. */
  async #counted(
    { id }: Integration,
    { signal }: GatewayRequest,
    work: () => Promise<GatewayAnswer>,
  ): Promise<GatewayAnswer> {
    const streams = this.#streams.get(id) ?? 0;
    if (streams >= MAX_STREAMS) throw new GatewayRefusal('TOO_MANY_STREAMS');
    this.#streams.set(id, streams + 1);
    // The request ends with its answer, whether that was read to its end or not.
    const end = () => {
      const left = (this.#streams.get(id) ?? 1) - 1;
      if (left > 0) this.#streams.set(id, left);
      else this.#streams.delete(id);
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    return work();
  }

  async #stream(key: ResolvedKey, request: GatewayRequest, passed: PassedRequest): Promise<GatewayAnswer> {
    try {
      const answer = await this.providers.passOn(key.account, passed, request.signal);
      const code = REFUSALS[answer.status];
      // A page for people comes from something in front of the provider, which knows nothing of the key.
      if (code && !isHtml(answer))
        await this.doubt(key, {
          code,
          httpStatus: answer.status,
          retryAfterSeconds: parseRetryAfter(answer.headers['retry-after']),
        });
      return answerOf(answer);
    } catch (error) {
      if (!(error instanceof NotPassed)) throw error;
      throw new GatewayRefusal(REASONS[error.reason]);
    }
  }
}

/**
 * Reads the agents that the body of a list names. Null for what is no JSON: it names nobody, and is refused
 * by the provider. Throws `GatewayRefusal` for what others could read as naming other agents: where a name
 * stands twice in an object, or something else than an id in its place.
 */
function agentsIn({ operation }: AskedOperation, { provider }: Target, body: Buffer | null) {
  const read = provider.table.agentsInBody?.[operation.path];
  const json = read && body ? jsonIn(body) : undefined;
  if (!read || !body || json === undefined) return null;
  const agents = read(json);
  if (!agents.every((id) => typeof id === 'string') || hasNameTwice(body.toString()))
    throw new GatewayRefusal('MALFORMED_REQUEST');
  return agents;
}

/** What a status says of a key, whatever was asked for. */
const REFUSALS: Readonly<Partial<Record<number, ProviderErrorCode>>> = {
  401: 'KEY_INVALID',
  402: 'OUT_OF_FUNDS',
  403: 'INSUFFICIENT_PERMISSIONS',
  429: 'RATE_LIMITED',
};

function answerOf({ status, headers, body }: PassedAnswer): GatewayAnswer {
  // An integration should not take the provider's refusal of the key for one of its token.
  const reason = status === 401 && { [REASON_HEADER]: 'REFUSED_BY_PROVIDER' };
  return { status, headers: { ...headers, ...reason }, body };
}
