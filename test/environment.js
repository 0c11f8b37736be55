const asyncHooks = require('node:async_hooks');
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

// jest gives each test file a context of its own and loads every module into it anew: Apollo, TypeORM and the
// product take more than a second of processor time, ninety times over. Here all files of one jest process
// share its context, and test/transform.js takes the product and its packages from node's own cache of
// modules. A file that mocks a module needs them for itself: it begins with `@jest-environment node`.
const SHARED_CONTEXT = {};

// A process with as large a heap takes longer to free it than jest waits, which then warns of a leak that is
// none. One that is killed when its event loop is empty frees nothing by itself.
if (process.send) process.once('exit', (code) => code === 0 && process.kill(process.pid, 'SIGKILL'));

// What one file has compiled, above all jest's own modules, the next file runs again with its own arguments.
const compiled = new Map();
const { compileFunction } = vm;
vm.compileFunction = (code, parameters, { parsingContext, ...options } = {}) => {
  if (parsingContext !== SHARED_CONTEXT)
    return compileFunction(code, parameters, { ...options, parsingContext });
  const key = `${options.filename}(${parameters})`;
  if (compiled.get(key)?.code !== code)
    compiled.set(key, { code, run: compileFunction(code, parameters, options) });
  return compiled.get(key).run;
};

// jest keeps by an AsyncLocalStorage which test a fault belongs to, and every promise of the process pays for
// it. The tests of a file run one after another, so that a fault belongs to the one that runs. Of those that
// run at the same time (`test.concurrent`), it may be told of another one, and the file fails as well.
const { AsyncLocalStorage } = asyncHooks;
class RunningTest {
  run(store, test) {
    const outer = this.store;
    this.store = store;
    return test().finally(() => (this.store = outer));
  }

  getStore() {
    return this.store;
  }
}

module.exports = class SharedEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.global = globalThis;
    this.moduleMocker = new this.moduleMocker.constructor(globalThis);
    this.fakeTimersModern = new this.fakeTimersModern.constructor({
      config: config.projectConfig,
      global: globalThis,
    });
    this.env = { ...process.env };
    asyncHooks.AsyncLocalStorage = RunningTest;
    globalThis.requireShared = require;
  }

  getVmContext() {
    return globalThis.requireShared ? SHARED_CONTEXT : null;
  }

  handleTestEvent({ name }) {
    // jest-circus is loaded, and the test file is not.
    if (name === 'setup') asyncHooks.AsyncLocalStorage = AsyncLocalStorage;
  }

  async teardown() {
    delete globalThis.requireShared;
    // The next file finds the environment variables that this one found.
    for (const name of Object.keys(process.env)) if (!(name in this.env)) delete process.env[name];
    Object.assign(process.env, this.env);
    // jest-circus keeps those who listen to its events, and every file adds its own.
    delete globalThis[Symbol.for('EVENT_HANDLERS')];
    await super.teardown();
  }
};
