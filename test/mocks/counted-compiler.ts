import * as compiler from 'graphql-jit';

declare global {
  /** Node's own `require`, by which the product is loaded: test/environment.js. */
  var requireShared: NodeJS.Require;
}

/** The compiler itself, which counts what it is given. */
export const compileQuery = jest.fn(compiler.compileQuery);

/** The product asks for the compiler whenever it compiles, and gets this one until mocks are restored. */
export function countCompilations(): void {
  const cached = requireShared.cache[require.resolve('graphql-jit')] as NodeJS.Module;
  jest.replaceProperty(cached, 'exports', { ...compiler, compileQuery });
}
