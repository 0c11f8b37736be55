// Bundles the console into `<out>/console`: files whose names change with their content, and the page that loads them.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { parse } from 'graphql';

const FOLDER = import.meta.dirname;

export async function buildConsole(out) {
  const assets = join(out, 'console', 'assets');
  const { outputFiles, metafile } = await build({
    entryPoints: ['src/main.tsx', 'src/main.css', 'icon.svg'],
    absWorkingDir: FOLDER,
    outdir: join('/', 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'transform',
    jsxFactory: 'h',
    jsxFragment: 'Fragment',
    inject: [join(FOLDER, 'jsx.js')],
    loader: { '.svg': 'copy' },
    tsconfigRaw: { compilerOptions: { target: 'es2023' } },
    logLevel: 'warning',
    define: { AUDIT_EVENT_TYPES: JSON.stringify((await valuesOf('AuditEventType')).join(' ')) },
    plugins: [ownFiles],
  });
  await mkdir(assets, { recursive: true });
  for (const { path, contents } of outputFiles) {
    await writeFile(join(assets, basename(path)), contents);
    // Blocks of this size make the smallest files of these.
    if (!path.endsWith('.svg'))
      await writeFile(join(assets, `${basename(path)}.gz`), gzipSync(contents, { level: 9, memLevel: 7 }));
  }
  await writeFile(join(out, 'console', 'index.html'), await pageOf(metafile.outputs));
  await writeFile(join(out, 'console', 'addresses.json'), JSON.stringify(await addresses()));
}

/** The first parts of the addresses at which the server answers with the page, below which deep links open. */
async function addresses() {
  const pages = await readFile(join(FOLDER, 'src/pages.ts'), 'utf8');
  const listed = [...pages.matchAll(/\bpage\(\s*'\/([\w-]+)/g)].map(([, first]) => first);
  return [...new Set(['signed-in', ...listed])];
}

/** The page that loads what every page of the console needs, by the names that change with what is in it. */
async function pageOf(outputs) {
  const names = new Map(
    Object.entries(outputs).map(([path, { entryPoint }]) => [entryPoint, basename(path)]),
  );
  const [, main] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === 'src/main.tsx');
  // What the first script imports is asked for together with it, and not only when it has come.
  const preloads = main.imports
    .filter(({ kind }) => kind === 'import-statement')
    .map(({ path }) => `<link rel="modulepreload" href="/assets/${basename(path)}" />`);
  return (await readFile(join(FOLDER, 'index.html'), 'utf8'))
    .replace('/assets/icon.svg', `/assets/${names.get('icon.svg')}`)
    .replace('/assets/main.css', `/assets/${names.get('src/main.css')}`)
    .replace('/assets/main.js', `/assets/${names.get('src/main.tsx')}`)
    .replace('</head>', `  ${preloads.join('')}\n  </head>`);
}

const KIT = join(FOLDER, 'src/kit.ts');
const IS_PAGE = /src[\\/](pages|areas)[\\/]/;

// The white space of GraphQL documents means nothing, and would be sent to every browser.
const ownFiles = {
  name: 'own-files',
  setup({ onLoad }) {
    onLoad({ filter: /console[\\/]src[\\/].*\.tsx?$/ }, async ({ path }) => {
      const contents = (await readFile(path, 'utf8')).replace(
        /(graphql\(\s*`)([^`]*)(`)/g,
        (_all, before, document, after) => before + trimmed(document) + after,
      );
      return {
        contents: IS_PAGE.test(path) ? `${contents}\nimport ${JSON.stringify(KIT)};` : contents,
        loader: path.endsWith('.tsx') ? 'tsx' : 'ts',
      };
    });
  },
};

/** The values of an enum of the schema. */
async function valuesOf(name) {
  const schema = await readFile(join(FOLDER, '../schema/schema.graphql'), 'utf8');
  const { definitions } = parse(schema);
  return definitions.find((each) => each.name.value === name).values.map((each) => each.name.value);
}

function trimmed(document) {
  return document
    .replace(/\s+/g, ' ')
    .replace(/ ?([{}():!]) ?/g, '$1')
    .trim();
}
