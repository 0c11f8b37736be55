import { violationsOf, violationsOfVersions, type Operation } from '../register';
import type { GaleraCluster, GaleraNode } from './galera';
import type { StandIns } from './stand-ins';

/** A set or a clear of the key of one place, as the one who asked for it saw it. */
export interface Change {
  readonly place: string;
  /** The key that was set; null for a clear. */
  readonly apiKey: string | null;
  readonly start: number;
  readonly end: number;
  /** Null where nobody has said whether it was done. */
  readonly version: number | null;
}

export interface Call {
  readonly number: string;
  readonly clientPlace: string;
  readonly agencyPlace: string;
  readonly start: number;
  readonly end: number;
  readonly outcome: 'PLACED' | 'NO_KEY' | 'UNKNOWN';
}

export interface History {
  readonly clientIds: readonly string[];
  readonly changes: readonly Change[];
  readonly calls: readonly Call[];
}

export interface Verdict {
  readonly histories: number;
  readonly operations: number;
  readonly violations: readonly string[];
  /** What was acknowledged and is not there, or is there and was not asked for. */
  readonly lost: readonly string[];
}

export const AGENCY = 'agency';
export function placeOf(ownerId: string, provider: string): string {
  return `${ownerId}/${provider}`;
}

interface StoredEvent {
  readonly place: string;
  readonly type: string;
  readonly version: number;
  readonly maskedKey: string | null;
}

interface StoredCall {
  readonly toNumber: string;
  readonly keySource: 'CLIENT' | 'AGENCY';
  readonly keyVersion: number;
}

interface Stored {
  readonly events: readonly StoredEvent[];
  readonly calls: readonly StoredCall[];
}

/** Compares what clients and providers saw with what every node of the cluster has stored. */
export async function judge(
  history: History,
  standIns: StandIns,
  { nodes }: GaleraCluster,
): Promise<Verdict> {
  const [stored, ...others] = await Promise.all(nodes.map((node) => readStored(node, history.clientIds)));
  if (!stored) throw new Error('There is no node');
  const apart = others.filter((other) => JSON.stringify(other) !== JSON.stringify(stored));
  const { changes, lost } = accountFor(history, stored.events);
  const calls = new Map(stored.calls.map((call) => [call.toNumber, call]));
  const lostCalls = history.calls.flatMap(({ number, outcome }) =>
    (outcome === 'PLACED' || standIns.of(number).length > 0) && !calls.has(number) ? `call ${number}` : [],
  );
  const placedEvents = stored.events.filter(({ type }) => type === 'CALL_PLACED').length;
  if (placedEvents !== calls.size) lost.push(`${calls.size} calls and ${placedEvents} events of calls`);
  const places = [...new Set(history.changes.map(({ place }) => place))];
  const violations = [
    ...history.calls.flatMap((call) => faultsOf(call, changes, standIns, calls.get(call.number))),
    ...places.flatMap((place) =>
      violationsAt(place, changes, history.calls, standIns, calls).map((fault) => `${place}: ${fault}`),
    ),
  ];
  return {
    histories: places.length,
    operations: history.changes.length + history.calls.length,
    violations,
    lost: [...lost, ...lostCalls, ...apart.map(() => 'a node that differs from the first one')],
  };
}

async function readStored(node: GaleraNode, clientIds: readonly string[]): Promise<Stored> {
  const clients = clientIds.map((id) => `'${id}'`).join(', ');
  const events = await node.read<{ type: string; clientId: string | null; details: string }>(
    `SELECT type, clientId, details FROM latchkey.audit_events
     WHERE clientId IN (${clients}) OR (clientId IS NULL AND type IN ('API_KEY_SET', 'API_KEY_CLEARED')) ORDER BY id`,
  );
  return {
    calls: await node.read(
      `SELECT toNumber, keySource, keyVersion FROM latchkey.calls WHERE clientId IN (${clients}) ORDER BY id`,
    ),
    events: events
      .filter(({ type }) => ['API_KEY_SET', 'API_KEY_CLEARED', 'CALL_PLACED'].includes(type))
      .map(({ type, clientId, details }) => {
        const { provider, version, maskedKey } = JSON.parse(details) as StoredEvent & { provider: string };
        return { place: placeOf(clientId ?? AGENCY, provider), type, version, maskedKey };
      }),
  };
}

/**
 * Finds each acknowledged change in the audit trail, and for each event the change that was asked for.
 * Returns the changes with the versions of those that were done although nobody was told so.
 */
