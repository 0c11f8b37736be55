// Runs the product on a Galera cluster of its own: `npm run test:cluster -- --minutes 10` tries each fault
// for longer. Everything else is for jest.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string', default: '0' }, testNamePattern: { type: 'string', short: 't' } },
  allowPositionals: true,
});
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const pattern = values.testNamePattern ? ['-t', values.testNamePattern] : [];
const { status } = spawnSync(
  process.execPath,
  [jest, '-c', 'test/cluster/jest.config.js', ...pattern, ...positionals],
  { env: { ...process.env, CLUSTER_MINUTES: values.minutes }, stdio: 'inherit' },
);
process.exit(status ?? 1);
