/**
 * The options of a cache for as many entries. With its own option `max`, the cache sets room for all of them
 * aside when it is made, which takes milliseconds of each start.
 */
export function atMost(count: number): { maxSize: number; sizeCalculation: () => number } {
  return { maxSize: count, sizeCalculation: () => 1 };
}
