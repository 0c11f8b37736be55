const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { transformSync, version } = require('esbuild');

const own = readFileSync(__filename, 'utf8');
const tsconfigRaw = readFileSync(join(__dirname, '../tsconfig.json'), 'utf8');

/**
 * Makes CommonJS of TypeScript as the build does, and of packages that ship as ES modules alone, which jest
 * cannot require on Node 20. Types are not checked: `npm run typecheck` does that.
 */
module.exports = {
  process: (source, file) =>
    transformSync(source, {
      loader: file.endsWith('.ts') ? 'ts' : 'js',
      format: 'cjs',
      platform: 'node',
      target: 'node20.19',
      // A module that jest runs has no import() of its own.
      supported: { 'dynamic-import': false },
      sourcefile: file,
      sourcemap: 'inline',
      tsconfigRaw,
    }),
  getCacheKey: (source, file) =>
    createHash('sha256')
      .update(JSON.stringify([version, own, tsconfigRaw, file, source]))
      .digest('hex'),
};