function accountFor(
  { changes }: History,
  events: readonly StoredEvent[],
): { changes: Change[]; lost: string[] } {
  const lost: string[] = [];
  const known: Change[] = [];
  for (const place of new Set(changes.map((change) => change.place))) {
    const ofPlace = changes.filter((change) => change.place === place);
    // The agency's keys were there before this history.
    const first = place.startsWith(AGENCY) ? Math.min(...ofPlace.flatMap(({ version }) => version ?? [])) : 1;
    const left = new Map(
      events
        .filter((event) => event.place === place && event.type !== 'CALL_PLACED' && event.version >= first)
        .map((event) => [event.version, event]),
    );
    for (const change of ofPlace.filter(({ version }) => version !== null)) {
      const event = left.get(change.version ?? 0);
      if (event && isOf(event, change)) left.delete(event.version);
      else lost.push(`version ${change.version ?? 0} of ${place}`);
      known.push(change);
    }
    const unknown = ofPlace.filter(({ version }) => version === null);
    for (const event of left.values()) {
      const asked = unknown.filter((change) => isOf(event, change));
      const [change] = asked;
      if (!change) lost.push(`nobody asked for version ${event.version} of ${place}`);
      else {
        // A key is told by its last four characters. Of several clears nobody can tell which one this was.
        const start = Math.min(...asked.map((each) => each.start));
        known.push({ ...change, start, version: event.version });
        unknown.splice(unknown.indexOf(change), 1);
        for (const other of asked.slice(1)) unknown.splice(unknown.indexOf(other), 1, { ...other, start });
      }
    }
  }
  return { changes: known, lost };
}

function isOf({ type, maskedKey }: StoredEvent, { apiKey }: Change): boolean {
  return apiKey === null
    ? type === 'API_KEY_CLEARED'
    : type === 'API_KEY_SET' && maskedKey?.slice(-4) === apiKey.slice(-4);
}

/** What is wrong with one call by itself. */
function faultsOf(
  { number, outcome, clientPlace, agencyPlace }: Call,
  changes: readonly Change[],
  standIns: StandIns,
  stored: StoredCall | undefined,
): string[] {
  const seen = standIns.of(number);
  const [first] = seen;
  if (seen.length > 1) return [`call ${number} was placed ${seen.length} times`];
  if (!first) return outcome === 'PLACED' ? [`call ${number} was never placed`] : [];
  if (outcome === 'NO_KEY') return [`call ${number} was placed without a key`];
  const place = stored?.keySource === 'CLIENT' ? clientPlace : agencyPlace;
  const set = changes.find((change) => change.place === place && change.apiKey === first.apiKey);
  return set && set.version === stored?.keyVersion
    ? []
    : [`call ${number} says of another key that it was used`];
}

/** Before the first set there is no key. */
const NOT_YET = { version: 0, isSet: false, start: -Infinity, end: -Infinity };

/** Checks one place by two algorithms. */
function violationsAt(
  place: string,
  allChanges: readonly Change[],
  allCalls: readonly Call[],
  standIns: StandIns,
  stored: ReadonlyMap<string, StoredCall>,
): string[] {
  const changes = allChanges.filter((change) => change.place === place);
  const operations: Operation[] = changes.map(({ apiKey, version, start, end }) => ({
    kind: 'WRITE',
    value: apiKey ?? `clear ${version ?? 0}`,
    start,
    end,
  }));
  const resolutions: { version: number | null; start: number; end: number }[] = [];
  for (const { number, clientPlace, agencyPlace, start, end, outcome } of allCalls) {
    const call = stored.get(number);
    const [seen] = standIns.of(number);
    if (place !== clientPlace && (place !== agencyPlace || call?.keySource === 'CLIENT')) continue;
    if (outcome === 'NO_KEY') resolutions.push({ version: null, start, end });
    if (!call || !seen) continue;
    const isHere = (call.keySource === 'CLIENT') === (place === clientPlace);
    // The key was resolved before the provider was asked.
    resolutions.push({ version: isHere ? call.keyVersion : null, start, end: seen.at });
    if (isHere) operations.push({ kind: 'READ', value: seen.apiKey, start, end: seen.at });
  }
  const versions = changes.map(({ version, apiKey, start, end }) => ({
    version: version ?? 0,
    isSet: apiKey !== null,
    start,
    end,
  }));
  return [...violationsOf(operations), ...violationsOfVersions([NOT_YET, ...versions], resolutions)];
}
