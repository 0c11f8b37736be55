const { compilerOptions } = require('typescript').readConfigFile(`${__dirname}/tsconfig.json`, require('typescript').sys.readFile).config;

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  setupFiles: ['reflect-metadata'],
  testTimeout: 30_000,
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  // jose and uuid ship as ES modules only, which jest on Node 20 cannot require: they are compiled with our own code.
  transform: { '\\.(ts|js)$': ['ts-jest', { tsconfig: { ...compilerOptions, module: 'commonjs', moduleResolution: 'node10', allowJs: true }, diagnostics: false }] },
  transformIgnorePatterns: ['/node_modules/(?!(jose|uuid)/)'],
};
