import DataLoader from 'dataloader';

/** One statement reads for at most this many keys. Each number of them makes a statement of its own. */
const MOST_AT_ONCE = 32;

/**
 * Reads for requests that come to the same place together by one statement, which begins after all of them
 * have asked. Nothing is remembered: what is changed is seen by whoever asks afterwards.
 */
export function readTogether<T>(
  read: (keys: readonly string[]) => Promise<readonly T[]>,
): DataLoader<string, T> {
  return new DataLoader<string, T>(read, {
    cache: false,
    maxBatchSize: MOST_AT_ONCE,
    batchScheduleFn: (begin) => void setImmediate(begin),
  });
}
