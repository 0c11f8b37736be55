const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join } = require('node:path');
const { deserialize, serialize } = require('node:v8');
const vm = require('node:vm');

// A process of the product looks for its two thousand modules in many folders and compiles them, which is
// most of a start. With `--require` of this file, the first ones of a run of the tests note down where each
// module was and what came of it, and later ones take it from there. Node 22 has such a cache by itself.

const CODE = join(__dirname, '..');
const WORTH_NOTING = 100;
const FILE = process.env.COMPILE_CACHE;

const noted = read();
const scripts = new Map();

function read() {
  try {
    return deserialize(readFileSync(FILE));
  } catch {
    return { places: {}, compiled: {} };
  }
}

process.on('exit', () => {
  const added = [...scripts].filter(([filename]) => !(filename in noted.compiled));
  if (added.length < WORTH_NOTING) return;
  for (const [filename, script] of added) noted.compiled[filename] = script.createCachedData();
  // Others may read it, or write it as well.
  writeFileSync(`${FILE}.${process.pid}`, serialize(noted));
  renameSync(`${FILE}.${process.pid}`, FILE);
});

/** Whether it is in this folder. */
const isOurs = (path) => path?.startsWith(CODE) ?? false;

const resolve = Module._resolveFilename;
Module._resolveFilename = (request, parent, isMain, options) => {
  if (options || !isOurs(parent?.path)) return resolve(request, parent, isMain, options);
  return (noted.places[`${parent.path} ${request}`] ??= resolve(request, parent, isMain));
};

const load = Module._extensions['.js'];
Module._extensions['.js'] = (module, filename) => {
  const script = isOurs(filename) ? scriptOf(filename) : null;
  if (!script) return load(module, filename);
  const require = (id) => module.require(id);
  require.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  Object.assign(require, { main: process.mainModule, cache: Module._cache, extensions: Module._extensions });
  const { exports } = module;
  script.runInThisContext().call(exports, exports, require, module, filename, dirname(filename));
};

/** Null for an ES module, which Node loads. */
function scriptOf(filename) {
  const source = Module.wrap(readFileSync(filename, 'utf8'));
  const cachedData = noted.compiled[filename];
  const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  try {
    const script = new vm.Script(source, { filename, cachedData, importModuleDynamically });
    scripts.set(filename, script);
    return script;
  } catch {
    return null;
  }
}
