import type { Metrics } from '../platform/metrics';
import { sendWith, MAX_REPLY_BYTES, type OutboundReply, type Send } from '../vault/outbound';
import type { ApiKeyText } from '../vault/secret';
import { findAgent, placeCall, verifyKey, type KeyVerdict, type Placement } from './requests';
import { adapterOf, type Provider } from './index';
import type { CallToPlace, ProviderRegion } from './provider';
import type { AgentPresence } from './provider-errors';

export type BaseUrls = Readonly<Record<Provider, Readonly<Partial<Record<ProviderRegion, string>>>>>;

/** The key determines the account: it is the one that the key belongs to. */
export interface ProviderAccount {
  readonly provider: Provider;
  readonly region: ProviderRegion;
  readonly key: ApiKeyText;
}

/**
 * All requests to providers are made here. No method throws because of what a provider answers or fails to
 * answer, and none repeats a request.
 */
export class ProviderApi {
  constructor(
    private readonly baseUrls: BaseUrls,
    private readonly timeoutMs: number,
    private readonly metrics: Metrics | null = null,
  ) {}

  verifyKey(account: ProviderAccount): Promise<KeyVerdict> {
    return verifyKey(adapterOf(account.provider), this.#sender(account, 'VERIFY'));
  }

  findAgent(account: ProviderAccount, providerAgentId: string): Promise<AgentPresence> {
    return findAgent(adapterOf(account.provider), this.#sender(account, 'AGENT'), providerAgentId);
  }

  placeCall(account: ProviderAccount, call: CallToPlace): Promise<Placement> {
    return placeCall(adapterOf(account.provider), this.#sender(account, 'CALL'), call);
  }

  hasRegion(provider: Provider, region: ProviderRegion): boolean {
    return this.baseUrls[provider][region] !== undefined;
  }

  #sender({ provider, region, key }: ProviderAccount, purpose: Purpose): Send {
    const baseUrl = this.baseUrls[provider][region];
    if (baseUrl === undefined) throw new Error('The provider has no endpoint in this region');
    const target = { baseUrl, keyPresentation: adapterOf(provider).keyPresentation };
    const limits = { timeoutMs: this.timeoutMs, maxBodyBytes: MAX_REPLY_BYTES };
    const { metrics } = this;
    if (!metrics) return (request) => sendWith(key, target, request, limits);
    return async (request) => {
      const start = performance.now();
      const reply = await sendWith(key, target, request, limits);
      const labels = { provider, request: purpose, outcome: outcomeOf(reply) };
      metrics.providerRequest(labels, (performance.now() - start) / 1000);
      return reply;
    };
  }
}

/** What a request is made for. One for a call may look its agent up. */
type Purpose = 'VERIFY' | 'AGENT' | 'CALL';

// A status is counted by its first digit, e.g. as 4xx.
function outcomeOf(reply: OutboundReply): string {
  return reply.kind === 'ANSWER' ? `${String(reply.status).slice(0, 1)}xx` : reply.reason;
}
