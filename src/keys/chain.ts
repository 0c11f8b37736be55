/** Whose key a call uses. This is also the type of a key's owner. */
export const KEY_SOURCES = ['CLIENT', 'AGENCY'] as const;
export type KeySource = (typeof KEY_SOURCES)[number];

export const KEY_STATUSES = [
  'NOT_SET',
  'UNVERIFIED',
  'VALID',
  'INVALID',
  'INSUFFICIENT_PERMISSIONS',
  'RATE_LIMITED',
  'OUT_OF_FUNDS',
  'UNREACHABLE',
  'UNREADABLE',
] as const;
export type KeyStatus = (typeof KEY_STATUSES)[number];

/**
 * What the chain has to know about a key, which is never the key itself. A key that is set counts, whatever
 * its status.
 */
export interface ChainKey {
  readonly isSet: boolean;
  readonly status: KeyStatus;
  readonly version: number;
}

export interface ChainStep {
  readonly source: KeySource;
  readonly isSet: boolean;
  readonly taken: boolean;
  readonly reason: string;
}

export interface ChainResult {
  readonly source: KeySource | null;
  readonly status: KeyStatus;
  readonly version: number | null;
  readonly steps: readonly ChainStep[];
  readonly explanation: string;
  readonly sourceIfClientKeyCleared: KeySource | null;
}

export interface ChainSubject {
  /** The provider's name as people know it, which the explanation uses. */
  readonly providerName: string;
  readonly hasClient: boolean;
  /** Agents of an archived client place no calls, whatever key the chain finds. */
  readonly clientArchived: boolean;
}

/**
 * The fallback chain takes the client's key, or else the agency's, or else none. It asks only whether a key
 * is set. A client's key that is bad is still the one that is used, because taking the agency's key instead
 * would bill the wrong party.
 */
export function keyThatCounts<K extends ChainKey>(keys: Readonly<Record<KeySource, K | null>>): K | null {
  const client = keys.CLIENT;
  if (client?.isSet) return client;
  const agency = keys.AGENCY;
  return agency?.isSet ? agency : null;
}

/** Tells which key counts (see `keyThatCounts`), and why. */
export function resolveChain(
  subject: ChainSubject,
  client: ChainKey | null,
  agency: ChainKey | null,
): ChainResult {
  const clientKey = subject.hasClient && client?.isSet ? client : null;
  const agencyKey = agency?.isSet ? agency : null;
  const used = keyThatCounts({ CLIENT: clientKey, AGENCY: agencyKey });
  const source = used && (used === clientKey ? 'CLIENT' : 'AGENCY');
  return {
    source,
    status: used?.status ?? 'NOT_SET',
    version: used?.version ?? null,
    steps: [
      clientStep(subject, clientKey !== null),
      agencyStep(subject, clientKey !== null, agencyKey !== null),
    ],
    explanation: explain(subject, source, used?.status ?? 'NOT_SET'),
    sourceIfClientKeyCleared: agencyKey ? 'AGENCY' : null,
  };
}

/** Tells the same of a time that has passed. */
export function resolveChainAt(
  subject: ChainSubject,
  client: ChainKey | null,
  agency: ChainKey | null,
): ChainResult {
  const result = resolveChain(subject, client, agency);
  return { ...result, explanation: explainPast(subject, result) };
}

function explainPast(
  { clientArchived, providerName }: ChainSubject,
  { source, status }: ChainResult,
): string {
  if (clientArchived) return 'The client was archived: calls were refused.';
  if (source === null) return `There was no ${providerName} key: calls were refused.`;
  const used = `Calls used the ${source === 'CLIENT' ? "client's" : "agency's"} ${providerName} key.`;
  return status === 'VALID' ? used : `${used} Its last status on record was ${status}.`;
}

/** What decided who pays for a call, as it was when the call was started. */
export interface Receipt extends Pick<ChainResult, 'source' | 'version' | 'steps'> {
  readonly explanation: string;
}

/** Tells which key a call used, and why, from what the chain found at that time. */
export function receiptOf(
  subject: Omit<ChainSubject, 'clientArchived'>,
  client: ChainKey | null,
  agency: ChainKey | null,
): Receipt {
  const { source, status, version, steps } = resolveChain(
    { ...subject, clientArchived: false },
    client,
    agency,
  );
  return { source, version, steps, explanation: explainUse(subject.providerName, source, status) };
}

function explainUse(providerName: string, source: KeySource | null, status: KeyStatus): string {
  if (source === null) return `There was no ${providerName} key for the call.`;
  const used = `The call used the ${source === 'CLIENT' ? "client's" : "agency's"} ${providerName} key.`;
  if (status === 'VALID') return used;
  if (status === 'UNVERIFIED') return `${used} It had not been verified.`;
  return `${used} Its last known status was ${status}; it was used all the same, since another key would have billed the wrong party.`;
}

function clientStep({ providerName, hasClient }: ChainSubject, isSet: boolean): ChainStep {
  const unset = hasClient ? `The client has no ${providerName} key.` : 'The agent is assigned to no client.';
  return {
    source: 'CLIENT',
    isSet,
    taken: isSet,
    reason: isSet ? `The client has a ${providerName} key of its own.` : unset,
  };
}

function agencyStep({ providerName }: ChainSubject, clientTaken: boolean, isSet: boolean): ChainStep {
  const reason = isSet ? `The agency has a ${providerName} key.` : `The agency has no ${providerName} key.`;
  return {
    source: 'AGENCY',
    isSet,
    taken: isSet && !clientTaken,
    reason: clientTaken ? `Not asked: the client's key comes first. ${reason}` : reason,
  };
}

function explain(subject: ChainSubject, source: KeySource | null, status: KeyStatus): string {
  if (subject.clientArchived) return 'The client is archived: calls are refused until it is restored.';
  if (source === null) return missingKey(subject);
  if (status === 'UNREADABLE') {
    return `The ${source === 'CLIENT' ? "client's" : "agency's"} ${subject.providerName} key does not open: calls are refused until an agency admin sets or clears it. No other key takes its place.`;
  }
  const used = `The next call uses the ${source === 'CLIENT' ? "client's" : "agency's"} ${subject.providerName} key.`;
  if (status === 'VALID') return used;
  if (status === 'UNVERIFIED') return `${used} It has not been verified.`;
  return `${used} Its last known status is ${status}; it is used all the same, since another key would bill the wrong party.`;
}

/** Says which key is missing and who can set it. */
export function missingKey({
  providerName,
  hasClient,
}: Pick<ChainSubject, 'providerName' | 'hasClient'>): string {
  const where = hasClient
    ? `Neither the client nor the agency has a ${providerName} key.`
    : `The agency has no ${providerName} key.`;
  return `${where} Calls are refused until an agency admin sets one${hasClient ? ' for the client or the agency' : ''}.`;
}
