import type { Database } from '../database/database';
import { LeasedRounds } from '../database/leased-rounds';
import { beginCounting, count, nextUnit, type Progress } from './day-counter';

/** How often an instance looks whether there is something to count. */
const EVERY_MS = 60_000;
const LEASE_MS = 30_000;
/** So many agencies are looked at together. */
const BATCH = 100;

interface Agency {
  readonly id: string;
  readonly timeZone: string;
  readonly countedZone: string | null;
  readonly firstDay: string | null;
  readonly countedUntil: string | null;
  readonly countedHours: number | null;
  readonly version: number | null;
}

/**
 * Counts the days of all agencies that have been over for some time, the hours of the day after them, and
 * again those of which a call has changed since. Any instance does that, one at a time, so that no older
 * sums come after newer ones.
 */
export class CountingWorker {
  readonly rounds: LeasedRounds;

  constructor(
    private readonly database: Database,
    private readonly report: (error: unknown) => void,
  ) {
    const timing = { everyMs: EVERY_MS, leaseMs: LEASE_MS };
    this.rounds = new LeasedRounds(database, 'call-sums', timing, () => this.work(), report);
  }

  /** Counts all that is to be counted, unless another instance holds the lease. */
  async work(now = new Date()): Promise<void> {
    let after = '';
    while (!this.rounds.isStopping && (await this.rounds.take())) {
      const agencies = await this.database.read.rows<Agency>(
        `SELECT a.id, a.timeZone, p.timeZone AS countedZone, p.firstDay, p.countedUntil, p.countedHours, p.version
FROM agencies a LEFT JOIN call_sum_progress p ON p.agencyId = a.id WHERE a.id > ? ORDER BY a.id LIMIT ?`,
        [after, BATCH],
      );
      // What cannot be counted now is counted in the next round, and keeps no others from their turn.
      for (const agency of agencies) await this.#count(agency, now).catch(this.report);
      const last = agencies.at(-1);
      if (!last || agencies.length < BATCH) return;
      after = last.id;
    }
  }

  async #count(agency: Agency, now: Date): Promise<void> {
    let progress =
      progressOf(agency) ?? (await beginCounting(this.database, this.rounds, agency.id, agency.timeZone));
    while (progress !== null && !this.rounds.isStopping) {
      const unit = await nextUnit(this.database.read, progress, now);
      if (unit === null) return;
      progress = await count(this.database, this.rounds, progress, unit);
    }
  }
}

function progressOf({ id: agencyId, timeZone, countedZone, ...days }: Agency): Progress | null {
  const { firstDay, countedUntil, countedHours, version } = days;
  if (countedZone !== timeZone || firstDay === null || countedUntil === null || version === null) return null;
  return { agencyId, timeZone, firstDay, countedUntil, countedHours: countedHours ?? 0, version };
}
