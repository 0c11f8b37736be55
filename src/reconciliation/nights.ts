import { createHash } from 'node:crypto';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** The night lasts from midnight until so much later, in UTC. */
const NIGHT_MS = 5 * HOUR_MS;

/** When an account is compared in the next night: always at the same time, spread over the night. */
export function nextNight(ownerId: string, provider: string, now: Date): Date {
  const hash = createHash('sha256').update(`${ownerId} ${provider}`).digest().readUInt32BE();
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS + (hash % NIGHT_MS);
  return new Date(today > now.getTime() ? today : today + DAY_MS);
}

/** What is compared in a night: what was not yet, and once more the days in which a cost is corrected. */
export function spanOf(doneUntil: Date | null, now: Date): { readonly since: Date; readonly until: Date } {
  const [recent, longest] = [now.getTime() - 3 * DAY_MS, now.getTime() - 30 * DAY_MS];
  const since = Math.max(longest, Math.min(doneUntil?.getTime() ?? recent, recent));
  return { since: new Date(since), until: now };
}
