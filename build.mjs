// Builds everything that `npm start` and `npm run serve` run into dist/, beside the old build, which stays
// whole until the new one is there.
import { rename, rm } from 'node:fs/promises';

const OUT = 'dist';
const NEXT = 'dist.next';

const { build } = await import('esbuild').catch(() => {
  console.error(
    'Building takes the development dependencies: run `npm ci`, then `npm run build`, then `npm prune --omit=dev`.',
  );
  process.exit(1);
});

await rm(NEXT, { recursive: true, force: true });
// Types are checked by `npm run typecheck`. Files are not bundled: a stack trace names the file that was
// written.
await build({
  entryPoints: ['ormconfig.ts', 'src/**/*.ts', 'migrations/**/*.ts'],
  outdir: NEXT,
  outbase: '.',
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  // What is loaded on demand is loaded as in the tests, by require().
  supported: { 'dynamic-import': false },
  tsconfig: 'tsconfig.json',
  logLevel: 'warning',
});
const { buildConsole } = await import('./console/build.mjs');
await buildConsole(NEXT);
await rm(OUT, { recursive: true, force: true });
await rename(NEXT, OUT);
