import type { compileQuery } from 'graphql-jit';

// Import this file before anything that imports what it replaces.
// The compiler itself, which counts what it is given.
jest.mock('graphql-jit', () => {
  const compiler = jest.requireActual<{ compileQuery: typeof compileQuery }>('graphql-jit');
  return { ...compiler, compileQuery: jest.fn(compiler.compileQuery) };
});
