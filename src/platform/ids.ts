import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const MOST_IN_A_MILLISECOND = 0x1000;
/**
 * Ids go on from the last one where the clock is set back by less than this. Where it was further ahead, ids
 * follow it back: what they stand for would otherwise have a time to come.
 */
const MOST_BEHIND_MS = 5_000;
let time = 0;
let count = 0;

/**
 * A time-ordered UUID (version 7): lists keep the order of creation on the primary key alone. The ids of one
 * millisecond are counted. Node draws what is random of many ids at once, which `uuid` does for each.
 */
export function newId(): string {
  const now = Date.now();
  count += 1;
  const isSetBack = time - now > MOST_BEHIND_MS;
  if (now > time || count === MOST_IN_A_MILLISECOND || isSetBack) {
    time = isSetBack ? now : Math.max(now, time + 1);
    count = 0;
  }
  const hex = time.toString(16).padStart(12, '0');
  const counted = count.toString(16).padStart(3, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${counted}${randomUUID().slice('xxxxxxxx-xxxx-xxxx'.length)}`;
}

/** An id as `newId` would have made it at a time. */
export function newIdAt(time: Date): string {
  return v7({ msecs: time.getTime() });
}

/** When an id of `newId` was made, by the clock from which it took its time. */
export function timeOfId(id: string): Date {
  return new Date(parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

/** The least id that can be made at a time: those that are made earlier come before it. */
export function leastIdOf(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/**
 * Tells whether text can be an id at all. Every look-up by id asks this first: MariaDB ignores case and
 * trailing spaces when it compares text, so that an id in capitals would otherwise be found on one database
 * and not on the other.
 */
export function isId(text: string): boolean {
  return ID.test(text);
}
