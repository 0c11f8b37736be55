import type { KeyState } from '../keys/key-states';
import type { KeySource, KeyStatus } from '../keys/chain';
import type { KeyOwner } from '../keys/place';
import { PROVIDERS, type Provider } from '../providers';
import type { AlertKind } from './alert.entity';

/** A webhook to an agency's own systems, by the host of its address: the rest can hold secrets. */
export interface NamedWebhook {
  readonly id: string;
  readonly host: string;
}

/** What is known of an owner, on which its alerts depend. */
export interface OwnerFacts {
  readonly owner: KeyOwner;
  /** False for a client that is archived: its agents place no calls. */
  readonly isActive: boolean;
  /** The owner's own keys, with those that are not set any more. */
  readonly keys: readonly KeyState[];
  /** The providers for which the agency has a key. */
  readonly agencyKeys: ReadonlySet<Provider>;
  /** How many agents the client has, or how many agents have no client. */
  readonly agentCounts: ReadonlyMap<Provider, number>;
  /** How many agents use the owner's key and are absent in its account, as far as that is known. */
  readonly absentCounts: ReadonlyMap<Provider, number>;
  /** The accounts of which calls have ended and no event has come. */
  readonly silent: ReadonlySet<Provider>;
  /** The key sources of which a client has a rate. Null for an agency, and where it has set no rate. */
  readonly ratedSources: ReadonlySet<KeySource> | null;
  /** The webhooks to the owner's own systems that are off because their receivers are gone, or failed. */
  readonly offWebhooks: readonly NamedWebhook[];
}

/** Something that is to be put right, of which there is an open alert for as long as it lasts. */
export interface Problem {
  readonly kind: AlertKind;
  readonly provider: Provider | null;
  /** Null stands for all agents that use the owner's key. */
  readonly agentCount: number | null;
  /** The webhook that it is about, where it is about one. */
  readonly webhook?: NamedWebhook;
}

type Condition = (facts: OwnerFacts) => readonly Problem[];

const BY_STATUS: Readonly<Partial<Record<KeyStatus, AlertKind>>> = {
  INVALID: 'KEY_INVALID',
  INSUFFICIENT_PERMISSIONS: 'KEY_INSUFFICIENT_PERMISSIONS',
  OUT_OF_FUNDS: 'KEY_OUT_OF_FUNDS',
  UNREADABLE: 'KEY_UNREADABLE',
};

const badKeys: Condition = ({ keys }) =>
  keys.flatMap(({ isSet, status, provider }) => {
    const kind = BY_STATUS[status];
    return isSet && kind ? [{ kind, provider, agentCount: null }] : [];
  });

const limitedKeys: Condition = ({ keys }) =>
  keys
    .filter(({ isSet, status, errorCode }) => isSet && [status, errorCode].includes('RATE_LIMITED'))
    .map(({ provider }) => ({ kind: 'KEY_RATE_LIMITED', provider, agentCount: null }));

const silentWebhooks: Condition = ({ silent }) =>
  [...silent].map((provider) => ({ kind: 'WEBHOOK_SILENT', provider, agentCount: null }));

const absentAgents: Condition = ({ absentCounts }) =>
  [...absentCounts].map(([provider, agentCount]) => ({
    kind: 'AGENTS_MISSING_IN_ACCOUNT',
    provider,
    agentCount,
  }));

const agentsWithoutKey: Condition = ({ keys, agencyKeys, agentCounts }) =>
  PROVIDERS.flatMap((provider) => {
    const agentCount = agentCounts.get(provider) ?? 0;
    const hasKey = agencyKeys.has(provider) || keys.some((key) => key.provider === provider && key.isSet);
    return agentCount > 0 && !hasKey ? [{ kind: 'AGENTS_WITHOUT_KEY', provider, agentCount }] : [];
  });

const missingRates: Condition = ({ keys, agencyKeys, agentCounts, ratedSources }) => {
  if (ratedSources === null) return [];
  const sourceOf = (provider: Provider): KeySource | null => {
    if (keys.some((key) => key.provider === provider && key.isSet)) return 'CLIENT';
    return agencyKeys.has(provider) ? 'AGENCY' : null;
  };
  const unpaid = [...agentCounts].filter(([provider]) => {
    const source = sourceOf(provider);
    return source !== null && !ratedSources.has(source);
  });
  const agentCount = unpaid.reduce((sum, [, count]) => sum + count, 0);
  return agentCount > 0 ? [{ kind: 'RATE_MISSING', provider: null, agentCount }] : [];
};

const webhooksOff: Condition = ({ offWebhooks }) =>
  offWebhooks.map((webhook) => ({
    kind: 'OUTGOING_WEBHOOK_OFF',
    provider: null,
    agentCount: 0,
    webhook,
  }));

/** Every condition of which there are alerts. Whatever changes what one of them reads calls `noteChange`. */
const CONDITIONS: readonly Condition[] = [
  badKeys,
  limitedKeys,
  silentWebhooks,
  absentAgents,
  agentsWithoutKey,
  missingRates,
  webhooksOff,
];

/** Tells all that is wrong with an owner. */
export function problemsOf(facts: OwnerFacts): Problem[] {
  return facts.isActive ? CONDITIONS.flatMap((condition) => condition(facts)) : [];
}
