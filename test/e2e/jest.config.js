const { testPathIgnorePatterns, ...shared } = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...shared,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
  testPathIgnorePatterns: testPathIgnorePatterns.filter((pattern) => pattern !== '<rootDir>/test/e2e/'),
};
