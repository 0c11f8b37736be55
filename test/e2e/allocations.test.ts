import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Bytes that the hot paths allocated when they were last looked at (`node --expose-gc
 * --min-semi-space-size=256 --max-semi-space-size=256 test/fixtures/allocations.mjs`). Unlike times they
 * hardly depend on the machine: from run to run they differ by an eighth at most.
 */
const BYTES = { list: 860_000, one: 155_000, resolve: 18_500 };
const REGRESSION = 1.25;
/**
 * Bytes of one answer, on average, that outlive it: once 225,000 of a list did, until the next full
 * collection.
 */
const KEPT = 10_000;
const PATHS = ['list', 'one', 'resolve'] as const;

let measured: Record<'allocated' | 'kept', Record<(typeof PATHS)[number], number>>;
beforeAll(async () => {
  const flags = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    join(__dirname, '../fixtures/allocations.mjs'),
  ]);
  measured = JSON.parse(stdout) as typeof measured;
});

test.each(PATHS)(
  '%s: allocates no more than a quarter above what it did, nor so much less that its budget has to be lowered',
  (path) => {
    expect(measured.allocated[path]).toBeLessThan(BYTES[path] * REGRESSION);
    expect(measured.allocated[path]).toBeGreaterThan(BYTES[path] / REGRESSION);
  },
);

test.each(PATHS)(
  '%s: leaves next to nothing that a collection of the young generation does not free',
  (path) => {
    expect(measured.kept[path]).toBeLessThan(KEPT);
  },
);
