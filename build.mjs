// Builds everything that `npm start` and `npm run serve` run into dist/. The old build stays whole until the
// new one is there. When several builds run at the same time, the last one to end stays, as a whole.
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';

const OUT = 'dist';
// Each build has a folder of its own in this one.
const BUILDS = 'dist.next';
const LEFT_BEHIND_AFTER_MS = 60 * 60 * 1000;

const { build } = await import('esbuild').catch(() => {
  console.error(
    'Building takes the development dependencies: run `npm ci`, then `npm run build`, then `npm prune --omit=dev`.',
  );
  process.exit(1);
});

await removeLeftBehind();
const next = `${BUILDS}/${randomUUID()}`;
try {
  // Types are checked by `npm run typecheck`. Files are not bundled, so that a stack trace names the file
  // that was written.
  await build({
    entryPoints: ['ormconfig.ts', 'src/**/*.ts', 'migrations/**/*.ts'],
    outdir: next,
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
  await buildConsole(next);
  await takePlace(next);
} finally {
  await rm(next, { recursive: true, force: true });
}

/** Puts a build in the place of the old one. */
async function takePlace(built) {
  const old = `${built}.old`;
  for (let isThere = false; !isThere;) {
    await rename(OUT, old).catch(unless('ENOENT'));
    // Another build can be faster. It is then the old one.
    isThere = await rename(built, OUT).then(() => true, unless('ENOTEMPTY', 'EEXIST'));
    await rm(old, { recursive: true, force: true });
  }
}

/** Removes what builds have left behind that were killed. */
async function removeLeftBehind() {
  for (const name of await readdir(BUILDS).catch(() => [])) {
    const found = await stat(`${BUILDS}/${name}`).catch(() => null);
    if (found && Date.now() - found.mtimeMs > LEFT_BEHIND_AFTER_MS)
      await rm(`${BUILDS}/${name}`, { recursive: true, force: true });
  }
}

function unless(...codes) {
  return (error) => {
    if (!codes.includes(error.code)) throw error;
    return false;
  };
}
