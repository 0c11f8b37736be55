import { setTimeout as wait } from 'node:timers/promises';
import {
  DatabaseUnavailable,
  isConnectionLost,
  isDuplicate,
  isOutside,
  isRace,
  isUnavailable,
} from './database-errors';

/** Thrown inside `write` by work that found its rows changed by someone else since it read them. */
export class ConcurrentChange extends Error {}

/**
 * A transaction lost its races against others until its time was over. Nothing of it was done, and the
 * same may succeed later.
 */
export class ServiceBusy extends Error {}

/**
 * The connection was lost while a transaction was being committed, so that nobody has said whether it was.
 * `result` is what its work returned.
 */
export class CommitUnknown extends Error {
  constructor(
    readonly result: unknown,
    cause: unknown,
  ) {
    super('The connection was lost during COMMIT', { cause });
  }
}

/** What is said of a change that may have been committed, or may still be. */
export const FATE_UNKNOWN = 'Nobody knows whether a change was committed';

/** How long a transaction is tried again. */
const DEADLINE_MS = 10_000;
/**
 * A duplicate is most often a race for the first row of its kind, which the next attempt finds. One that
 * stays is a fault.
 */
const DUPLICATE_ATTEMPTS = 8;
const LONGEST_PAUSE_MS = 250;

/**
 * Runs a transaction again from its start when it lost a race against another one, or its connection before
 * anything can have been committed. Throws `ServiceBusy` when the time is over and nothing can have been
 * committed, and what failed otherwise.
 */
export async function repeatUntilCommitted<T>(
  attempt: () => Promise<T>,
  onRetry: () => void = () => undefined,
): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  let isFateKnown = true;
  for (let tries = 1, duplicates = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      // A server that hangs may still commit what another one did not find.
      if (error instanceof CommitUnknown) isFateKnown = false;
      if (isDuplicate(error)) duplicates += 1;
      if (duplicates >= DUPLICATE_ATTEMPTS || !mayWin(error)) throw error;
      // Those who lost the same race must not meet again.
      const pause = Math.random() * Math.min(LONGEST_PAUSE_MS, 10 * tries);
      if (performance.now() + pause > deadline) throw givenUp(error, isFateKnown);
      await wait(pause);
      onRetry();
    }
  }
}

function mayWin(error: unknown): boolean {
  const isOver = error instanceof ConcurrentChange || error instanceof CommitUnknown || isDuplicate(error);
  return isOver || isRace(error) || isOutside(error) || isConnectionLost(error);
}

function givenUp(error: unknown, isFateKnown: boolean): unknown {
  // A lock that does not come in time counts as unavailable for reads; a transaction has lost a race by it.
  if (isUnavailable(error) && !isRace(error)) return error;
  return isFateKnown
    ? new ServiceBusy('A transaction lost its races until its time was over', { cause: error })
    : new DatabaseUnavailable(FATE_UNKNOWN, { cause: error });
}
