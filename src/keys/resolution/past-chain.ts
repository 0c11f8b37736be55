import type { AuditEventType } from '../../audit/audit-event';
import type { Provider } from '../../providers';
import type { ChainKey, KeyStatus } from '../chain';

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
  readonly type: (typeof CHAIN_EVENTS)[number] | (typeof AGENT_EVENTS)[number];
  readonly at: Date;
  /** Null for the agency's own key, and for an agent that was assigned to nobody. */
  readonly clientId: string | null;
  readonly details: {
    readonly agentId?: string;
    readonly provider?: Provider;
    readonly version?: number;
    readonly status?: KeyStatus;
  };
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
 * The place of a key at a time, from the events of this place. Its version orders them, because two changes
 * that follow each other closely can have times in the other order. `now` is the place as it is.
 */
export function keyAt(
  events: readonly PastEvent[],
  at: Date,
  now: ChainKey | null,
): ChainKey | null | undefined {
  const changes = events
    .filter(({ type }) => type === 'API_KEY_SET' || type === 'API_KEY_CLEARED')
    .sort((one, other) => versionOf(one) - versionOf(other));
  const key = stateAt(changes, at, now, keyAfter, (first) => (versionOf(first) === 1 ? null : undefined));
  if (!key?.isSet) return key;
  const verified = events.findLast(
    (event) => event.type === 'API_KEY_VERIFIED' && versionOf(event) === key.version && event.at <= at,
  );
  return { ...key, status: verified?.details.status ?? key.status };
}

/** The client to which an agent was assigned at a time, from the events of this agent. */
export function clientAt(
  events: readonly PastEvent[],
  at: Date,
  now: string | null,
): string | null | undefined {
  return stateAt<string | null>(
    events,
    at,
    now,
    ({ clientId }) => clientId,
    () => undefined,
  );
}

/** Whether a client was archived at a time, from the events of this client. */
export function wasArchivedAt(events: readonly PastEvent[], at: Date, now: boolean): boolean {
  const isArchival = ({ type }: PastEvent) => type === 'CLIENT_ARCHIVED';
  const changes = events.filter((event) => isArchival(event) || event.type === 'CLIENT_RESTORED');
  return stateAt(changes, at, now, isArchival, (first) => !isArchival(first)) ?? false;
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
