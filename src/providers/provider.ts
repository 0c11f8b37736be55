import type { KeyPresentation, OutboundRequest } from '../vault/outbound';

/** The platform's words for a provider's refusal; the names are those of the API's `ProviderErrorCode`. */
export const PROVIDER_ERROR_CODES = [
  'KEY_INVALID',
  'INSUFFICIENT_PERMISSIONS',
  'RATE_LIMITED',
  'OUT_OF_FUNDS',
  'AGENT_NOT_FOUND',
  'INVALID_REQUEST',
  'UNREACHABLE',
  'TIMEOUT',
  'PROVIDER_FAULT',
] as const;
export type ProviderErrorCode = (typeof PROVIDER_ERROR_CODES)[number];

/** Data residencies in which a provider runs separate endpoints with separate accounts. */
export const PROVIDER_REGIONS = ['US', 'EU'] as const;
export type ProviderRegion = (typeof PROVIDER_REGIONS)[number];

export interface CallToPlace {
  /** Latchkey's id of the call, sent as metadata so that an unanswered placement can be reconciled. */
  readonly callId: string;
  readonly providerAgentId: string;
  /** E.164. */
  readonly toNumber: string;
  /** E.164, or the provider's phone number id; null only where the adapter does not require one. */
  readonly fromNumber: string | null;
}

/** Describes requests and reads replies. It never sees a key: the vault stamps it on what is described here. */
export interface ProviderAdapter {
  readonly id: string;
  readonly name: string;
  /** `US` is the default region. */
  readonly baseUrls: Readonly<Partial<Record<ProviderRegion, string>>> & { readonly US: string };
  readonly keyPresentation: KeyPresentation;
  /** Whether a call can be placed without naming what it calls from. */
  readonly requiresFromNumber: boolean;
  /** What it calls from is a phone number in E.164, or the provider's own id of one. */
  readonly fromNumberForm: 'E164' | 'ID';
  /** The form that every id of an agent has, and of a phone number where these are named by ids. `ANY` where none is certain. */
  readonly idForm: 'ANY' | 'UUID' | { readonly prefix: string };
  /** The cheapest read-only request that tells whether a key is accepted. Never places a call. */
  readonly verify: OutboundRequest;
  agent(providerAgentId: string): OutboundRequest;
  placeCall(call: CallToPlace): OutboundRequest;
  /** The provider's call id in a successful reply to `placeCall`; empty when there is none. */
  callId(json: unknown): string;
  /** A refusal that the provider tells by more than the status, or inside a 2xx; null leaves it to the status. */
  refusal(status: number, json: unknown): ProviderErrorCode | null;
}

/** A property of a provider's JSON, of which nothing is known. Never throws. */
export function field(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, name)
    ? (json as Record<string, unknown>)[name]
    : undefined;
}

/** A textual property of a provider's JSON, or the empty string. */
export function textField(json: unknown, name: string): string {
  const value = field(json, name);
  return typeof value === 'string' ? value : '';
}
