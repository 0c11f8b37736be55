import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Bytes that the hot paths allocated when they were last looked at (`node --expose-gc --min-semi-space-size=256 --max-semi-space-size=256
 * test/fixtures/allocations.mjs`). Unlike times they hardly depend on the machine: from run to run they differ by two parts in a hundred.
 */
const BYTES = { list: 1_120_000, one: 145_000, resolve: 13_000 };
const REGRESSION = 1.25;

test('the hot paths allocate no more than a quarter above what they did, nor so much less that their budget has to be lowered', async () => {
  const flags = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, join(__dirname, '../fixtures/allocations.mjs')]);
  const measured = JSON.parse(stdout) as typeof BYTES;
  for (const path of ['list', 'one', 'resolve'] as const) {
    expect(measured[path]).toBeLessThan(BYTES[path] * REGRESSION);
    expect(measured[path]).toBeGreaterThan(BYTES[path] / REGRESSION);
  }
}, 60_000);
