import { isId } from '../platform/ids';
import type { AuditEventRow } from './audit.entity';

/** The events that tell of the state of a key's place. */
export const KEY_EVENTS = ['API_KEY_SET', 'API_KEY_CLEARED'] as const;

/** What the row of a key's place says. */
export interface StatedPlace {
  /** Null for a key of the agency itself. */
  readonly clientId: string | null;
  readonly provider: string;
  readonly version: number;
  readonly isSet: boolean;
  /** Whether its MAC fits. */
  readonly isGenuine: boolean;
}

/** The places of an agency at one instant, and which events there were at that instant. */
export interface StatedPlaces {
  /** The number of the last event that was chained; null where none was. */
  readonly lastEvent: number | null;
  /** The ids of the key events that were not chained yet. */
  readonly unchained: ReadonlySet<string>;
  readonly places: readonly StatedPlace[];
}

export type ReadPlaces = (agencyId: string) => Promise<StatedPlaces>;

type KeyName = Pick<StatedPlace, 'clientId' | 'provider'>;

/** The last event that set or cleared a key. */
type LastEvent = Pick<StatedPlace, 'clientId' | 'provider' | 'version' | 'isSet'> & {
  readonly name: string;
};

/** The last event of each place among the events that there were at one instant. */
export class LastOfPlaces {
  readonly #events = new Map<string, LastEvent>();
  readonly #versions = new Map<string, LastEvent>();

  constructor(private readonly instant: Pick<StatedPlaces, 'lastEvent' | 'unchained'>) {}

  /** Adds an event, and answers with a fault where a version of a key was given twice. */
  add(row: AuditEventRow): string[] {
    const event = keyEventOf(row);
    if (!event || !this.#wasThere(row)) return [];
    const place = idOf(event);
    const before = this.#events.get(place);
    // Two events of one batch may stand in the chain in another order than their versions do.
    if (!before || before.version < event.version) this.#events.set(place, event);
    const version = `${place} ${event.version}`;
    const same = this.#versions.get(version);
    this.#versions.set(version, event);
    return same
      ? [`${event.name} gives ${nameOf(event)} version ${event.version}, which ${same.name} gave`]
      : [];
  }

  #wasThere({ id, sequence }: AuditEventRow): boolean {
    const { lastEvent, unchained } = this.instant;
    return unchained.has(id) || (sequence !== null && (lastEvent === null || sequence <= lastEvent));
  }

  of(place: KeyName): LastEvent | null {
    return this.#events.get(idOf(place)) ?? null;
  }

  all(): LastEvent[] {
    return [...this.#events.values()];
  }
}

/** Names the places that are not as their last events left them: altered, put back, removed or added. */
export function comparePlaces(places: readonly StatedPlace[], last: LastOfPlaces): string[] {
  const found = new Set(places.map(idOf));
  const missing = last.all().filter((event) => !found.has(idOf(event)));
  return [
    ...places.flatMap((place) => faultOf(place, last.of(place)) ?? []),
    ...missing.map((event) => `${nameOf(event)} is missing, which ${event.name} ${whatOf(event)}`),
  ];
}

function faultOf(place: StatedPlace, event: LastEvent | null): string | null {
  if (!place.isGenuine) return `${nameOf(place)} is not as it was written`;
  if (!event) return `${nameOf(place)} is there, and no event tells of it`;
  if (event.version === place.version && event.isSet === place.isSet) return null;
  const stands = `${place.isSet ? 'set' : 'cleared'} as version ${place.version}`;
  return `${nameOf(place)} stands as ${stands}, but ${event.name} ${whatOf(event)}`;
}

/**
 * How a verification names an event. An id that Latchkey did not make may be any text, and is not repeated.
 */
export function nameOfEvent({ id, sequence }: Pick<AuditEventRow, 'id' | 'sequence'>): string {
  if (sequence !== null) return `event ${sequence}`;
  return isId(id) ? `the unchained event ${id}` : 'an unchained event';
}

function whatOf({ isSet, version }: LastEvent): string {
  return `${isSet ? 'set' : 'cleared'} as version ${version}`;
}

function idOf({ clientId, provider }: KeyName): string {
  return JSON.stringify([clientId, provider]);
}

// Rows that Latchkey did not write may hold any text, which must not look like another line of the output.
function nameOf({ clientId, provider }: KeyName): string {
  const key = /^[A-Z]{1,32}$/.test(provider) ? `${provider} key` : 'key of an unknown provider';
  if (clientId === null) return `the ${key} of the agency`;
  return `the ${key} of ${isId(clientId) ? `client ${clientId}` : 'an unknown client'}`;
}

/**
 * Null for other events, and for an event whose details cannot be read, which the verification of the chain
 * finds.
 */
function keyEventOf({ id, type, clientId, details, sequence }: AuditEventRow): LastEvent | null {
  if (!KEY_EVENTS.some((known) => known === type)) return null;
  try {
    const { provider, version } = JSON.parse(details) as {
      readonly provider: string;
      readonly version: number;
    };
    const name = nameOfEvent({ id, sequence });
    return { clientId, provider, version, isSet: type === 'API_KEY_SET', name };
  } catch {
    return null;
  }
}
