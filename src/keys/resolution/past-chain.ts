import type { AgentRow } from '../../agents/agent.entity';
import type { AuditEventType } from '../../audit/audit-event';
import type { Provider } from '../../providers';
import type { ChainKey, KeyStatus } from '../chain';
import type { KeySummary } from '../key-states';

/** The events of the audit trail that tell how the chain of an agent was at a time. */
export const CHAIN_EVENTS = [
  'API_KEY_SET',
  'API_KEY_CLEARED',
  'API_KEY_VERIFIED',
  'CLIENT_ARCHIVED',
  'CLIENT_RESTORED',
] as const satisfies readonly AuditEventType[];
export const AGENT_EVENTS = ['AGENT_CREATED', 'AGENT_ASSIGNED'] as const satisfies readonly AuditEventType[];

/** One of them, as far as it matters here. */
export interface PastEvent {
  readonly type: (typeof CHAIN_EVENTS)[number] | (typeof AGENT_EVENTS)[number] | 'AGENT_UPDATED';
  readonly at: Date;
  /** Null for the agency's own key, and for an agent that was assigned to nobody. */
  readonly clientId: string | null;
  readonly details: {
    readonly agentId?: string;
    /** Updates of earlier releases do not tell it. */
    readonly formerProviderAgentId?: string;
    readonly provider?: Provider;
    readonly version?: number;
    readonly status?: KeyStatus;
  };
}

/** All that is on record of an agency, some of its agents and their clients. */
export interface Trail {
  readonly agencyId: string;
  /** The time of the first event of the agency; null where there is none. */
  readonly since: Date | null;
  readonly ofAgents: readonly PastEvent[];
  readonly ofChains: readonly PastEvent[];
  /** The keys as they are now. */
  readonly keys: readonly KeySummary[];
  /** The clients that are archived now. */
  readonly archived: ReadonlySet<string>;
}

/**
 * What was true at a time by the events before it and after it; `now` where there are none. The answer is
 * undefined where the trail does not tell: something came before its first event that is on record.
 */
function stateAt<T>(
  events: readonly PastEvent[],
  at: Date,
  now: T,
  stateAfter: (event: PastEvent) => T,
  stateBefore: (event: PastEvent) => T | undefined,
): T | undefined {
  const last = events.findLast((event) => event.at <= at);
  if (last) return stateAfter(last);
  const [first] = events;
  return first ? stateBefore(first) : now;
}

/**
 * The place of a key at a time, from the events of this place. Its version orders the changes, because two
 * that follow each other closely can have times in the other order. `now` is the place as it is.
 */
function keyAt(
  events: readonly PastEvent[],
  isOnRecord: boolean,
  at: Date,
  now: ChainKey | null,
): ChainKey | null | undefined {
  const changes = events
    .filter(({ type }) => isOnRecord && (type === 'API_KEY_SET' || type === 'API_KEY_CLEARED'))
    .sort((one, other) => versionOf(one) - versionOf(other));
  const key = stateAt(changes, at, now, keyAfter, (first) => (versionOf(first) === 1 ? null : undefined));
  if (!key?.isSet) return key;
  const verified = events.filter(
    (event) => event.type === 'API_KEY_VERIFIED' && versionOf(event) === key.version,
  );
  const last = verified.findLast((event) => event.at <= at);
  // What the place says now was not known before the first of them.
  const before = changes.length === 0 && verified.length > 0 ? 'UNVERIFIED' : key.status;
  return { ...key, status: last?.details.status ?? before };
}

/** The client to which an agent was assigned at a time, from the events of this agent. */
function clientAt(events: readonly PastEvent[], at: Date, now: string | null): string | null | undefined {
  return stateAt<string | null>(
    events,
    at,
    now,
    ({ clientId }) => clientId,
    () => undefined,
  );
}

/** Whether a client was archived at a time. */
export function wasArchivedAt({ ofChains, archived }: Trail, clientId: string | null, at: Date): boolean {
  if (clientId === null) return false;
  const isArchival = ({ type }: PastEvent) => type === 'CLIENT_ARCHIVED';
  const changes = ofChains.filter(
    (event) => event.clientId === clientId && (isArchival(event) || event.type === 'CLIENT_RESTORED'),
  );
  const isNow = archived.has(clientId);
  return stateAt(changes, at, isNow, isArchival, (first) => !isArchival(first)) ?? false;
}

/** A chain at a time. What the trail does not tell is undefined. */
interface PastChain {
  readonly clientId: string | null | undefined;
  readonly CLIENT: ChainKey | null | undefined;
  readonly AGENCY: ChainKey | null | undefined;
}

/**
 * Tells whose an agent was at a time, and the keys of its chain. Before the first event of the agency, its
 * keys are taken to be those that it has.
 */
export function chainAt(
  trail: Trail,
  agent: Pick<AgentRow, 'id' | 'clientId' | 'provider'>,
  at: Date,
): PastChain {
  const { agencyId, since, ofAgents, ofChains, keys } = trail;
  const { id, provider } = agent;
  const ofAgent = ofAgents.filter(({ details }) => details.agentId === id);
  const clientId = clientAt(ofAgent, at, agent.clientId);
  const isOnRecord = since !== null && since <= at;
  const keyOf = (owner: string | null) => {
    const ofPlace = ofChains.filter(
      (event) => event.clientId === owner && event.details.provider === provider,
    );
    const isInPlace = (key: KeySummary) => key.ownerId === (owner ?? agencyId) && key.provider === provider;
    return keyAt(ofPlace, isOnRecord, at, keys.find(isInPlace) ?? null);
  };
  return { clientId, CLIENT: clientId == null ? null : keyOf(clientId), AGENCY: keyOf(null) };
}

function versionOf({ details }: PastEvent): number {
  return details.version ?? 0;
}

function keyAfter(event: PastEvent): ChainKey {
  const isSet = event.type === 'API_KEY_SET';
  return {
    isSet,
    version: versionOf(event),
    status: isSet ? (event.details.status ?? 'UNVERIFIED') : 'NOT_SET',
  };
}
