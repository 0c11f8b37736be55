const { createHash } = require('node:crypto');
const { transpileModule, ModuleKind, ScriptTarget } = require('typescript');

/** Makes packages that ship as ES modules only loadable for jest, which on Node 20 cannot require them. */
module.exports = {
  process: (source, fileName) => ({
    code: transpileModule(source, {
      fileName,
      compilerOptions: { allowJs: true, module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 },
    }).outputText,
  }),
  getCacheKey: (source) => createHash('sha256').update(__filename).update(source).digest('hex'),
};
