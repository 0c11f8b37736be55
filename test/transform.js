const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join, relative } = require('node:path');
const { transformSync, version } = require('esbuild');

const ROOT = join(__dirname, '..');
const IS_COMMON_JS = /\/node_modules\/(?!jose\/|temporal-|uuid\/)/;
const own = readFileSync(__filename, 'utf8');
const tsconfigRaw = readFileSync(join(ROOT, 'tsconfig.json'), 'utf8');

/**
 * Makes CommonJS of TypeScript as the build does, and of packages that ship as ES modules alone, which jest
 * cannot require on Node 20. Types are not checked: `npm run typecheck` does that.
 */
module.exports = {
  process: (source, file) => {
    const code = IS_COMMON_JS.test(file) ? source : commonJs(source, file);
    const shared = sharedModule(relative(ROOT, file));
    if (!shared) return { code };
    // Which environment a test file has is known only when it runs.
    return {
      code: `if (globalThis.requireShared) module.exports = globalThis.requireShared(${JSON.stringify(shared)});
        else (() => { ${code}\n})();`,
    };
  },
  getCacheKey: (source, file) =>
    createHash('sha256')
      .update(JSON.stringify([version, own, tsconfigRaw, file, source]))
      .digest('hex'),
};

function commonJs(source, file) {
  const { code } = transformSync(source, {
    loader: file.endsWith('.ts') ? 'ts' : 'js',
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    // A module that jest runs has no import() of its own.
    supported: { 'dynamic-import': false },
    sourcefile: file,
    sourcemap: 'inline',
    tsconfigRaw,
  });
  return code;
}

/** The module that all test files of a process share in place of a file: of the product, what was built. */
function sharedModule(file) {
  if (file.startsWith('node_modules/')) return join(ROOT, file);
  return /^(src|migrations)\//.test(file) ? join(ROOT, 'dist', file.replace(/\.ts$/, '.js')) : null;
}
