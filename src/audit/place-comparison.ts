import { isId } from '../platform/ids';
import type { AuditEventRow } from './audit.entity';

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

/**
 * The places of an agency at one instant, with the number of its last event at that instant; null where there
 * is no place.
 */
export interface StatedPlaces {
  readonly lastEvent: number | null;
  readonly places: readonly StatedPlace[];
}

export type ReadPlaces = (agencyId: string) => Promise<StatedPlaces>;

type KeyName = Pick<StatedPlace, 'clientId' | 'provider'>;

/** The last event that set or cleared a key. */
type LastEvent = Pick<StatedPlace, 'clientId' | 'provider' | 'version' | 'isSet'> & {
  readonly sequence: number;
};

/** The last event of each place among the events up to one, which are given in their order. */
export class LastOfPlaces {
  readonly #events = new Map<string, LastEvent>();

  /** `upTo` is the number of the last event that counts; null for no limit. */
  constructor(private readonly upTo: number | null) {}

  /** Adds an event, and answers with a fault where the version of a key did not go up. */
  add(row: AuditEventRow): string[] {
    const event = keyEventOf(row);
    if (!event || (this.upTo !== null && event.sequence > this.upTo)) return [];
    const before = this.#events.get(idOf(event));
    this.#events.set(idOf(event), event);
    if (!before || before.version < event.version) return [];
    return [
      `event ${event.sequence} gives ${nameOf(event)} version ${event.version} after event ${before.sequence} gave it version ${before.version}`,
    ];
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
    ...missing.map((event) => `${nameOf(event)} is missing, which event ${event.sequence} ${whatOf(event)}`),
  ];
}

function faultOf(place: StatedPlace, event: LastEvent | null): string | null {
  if (!place.isGenuine) return `${nameOf(place)} is not as it was written`;
  if (!event) return `${nameOf(place)} is there, and no event tells of it`;
  if (event.version === place.version && event.isSet === place.isSet) return null;
  const stands = `${place.isSet ? 'set' : 'cleared'} as version ${place.version}`;
  return `${nameOf(place)} stands as ${stands}, but event ${event.sequence} ${whatOf(event)}`;
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
function keyEventOf({ type, clientId, details, sequence }: AuditEventRow): LastEvent | null {
  if (type !== 'API_KEY_SET' && type !== 'API_KEY_CLEARED') return null;
  try {
    const { provider, version } = JSON.parse(details) as {
      readonly provider: string;
      readonly version: number;
    };
    return { clientId, provider, version, isSet: type === 'API_KEY_SET', sequence };
  } catch {
    return null;
  }
}
