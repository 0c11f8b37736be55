/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // They need a browser: `npm run test:console`.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/console/'],
  globalSetup: '<rootDir>/test/global-setup.js',
  globalTeardown: '<rootDir>/test/global-teardown.js',
  setupFiles: ['reflect-metadata', '<rootDir>/test/setup.js'],
  testTimeout: 30_000,
  // jest leaves one processor to itself, which waits most of the time: on two, that is half of them.
  maxWorkers: '100%',
  // A process with a larger heap than that takes longer to end than jest waits, which then warns of a leak
  // that is none.
  workerIdleMemoryLimit: '300MB',
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/test/clients'],
  testSequencer: '<rootDir>/test/sequencer.js',
  transform: {
    '\\.ts$': '<rootDir>/test/transform.js',
    '/node_modules/(jose|uuid)/.+\\.js$': '<rootDir>/test/transform.js',
  },
  transformIgnorePatterns: ['/node_modules/(?!(jose|uuid)/)'],
};
