const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

// Packages whose one copy the tests and the product share (test/environment.js), and those that ship as ES
// modules alone, which jest cannot load by itself.
const TRANSFORMED =
  '(fastify|graphql|graphql-jit|jose|mysql2|reflect-metadata|temporal-[a-z]+|type-graphql|typeorm|uuid)';

// The processes of jest are started with the options of this one. In a small young generation, what a test
// holds for a moment is copied again and again.
process.execArgv.push('--max-semi-space-size=64', '--min-semi-space-size=32');

const MAKES_DATABASE = /\b(startTestApp|createTestDatabase|createMigratedDatabase)\b/;

/** On a server, the test files that make no database would only do again what they do without one. */
function withoutDatabase() {
  if (!process.env.TEST_DATABASE_SERVER) return [];
  const files = readdirSync(join(__dirname, 'test'), { recursive: true });
  const tests = files
    .map((file) => join(__dirname, 'test', file))
    .filter((file) => file.endsWith('.test.ts'));
  return tests.filter((file) => !MAKES_DATABASE.test(readFileSync(file, 'utf8')));
}

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: '<rootDir>/test/environment.js',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // They need a browser, Redis or Galera, or start the product's processes again and again, and have commands
  // of their own, e.g. `npm run test:redis`.
  testPathIgnorePatterns: [
    '/node_modules/',
    ...['console', 'redis', 'cluster', 'e2e'].map((folder) => `<rootDir>/test/${folder}/`),
    ...withoutDatabase().map((file) => `${file}$`),
  ],
  globalSetup: '<rootDir>/test/global-setup.js',
  globalTeardown: '<rootDir>/test/global-teardown.js',
  setupFiles: ['reflect-metadata', '<rootDir>/test/setup.js'],
  // This finds a test that hangs, also on a machine that takes several times as long as others.
  testTimeout: 120_000,
  // jest leaves one processor to itself, which waits most of the time: on two, that is half of them.
  maxWorkers: '100%',
  // A process that is begun anew loads the product again.
  workerIdleMemoryLimit: '1GB',
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/test/clients'],
  testSequencer: '<rootDir>/test/sequencer.js',
  transform: {
    '\\.ts$': '<rootDir>/test/transform.js',
    [`/node_modules/${TRANSFORMED}/.+\\.js$`]: '<rootDir>/test/transform.js',
  },
  transformIgnorePatterns: [`/node_modules/(?!${TRANSFORMED}/)`],
};
