import { digest } from '../platform/digest';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Returns when a key is verified next without being asked for. Each key has a time of the day of its own, so
 * that all keys together are spread over it.
 */
export function dailyCheckAfter(keyId: string, now: Date): Date {
  const offset = parseInt(digest(keyId).slice(0, 8), 16) % DAY_MS;
  const today = now.getTime() - (now.getTime() % DAY_MS) + offset;
  return new Date(today > now.getTime() ? today : today + DAY_MS);
}
